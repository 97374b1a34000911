"""Start what was installed, and stop it again; the firewall on trial until somebody says that it is right."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from pucci.deploy.install import Installer, Run
from pucci.deploy.machine import listener
from pucci.deploy.plan import Plan
from pucci.errors import DeployError

_TABLE: Final = ("inet", "pucci")
_UNCONFIRMED: Final = "/var/lib/pucci-deploy/unconfirmed"


def refuse_taken_ports(plan: Plan, find: Callable[[int], str] = listener) -> None:
    """Raise DeployError where another program than the plan's has one of its ports."""
    for port in plan.ports:
        who = find(port)
        if who and who != plan.service:
            raise DeployError(
                f"Port {port} is taken by {who}. Stop it (`sudo systemctl disable --now {who}`, or `pucci "
                f"deploy {who} --remove` if Pucci set it up), or choose another port below [deploy]."
            )


def due_swaps(plan: Plan, run: Run) -> dict[str, str]:
    """Return which services must give way to which: those in use whose other is installed."""
    return {old: new for old, new in plan.swaps.items() if _is_in_use(old, run) and _is_there(new, run)}


def _is_in_use(unit: str, run: Run) -> bool:
    return any(run(("systemctl", word, "--quiet", unit))[0] == 0 for word in ("is-enabled", "is-active"))


def _is_there(unit: str, run: Run) -> bool:
    return run(("systemctl", "cat", unit))[0] == 0


def swap_back(swapped: Mapping[str, str], run: Run) -> None:
    """Let services run again that gave way, unless their owner has stopped the other since."""
    for old, new in swapped.items():
        if _is_in_use(new, run):
            run(("systemctl", "disable", "--now", new))
            run(("systemctl", "enable", "--now", old))


def start(plan: Plan, units: list[str], run: Run, swaps: Mapping[str, str] | None = None) -> None:
    """Have systemd load what was installed; `swaps` give way.

    Raises:
        DeployError: a service does not start; what was enabled is disabled again, what gave way is back.
    """
    commands: list[tuple[str, ...]] = [("systemctl", "daemon-reload")] if units else []
    for old, new in (swaps or {}).items():
        # The old one first: they take pictures into the same folder.
        commands += [("systemctl", "disable", "--now", old), ("systemctl", "enable", "--now", new)]
    commands += [("systemctl", word, unit) for unit in units for word in ("enable", "restart")]
    if plan.service:
        commands.append(("systemctl", "reload-or-restart", plan.service))
        commands.append(("systemctl", "is-active", "--quiet", plan.service))
    for command in commands:
        code, said = run(command)
        if code:
            _, log = run(("journalctl", "-n", "5", "-o", "cat", "--no-pager", "-u", command[-1]))
            stop(units, run)
            swap_back(swaps or {}, run)
            raise DeployError(
                f"`{' '.join(command)}` fails, so all was put back. It says:\n{said}\n{log}".rstrip()
            )


def settle(service: str, units: list[str], run: Run) -> None:
    """Have systemd load what is there now, after something was taken away or put back."""
    run(("systemctl", "daemon-reload"))
    for unit in units:
        run(("systemctl", "enable", "--now", unit))
    if service:
        run(("systemctl", "reload-or-restart", service))


def stop(units: list[str], run: Run) -> None:
    """Stop and disable units before they go."""
    for unit in units:
        run(("systemctl", "disable", "--now", unit))


class Trial:
    """A firewall on trial: its rules are loaded, and go again unless somebody says that they are right."""

    def __init__(self, installer: Installer, run: Run) -> None:
        self._installer = installer
        self._run = run
        self._marker: Path = installer.at(_UNCONFIRMED)

    @property
    def is_on(self) -> bool:
        """Whether a firewall waits to be confirmed."""
        return self._marker.exists()

    def load(self, rules: str) -> None:
        """Load the rules, now and until the next boot.

        Raises:
            DeployError: nft refuses them.
        """
        code, said = self._run(("nft", "-f", str(self._installer.at(rules))))
        if code:
            raise DeployError(f"nft refuses the rules, so nothing was changed. It says:\n{said}")

    def begin(self) -> None:
        """Be on trial from now."""
        self._marker.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._marker.touch()

    def end(self) -> bool:
        """Be on trial no longer, whatever the verdict; False if it was not."""
        there = self.is_on
        self._marker.unlink(missing_ok=True)
        return there

    def unload(self) -> None:
        """Take the rules out of the kernel."""
        self._run(("nft", "delete", "table", *_TABLE))
