"""What systemd is told, and told again the other way round: before a machine that only keeps the states."""

from dataclasses import replace
from pathlib import Path

import pytest

from pucci.deploy import File, Installer, Plan
from pucci.deploy.running import due_swaps, start, stop, swap_back
from pucci.errors import DeployError

ALONE, BESIDE = "pucci.service", "pucci-camera.service"
PLAN = Plan(
    {"/etc/systemd/system/app.timer": File("[Timer]\n\n[Install]\nWantedBy=timers.target\n")},
    service="app",
    swaps={ALONE: BESIDE},
)


class Systemd:
    """A stand-in for systemctl: units that are installed, enabled, active; `refuses` names one that fails."""

    def __init__(self, *installed: str, refuses: str = "") -> None:
        self.installed = {*installed, "app", "app.timer"}
        self.enabled: set[str] = {ALONE} & self.installed
        self.active = self.enabled.copy()
        self.both_ran = False
        self._refuses = refuses

    def __call__(self, command: tuple[str, ...]) -> tuple[int, str]:
        program, word, *rest = command
        if program != "systemctl" or not rest:
            return 0, ""
        unit = rest[-1]
        if word in {"is-enabled", "is-active", "cat"}:
            found = {"is-enabled": self.enabled, "is-active": self.active, "cat": self.installed}[word]
            return (0 if unit in found else 1), ""
        if unit not in self.installed:
            return 5, f"{unit} not found"
        if word == "enable":
            self.enabled.add(unit)
        if word == "disable":
            self.enabled.discard(unit)
            self.active.discard(unit)
        if ("--now" in rest and word == "enable") or word in {"restart", "reload-or-restart"}:
            if unit == self._refuses:
                return 1, f"{unit} does not start"
            self.active.add(unit)
        self.both_ran |= {ALONE, BESIDE} <= self.active
        return 0, ""


def apply(installer: Installer, systemd: Systemd, plan: Plan = PLAN) -> dict[str, str]:
    """Do as `pucci deploy WHAT --apply`."""
    swaps = due_swaps(plan, systemd)
    installer.apply(plan, lambda units: start(plan, units, systemd, swaps), swaps=swaps)
    return swaps


def test_the_service_that_is_alone_gives_way_and_comes_back(tmp_path: Path):
    systemd, installer = Systemd(ALONE, BESIDE), Installer("app", root=tmp_path)
    assert apply(installer, systemd) == {ALONE: BESIDE}
    assert systemd.enabled == systemd.active - {"app"} == {BESIDE, "app.timer"}
    assert apply(installer, systemd) == {}
    swapped = installer.swapped()
    stop(installer.units(), systemd)
    installer.remove()
    swap_back(swapped, systemd)
    assert systemd.enabled == {ALONE}
    assert systemd.active == {ALONE, "app"}
    assert not systemd.both_ran


def test_what_its_owner_has_stopped_stays_stopped(tmp_path: Path):
    systemd, installer = Systemd(ALONE, BESIDE), Installer("app", root=tmp_path)
    systemd(("systemctl", "disable", "--now", ALONE))
    assert apply(installer, systemd) == {}
    assert systemd.active == {"app", "app.timer"}
    assert installer.swapped() == {}
    systemd.enabled.add(ALONE)
    apply(installer, systemd)
    systemd(("systemctl", "disable", "--now", BESIDE))
    swap_back(installer.swapped(), systemd)
    assert not systemd.active & {ALONE, BESIDE}


def test_without_the_package_nothing_gives_way(tmp_path: Path):
    for installed in ((), (ALONE,)):
        systemd = Systemd(*installed)
        assert apply(Installer("app", root=tmp_path), systemd) == {}
        assert systemd.enabled == {*installed, "app.timer"}


@pytest.mark.parametrize("refuses", [BESIDE, "app"])
def test_if_one_does_not_start_the_services_are_as_they_were(refuses: str, tmp_path: Path):
    systemd, installer = Systemd(ALONE, BESIDE, refuses=refuses), Installer("app", root=tmp_path)
    with pytest.raises(DeployError, match=f"{refuses} does not start"):
        apply(installer, systemd)
    assert systemd.enabled == systemd.active == {ALONE}
    assert not installer.is_installed


def test_a_plan_that_wants_no_swap_asks_for_none(tmp_path: Path):
    systemd = Systemd(ALONE, BESIDE)
    assert apply(Installer("app", root=tmp_path), systemd, replace(PLAN, swaps={})) == {}
    assert systemd.active == {ALONE, "app", "app.timer"}
