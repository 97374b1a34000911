"""What is to be installed: files, links, and the words that go with them. Values only."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class File:
    """A file's text and mode. Where `secrets` are in it, the mode is 0600 and they are never shown."""

    text: str
    mode: int = 0o644
    secrets: tuple[str, ...] = ()

    @property
    def shown(self) -> str:
        """The text with its secrets masked."""
        text = self.text
        for secret in self.secrets:
            text = text.replace(secret, "********")
        return text


@dataclass(frozen=True, slots=True)
class Host:
    """What of this machine gets into the files."""

    program: str = "/usr/bin/pucci"  # the pucci command
    python_home: str = ""  # the virtual environment, where there is one


@dataclass(frozen=True, slots=True)
class Plan:
    """All that one `pucci deploy WHAT` installs.

    `links` are symbolic links, and `modules` those of Apache's that are made only where nothing is. `gone`
    are links taken away: the program's welcome page, which would answer instead. `needs` are files that must
    be there, with their Debian package. `check` proves the whole before anything is started. `service` is the
    one to load it, which alone may hold `ports`; units among the files are enabled. `swaps` are services of
    Pucci's that give way to another.
    """

    files: Mapping[str, File]
    links: Mapping[str, str] = field(default_factory=dict)
    modules: Mapping[str, str] = field(default_factory=dict)
    gone: Mapping[str, str] = field(default_factory=dict)
    needs: Mapping[str, str] = field(default_factory=dict)
    check: tuple[str, ...] = ()
    service: str = ""
    swaps: Mapping[str, str] = field(default_factory=dict)
    ports: tuple[int, ...] = ()
    user: str = ""
    notes: tuple[str, ...] = ()

    @property
    def units(self) -> list[str]:
        """The systemd units among the files that are to be enabled."""
        return [Path(path).name for path, file in self.files.items() if "\n[Install]\n" in file.text]
