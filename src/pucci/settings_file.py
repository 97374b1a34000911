"""Read the settings: defaults, then `pucci.toml`, then the environment; all mistakes at once."""

import os
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import Field
from pathlib import Path
from typing import Any

from pucci.errors import SettingsError
from pucci.setting import default_of, problem_with, settings_of
from pucci.settings import CAMERA_NAME, FSWEBCAM_DEFAULTS, SECTIONS, CameraSettings, Settings

PREFIX = "PUCCI_"
# Names in the environment that steer Pucci without being settings.
NOT_SETTINGS = {"PUCCI_CONFIG"}


def read_settings(
    *,
    config: Path | None = None,
    data_dir: Path | None = None,
    environ: Mapping[str, str] | None = None,
) -> Settings:
    """Return the effective settings.

    Raises:
        SettingsError: with one line for each mistake: where, which name, and the nearest right one.
    """
    environ = os.environ if environ is None else environ
    reader = _Reader()
    path = find_config(config, environ)
    if path is not None:
        reader.read_file(path)
    reader.read_environment(environ)
    if data_dir is not None:
        reader.values["data_dir"] = data_dir.expanduser().absolute()
    if reader.mistakes:
        raise SettingsError("\n".join(reader.mistakes))
    return reader.build(default_data_dir(environ))


def find_config(asked: Path | None, environ: Mapping[str, str]) -> Path | None:
    """Return the settings file to read: the one asked for, else the first that is there."""
    named = asked or (Path(environ["PUCCI_CONFIG"]) if environ.get("PUCCI_CONFIG") else None)
    if named is not None:
        if not named.is_file():
            raise SettingsError(f"There is no settings file {named}. Name one that exists, or leave it out.")
        return named
    home = Path(environ.get("XDG_CONFIG_HOME") or Path(environ.get("HOME", "/root")) / ".config")
    try:
        return next(
            (p for p in (Path("/etc/pucci/pucci.toml"), home / "pucci" / "pucci.toml") if p.is_file()),
            None,
        )
    except PermissionError as error:
        raise SettingsError(
            f"This account may not read {error.filename}. Run this as the account that may: "
            "sudo -u pucci pucci …"
        ) from error


def default_data_dir(environ: Mapping[str, str]) -> Path:
    """Return where data goes when nobody said: /var/lib/pucci if it is there and ours, else home."""
    system = Path("/var/lib/pucci")
    if system.is_dir() and os.access(system, os.W_OK):
        return system
    home = Path(environ.get("XDG_DATA_HOME") or Path(environ.get("HOME", "/root")) / ".local" / "share")
    return home / "pucci"


class _Reader:
    """Collects values and mistakes from one source after another."""

    def __init__(self) -> None:
        self.values: dict[str, Any] = {}
        self.sections: dict[str, dict[str, Any]] = {name: {} for name in SECTIONS}
        self.cameras: dict[str, dict[str, Any]] = {}
        self.mistakes: list[str] = []
        self.file: Path | None = None

    # -- the file ---------------------------------------------------------------------------

    def read_file(self, path: Path) -> None:
        """Take all values of a TOML file."""
        self.file = path
        try:
            text = path.read_text(encoding="utf-8")
            document = tomllib.loads(text)
        except PermissionError:
            self.mistakes.append(
                f"{path} may hold passwords, and is not yours to read. Say it with sudo, "
                "or name a settings file of your own with --config."
            )
            return
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            self.mistakes.append(f"{path}: {error}. Mend the file, then start again.")
            return
        lines = _line_numbers(text)
        for name, value in document.items():
            self._file_value((name,), value, path, lines)

    def _file_value(
        self, name: tuple[str, ...], value: Any, path: Path, lines: Mapping[tuple[str, ...], int]
    ) -> None:
        where = f"{path}, line {next(lines[part] for part in _upwards(name) if part in lines)}"
        is_table = (name[0] in SECTIONS or name[0] == "cameras") and len(name) < _depth(name)
        if is_table and not isinstance(value, dict):
            wanted = (
                "a table for each camera: [cameras.sofa]" if name[0] == "cameras" else f"a table: [{name[0]}]"
            )
            self.mistakes.append(f"{where}: {'.'.join(name)} must be {wanted}.")
            return
        if is_table:
            if len(name) == 2 and not CAMERA_NAME.fullmatch(name[1]):
                self.mistakes.append(
                    f"{where}: {name[1]!r} cannot name a camera. "
                    "Use small letters, digits and hyphens, 32 at most."
                )
                return
            if len(name) == 2:
                self.cameras.setdefault(name[1], {})
            for key, inner in value.items():
                self._file_value((*name, key), inner, path, lines)
            return
        self._take(name, value, where)

    # -- the environment --------------------------------------------------------------------

    def read_environment(self, environ: Mapping[str, str]) -> None:
        """Take all PUCCI_… variables."""
        known = self._names_in_environment(environ)
        for variable, raw in sorted(environ.items()):
            if not variable.startswith(PREFIX) or variable in NOT_SETTINGS:
                continue
            name, text = known.get(variable), raw
            if name is None and variable.endswith("_FILE") and variable[:-5] in known:
                name = known[variable[:-5]]
                text = self._secret_file(variable, raw, name)
                if text is None:
                    continue
            if name is None:
                near = _did_you_mean(variable, [*known, *_cameras_variables(variable)])
                self.mistakes.append(f"{variable} is not a setting.{near}")
                continue
            self._take(name, _from_text(self._field(name), text), variable)

    def _names_in_environment(self, environ: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
        names: list[tuple[str, ...]] = [(name,) for name in settings_of(Settings)]
        names += [(section, name) for section, cls in SECTIONS.items() for name in settings_of(cls)]
        suffixes = sorted(settings_of(CameraSettings), key=len, reverse=True)
        for variable in environ:
            for suffix in suffixes:
                match = re.fullmatch(rf"PUCCI_CAMERAS_([A-Z0-9_]+)_{suffix.upper()}(_FILE)?", variable)
                if match:
                    names.append(("cameras", match[1].lower().replace("_", "-"), suffix))
                    break
        return {PREFIX + "_".join(name).upper().replace("-", "_"): name for name in names}

    def _secret_file(self, variable: str, path: str, name: tuple[str, ...]) -> str | None:
        item = self._field(name)
        if item is None or not item.metadata["secret"]:
            self.mistakes.append(f"{variable} is not a setting. Only secrets may lie in files of their own.")
            return None
        try:
            return Path(path).read_text(encoding="utf-8").strip()
        except OSError as error:
            self.mistakes.append(f"{variable}: {path} cannot be read: {error.strerror}.")
            return None

    # -- both -------------------------------------------------------------------------------

    def _field(self, name: tuple[str, ...]) -> Field[Any] | None:
        return _known(name).get(name[-1])

    def _take(self, name: tuple[str, ...], value: Any, where: str) -> None:
        item = self._field(name)
        if item is None:
            self.mistakes.append(
                f"{where}: {'.'.join(name)} is not a setting.{_did_you_mean(name[-1], _known(name))}"
            )
            return
        try:
            value = _typed(item, value)
        except ValueError as error:
            self.mistakes.append(f"{where}: {'.'.join(name)} {error}.")
            return
        problem = problem_with(item, value)
        if problem:
            self.mistakes.append(f"{where}: {'.'.join(name)} {problem}.")
            return
        self._store(name, value)

    def _store(self, name: tuple[str, ...], value: Any) -> None:
        if len(name) == 1:
            self.values[name[0]] = value
        elif len(name) == 2:
            self.sections[name[0]][name[1]] = value
        else:
            self.cameras.setdefault(name[1], {})[name[2]] = value

    def build(self, data_dir: Path) -> Settings:
        """Return the settings, once nothing is wrong."""
        values = {"data_dir": data_dir} | self.values
        sections = {name: SECTIONS[name](**given) for name, given in self.sections.items()}
        cameras = {name: _camera(given) for name, given in (self.cameras or {"sofa": {}}).items()}
        return Settings(**values, **sections, cameras=cameras, file=self.file)


def _camera(given: Mapping[str, Any]) -> CameraSettings:
    defaults = FSWEBCAM_DEFAULTS if given.get("driver") == "fswebcam" else {}
    return CameraSettings(**{**defaults, **given})


def _depth(name: tuple[str, ...]) -> int:
    """How many words a setting's full name has in this table."""
    return 3 if name[0] == "cameras" else 2


def _known(name: tuple[str, ...]) -> dict[str, Field[Any]]:
    """Return the settings that could stand where this name stands."""
    if len(name) == 1:
        return settings_of(Settings) | dict.fromkeys(SECTIONS) | {"cameras": None}  # type: ignore[return-value]
    if name[0] == "cameras":
        return settings_of(CameraSettings) if len(name) == 3 else {}
    return settings_of(SECTIONS[name[0]]) if name[0] in SECTIONS else {}


def _cameras_variables(variable: str) -> Iterable[str]:
    """Return the names of a camera's settings that a wrong name in the environment may stand for."""
    words = variable.split("_")[2:]
    for count in range(1, len(words)):
        if CAMERA_NAME.fullmatch("-".join(words[:count]).lower()):
            camera = "_".join(words[:count])
            yield from (f"{PREFIX}CAMERAS_{camera}_{name.upper()}" for name in settings_of(CameraSettings))


def _did_you_mean(name: str, known: Iterable[str]) -> str:
    import difflib  # for a mistake alone

    near = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)
    return f" Did you mean {near[0]}?" if near else " See `pucci settings --all`."


def _typed(item: Field[Any], value: Any) -> Any:
    """Return a value as its setting's type, or raise ValueError with what it must be."""
    default = default_of(item)
    if isinstance(default, Path) and isinstance(value, str):
        return Path(value).expanduser().absolute()
    if isinstance(default, tuple):
        if isinstance(value, list) and all(isinstance(word, str) for word in value):
            return tuple(value)
        raise ValueError('must be a list of words, ["like", "this"]')
    if isinstance(default, float) and isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    if type(value) is type(default):
        return value
    wanted = {
        int: "a whole number",
        float: "a number",
        str: "a text in quotes",
        bool: "true or false",
    }
    raise ValueError(f"must be {wanted.get(type(default), 'a text in quotes')}, not {value!r}")


def _from_text(item: Field[Any] | None, text: str) -> Any:
    """Return an environment variable's text as the type its setting wants; the text if it is not one."""
    default = default_of(item) if item is not None else ""
    if isinstance(default, tuple):
        return [word.strip() for word in text.split(",") if word.strip()]
    if isinstance(default, bool):
        return {"true": True, "false": False}.get(text.strip().lower(), text)
    for kind in (int, float):
        if type(default) is kind:
            try:
                return kind(text)
            except ValueError:
                return text
    return text


def _upwards(name: tuple[str, ...]) -> Iterable[tuple[str, ...]]:
    """Return a name, and those of the tables it lies in; the document itself is ()."""
    return (name[:count] for count in range(len(name), -1, -1))


def _line_numbers(text: str) -> dict[tuple[str, ...], int]:
    """Return the line of every key and table. tomllib does not tell, so headers are followed."""
    lines: dict[tuple[str, ...], int] = {(): 1}
    table: tuple[str, ...] = ()
    for number, line in enumerate(text.splitlines(), 1):
        if header := re.match(r"\s*\[\[?([^\]\[]+)\]", line):
            name = table = _words(header[1])
        elif key := re.match(r"""\s*((?:[\w-]+|"[^"]*"|'[^']*'|\s*\.\s*)+)\s*=""", line):
            name = (*table, *_words(key[1]))
        else:
            continue
        for part in _upwards(name):
            lines.setdefault(part, number)
    return lines


def _words(dotted: str) -> tuple[str, ...]:
    """Return the words of a TOML key: [cameras."the sofa"] has two."""
    return tuple(part.strip("\"'") for part in re.findall(r""""[^"]*"|'[^']*'|[\w-]+""", dotted))
