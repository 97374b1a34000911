"""The round: every probe in a thread of its own, with a limit, so that what hangs holds up nothing."""

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from pucci.album import Album
from pucci.cameras import survey
from pucci.cameras.devices import holders, webcams
from pucci.clock import Clock
from pucci.db import Database
from pucci.doctor import camera, disk, machine, network, records, running
from pucci.doctor.finding import Finding, Level, unknown
from pucci.settings import Settings

LIMIT_S: Final = 10.0

Answer = Finding | None | Iterable[Finding | None]
Probe = Callable[[], Answer]


@dataclass(frozen=True, slots=True)
class Private:
    """What root alone may see: who has which webcam open, and the address that ddclient last sent."""

    held: Mapping[Path, tuple[str, ...]] = field(default_factory=dict)
    told: network.Address | None = None

    @classmethod
    def look(cls, root: Path) -> "Private":
        """Look, before root becomes somebody else; where it is not root who looks, little is seen."""
        nodes = [one.node for one in webcams(root)]
        held = {node: tuple(who.program for who in holders(node, root)) for node in nodes}
        return cls({node.resolve(): who for node, who in held.items()}, network.told_by_ddclient(root))


@dataclass(frozen=True, kw_only=True)
class Patient:
    """What is looked at. `album` and `database` are None where they cannot be opened; `trouble` says why."""

    settings: Settings
    clock: Clock
    database: Database | None = None
    album: Album | None = None
    people: int = 0
    last_backup: tuple[datetime, int] | None = None
    trouble: tuple[Finding, ...] = ()
    off: Mapping[str, str] = field(default_factory=dict)
    private: Private = field(default_factory=Private)
    root: Path = Path("/")


def examine(patient: Patient, *, limit_s: float = LIMIT_S) -> list[Finding]:
    """Return what was found, in the order of the screen. Takes `limit_s` seconds and a little at most."""
    return [*patient.trouble, *run(probes(patient), limit_s=limit_s)]


def probes(patient: Patient) -> dict[str, Probe]:
    """Return all probes by name, in the order of the screen."""
    settings, root, clock = patient.settings, patient.root, patient.clock
    found: dict[str, Probe] = {"cameras": lambda: _cameras(patient)}
    if patient.album is not None:
        found["pictures"] = lambda: _pictures(patient)
    if settings.data_dir.is_dir():
        found["disk space"] = lambda: disk.space(settings.data_dir)
        found["disk speed"] = lambda: disk.speed(settings.data_dir)
    found |= {
        "card": lambda: machine.wear(root),
        "memory": lambda: machine.memory(root),
        "temperature": lambda: machine.temperature(root),
        "supply": lambda: machine.supply(root),
        "clock": lambda: records.clock(
            clock,
            patient.album,
            told=settings.clock.trust == "always",
            interval_s=settings.capture.interval_s,
        ),
        "services": lambda: running.services(root, settings.data_dir),
        "site": lambda: running.site(running.door(settings, root)),
        "way in": lambda: _way_in(patient),
    }
    site = network.Site.of(settings.server.address)
    if site is not None and site.is_https:
        found["certificate"] = lambda: network.certificate(site, network.now())
    return found | _of_the_album(patient)


def _of_the_album(patient: Patient) -> dict[str, Probe]:
    album, database = patient.album, patient.database
    if album is None or database is None:
        return {}
    now = patient.clock.now()
    return {
        "database": lambda: records.database(database),
        "photos": lambda: records.photos(album),
        "photos stay": lambda: records.stay(
            database, now, timedelta(hours=patient.settings.retention.max_age_h)
        ),
        "last film": lambda: records.film(album, now, nightly=patient.settings.films.nightly),
        "last backup": lambda: records.backup(
            patient.last_backup, now, worth=records.has_something_to_lose(album, patient.people)
        ),
    }


def _cameras(patient: Patient) -> list[Finding | None]:
    root, cameras = patient.root, patient.settings.cameras
    attached = survey.survey(clock=patient.clock, find=lambda: webcams(root))
    devices = [
        camera.device(
            name,
            one,
            attached,
            had_webcam=patient.album is not None and patient.album.witnesses.had_webcam(name),
            holders=lambda path: patient.private.held.get(path.resolve(), ()),
        )
        for name, one in cameras.items()
    ]
    return [*devices, *(camera.rescue(name, one, root) for name, one in cameras.items())]


def _pictures(patient: Patient) -> list[Finding]:
    album, now = patient.album, patient.clock.now()
    if album is None:
        return []
    interval_s = patient.settings.capture.interval_s
    return [
        camera.record(name, album, now=now, interval_s=interval_s, off=patient.off.get(name, ""))
        for name in patient.settings.cameras
    ]


def _way_in(patient: Patient) -> list[Finding]:
    site = network.Site.of(patient.settings.server.address)
    seen = network.look(site, patient.root, told=patient.private.told) if site else network.Seen()
    reached = site is not None and network.answers(site)
    return [network.judge_name(site, seen), network.judge_port(site, seen, answers=reached)]


# -- running them ----------------------------------------------------------------------------------


def run(probes: Mapping[str, Probe], *, limit_s: float) -> list[Finding]:
    """Run all probes at once; one that fails, or is not done in time, says so in its place."""
    results: dict[str, list[Finding]] = {}

    def work(name: str, probe: Probe) -> None:
        try:
            answer = probe()
            found = [answer] if isinstance(answer, Finding) else [one for one in answer or () if one]
        except Exception as error:  # noqa: BLE001 - whatever it is, the other lines are still wanted
            found = [unknown(name, f"could not be looked at: {error or type(error).__name__}")]
        results[name] = found

    threads = {
        name: threading.Thread(target=work, args=(name, probe), name=f"pucci-{name}", daemon=True)
        for name, probe in probes.items()
    }
    until = time.monotonic() + limit_s
    for thread in threads.values():
        thread.start()
    for thread in threads.values():
        thread.join(max(0.0, until - time.monotonic()))
    late = {name: [unknown(name, f"did not answer within {limit_s:g} seconds")] for name in probes}
    return [finding for name in probes for finding in results.get(name, late[name])]


def needs_doing(findings: Iterable[Finding]) -> bool:
    """Whether somebody must do something."""
    return any(finding.level is Level.TODO for finding in findings)
