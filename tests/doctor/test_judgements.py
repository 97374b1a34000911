"""What the doctor says of what was found: pure."""

from collections.abc import Callable
from datetime import timedelta
from ipaddress import ip_address

import pytest

from pucci.album import Slot
from pucci.album.slots import NOT_RUNNING
from pucci.doctor import camera, disk, machine, network, records, running
from pucci.doctor.finding import Finding, Level
from pucci.doctor.network import Seen, Site
from tests.fakes import SUNDAY

SITE = Site("pucci.example", 443, is_https=True)
LAN, SHARED = ip_address("192.168.1.5"), ip_address("100.70.1.2")
# What is set aside for examples (198.51.100.0/24 and others) Python calls private; these are real ones.
OUT, OTHER = ip_address("9.9.9.9"), ip_address("8.8.8.8")
DAY = timedelta(days=1)
APACHE, CAMERA = "apache2.service", "pucci-camera.service"


def slot(minutes: int, reason: str = "", tries: int = 1, refused: int = 0) -> Slot:
    due = SUNDAY + timedelta(minutes=minutes)
    return Slot("sofa", due, filled=not reason, reason=reason, tries=tries, refused=refused)


def space(**changes: int | bool) -> Finding:
    values = {"free": 10**10, "total": 16 * 10**9, "files": 10**6, "read_only": False} | changes
    return disk.judge_space(**values)  # type: ignore[arg-type]


def film(**changes: object) -> Finding:
    values = {"made_at": SUNDAY - DAY / 2, "failed": "", "due": True, "has_ffmpeg": True, "now": SUNDAY}
    return records.judge_film(**(values | changes))  # type: ignore[arg-type]


def pictures(slots: list[Slot], last: str = "") -> Finding:
    return camera.judge_record("sofa", slots, last=last)


def clock(**changes: bool) -> Finding:
    values = {"trusted": True, "doubted": False, "told": False} | changes
    return records.judge_clock("2026-11-27 02:00", **values)


def name(site: Site | None, seen: Seen) -> Finding:
    return network.judge_name(site, seen)


def units(found: dict[str, str]) -> Finding:
    return running.judge_units(found)


def port(seen: Seen, *, answers: bool = False) -> Finding:
    return network.judge_port(SITE, seen, answers=answers)


CASES: list[tuple[Callable[[], Finding], Level, str]] = [
    (lambda: machine.judge_memory(200_000_000, 460_000_000), Level.OK, "200 MB of 460 MB free"),
    (lambda: machine.judge_memory(20_000_000, 460_000_000), Level.TODO, "20 MB"),
    (lambda: machine.judge_temperature(48.3), Level.OK, "48 °C"),
    (lambda: machine.judge_temperature(74), Level.NOTE, "warm"),
    (lambda: machine.judge_temperature(83), Level.TODO, "83 °C"),
    (lambda: machine.judge_supply(0), Level.OK, "never too low"),
    (lambda: machine.judge_supply(0x50000), Level.TODO, "since the last start"),
    (lambda: machine.judge_supply(0x50005), Level.TODO, "too low now"),
    (lambda: machine.judge_supply(0x80000), Level.OK, "never too low"),
    (lambda: machine.judge_wear("mmcblk0", 2, 1), Level.OK, "up to 20 %"),
    (lambda: machine.judge_wear("mmcblk0", 0, 0), Level.NOTE, "does not say"),
    (lambda: machine.judge_wear("mmcblk0", 9, 1), Level.TODO, "up to 90 %"),
    (lambda: machine.judge_wear("mmcblk0", 11, 1), Level.TODO, "past its life"),
    (lambda: machine.judge_wear("mmcblk0", 3, 2), Level.TODO, "up to 30 %"),
    (space, Level.OK, "10.0 GB of 16.0 GB free"),
    (lambda: space(free=200_000_000), Level.TODO, "0.2 GB"),
    (lambda: space(files=3), Level.TODO, "room for 3 more files"),
    (lambda: space(read_only=True), Level.TODO, "only be read"),
    (lambda: disk.judge_speed(12, 0.08), Level.OK, "12.0 MB/s"),
    (lambda: disk.judge_speed(0.3, 0.9), Level.TODO, "0.3 MB/s"),
    (lambda: disk.judge_speed(5, 2.5), Level.TODO, "2500 ms"),
    (lambda: pictures([]), Level.NOTE, "none yet"),
    (lambda: pictures([], last="5 minutes ago"), Level.NOTE, "taken 5 minutes ago"),
    (lambda: pictures([slot(0), slot(5)]), Level.OK, "2 of 2 slots"),
    (lambda: pictures([slot(0, tries=4, refused=1)]), Level.NOTE, "75 % of frames whole"),
    (lambda: pictures([slot(0), slot(5, NOT_RUNNING)]), Level.OK, "1 of 1"),
    (lambda: pictures([slot(n * 5, NOT_RUNNING) for n in range(3)]), Level.TODO, "not running"),
    (lambda: pictures([slot(0), slot(5, "camera busy")]), Level.TODO, "missed: camera busy"),
    (
        lambda: pictures([slot(0, "camera silent"), slot(5, "camera silent"), slot(10)]),
        Level.NOTE,
        "most often: camera silent",
    ),
    (lambda: units({"pucci.service": "active", "pucci-purge.timer": "active"}), Level.OK, "active"),
    (lambda: units({"pucci.service": "failed"}), Level.TODO, "failed: pucci.service"),
    (lambda: units({"pucci.service": "inactive", "p.timer": "active"}), Level.TODO, "none is"),
    (lambda: units({APACHE: "active", CAMERA: "active"}), Level.OK, f"{APACHE}, {CAMERA} active"),
    (lambda: units({APACHE: "inactive", CAMERA: "active"}), Level.TODO, f"{APACHE} is not running"),
    (lambda: units({APACHE: "active", "pucci.service": "active"}), Level.TODO, f"{CAMERA} is not running"),
    (lambda: running.judge_by_hand(None), Level.NOTE, "not running"),
    (lambda: running.judge_by_hand(12), Level.OK, "process 12"),
    (lambda: running.judge_site("late", 8090), Level.TODO, "late"),
    (clock, Level.OK, "02:00, synchronised"),
    (lambda: clock(told=True), Level.OK, "as its owner vouches"),
    (lambda: clock(trusted=False), Level.TODO, "not synchronised"),
    (lambda: clock(trusted=False, doubted=True), Level.TODO, "called synchronised, but it leapt"),
    (lambda: clock(doubted=True), Level.TODO, "it leapt"),
    (lambda: name(None, Seen()), Level.NOTE, "no address"),
    (lambda: name(SITE, Seen()), Level.TODO, "leads nowhere"),
    (lambda: name(SITE, Seen((OUT,), (OUT,))), Level.OK, "this machine"),
    (lambda: name(SITE, Seen((OUT,), (LAN,), wan=OUT)), Level.OK, "the router's own"),
    (lambda: name(SITE, Seen((OUT,), (LAN,), wan=OTHER)), Level.TODO, "8.8.8.8 is the router's"),
    (lambda: name(SITE, Seen((OUT,), (LAN,), told=OUT)), Level.OK, "ddclient last sent"),
    (lambda: name(SITE, Seen((OUT,), (LAN,), told=OTHER)), Level.TODO, "8.8.8.8 is what ddclient"),
    (lambda: name(SITE, Seen((OUT,), (LAN,))), Level.NOTE, "the router's page says"),
    (lambda: name(SITE, Seen((LAN,), (LAN,))), Level.OK, "this machine"),
    (lambda: name(SITE, Seen((LAN,), (OTHER,))), Level.NOTE, "only this house"),
    (lambda: port(Seen((OUT,), (LAN,), wan=SHARED)), Level.TODO, "CGNAT"),
    (lambda: port(Seen((OUT,), (SHARED,))), Level.TODO, "CGNAT"),
    (lambda: port(Seen((SHARED,), (SHARED,)), answers=True), Level.NOTE, "answers; its name leads nowhere"),
    (lambda: port(Seen((OUT,), (LAN,), wan=ip_address("10.0.0.3"))), Level.TODO, "behind another one"),
    (lambda: port(Seen((OUT,), (LAN,)), answers=True), Level.OK, "answers"),
    (lambda: port(Seen((), (LAN,))), Level.NOTE, "the name leads nowhere"),
    (lambda: port(Seen((OUT,), (LAN,))), Level.NOTE, "does not answer from inside"),
    (lambda: network.judge_certificate(SUNDAY + 60 * DAY, SUNDAY), Level.OK, "good for 60 days"),
    (lambda: network.judge_certificate(SUNDAY + 9 * DAY, SUNDAY), Level.TODO, "good for 9 days"),
    (lambda: network.judge_certificate(SUNDAY - DAY, SUNDAY), Level.TODO, "ended on 2026-11-21"),
    (lambda: records.judge_database("", 2_000_000, whole=True), Level.OK, "2.0 MB, sound"),
    (lambda: records.judge_database("", 2_000_000, whole=False), Level.OK, "as far as it was read"),
    (lambda: records.judge_database("row 1 missing from index", 2, whole=True), Level.TODO, "row 1 missing"),
    (lambda: records.judge_photos(90, 20, 0), Level.OK, "20 looked at, all whole"),
    (lambda: records.judge_photos(90, 20, 2), Level.TODO, "2 of 20"),
    (film, Level.OK, "made 12 hours ago"),
    (lambda: film(made_at=SUNDAY - 3 * DAY), Level.TODO, "made 3 days ago"),
    (lambda: film(made_at=SUNDAY - 3 * DAY, due=False), Level.OK, "made 3 days ago"),
    (lambda: film(made_at=None), Level.TODO, "none yet"),
    (lambda: film(made_at=None, due=False), Level.NOTE, "none yet"),
    (lambda: film(failed="the disk is full"), Level.TODO, "the disk is full"),
    (lambda: film(has_ffmpeg=False), Level.TODO, "not installed"),
    (lambda: records.backup(None, SUNDAY, worth=True), Level.TODO, "none yet"),
    (lambda: records.backup(None, SUNDAY, worth=False), Level.NOTE, "none yet"),
    (lambda: records.backup((SUNDAY - DAY, 21_400_000), SUNDAY, worth=True), Level.OK, "1 day ago, 21.4 MB"),
    (lambda: records.backup((SUNDAY - 31 * DAY, 1), SUNDAY, worth=True), Level.TODO, "31 days ago"),
]  # fmt: skip


@pytest.mark.parametrize(("judge", "level", "words"), CASES)
def test_what_is_found_is_judged(judge: Callable[[], Finding], level: Level, words: str):
    finding = judge()
    assert (finding.level, words in finding.text) == (level, True), finding
    assert bool(finding.todo) or level is not Level.TODO


def test_a_card_or_supply_that_fails_is_told_with_what_to_do():
    assert "pucci backup" in machine.judge_wear("mmcblk0", 11, 3).todo
    assert "supply" in machine.judge_supply(1).todo


def test_behind_cgnat_the_ways_that_are_left_are_named():
    todo = port(Seen((OUT,), (LAN,), wan=SHARED)).todo
    assert "Tailscale" in todo
    assert "Cloudflare Tunnel" in todo
