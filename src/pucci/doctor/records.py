"""What Pucci wrote down: the database, photos, films, the last backup; and whether the clock is believed."""

import random
import shutil
import sqlite3
import time
from contextlib import closing
from datetime import datetime, timedelta
from typing import Final

from pucci import damage
from pucci.album import Album, early
from pucci.album.check import fault_in
from pucci.album.film import Kind
from pucci.clock import Clock, WaryClock
from pucci.db import Database
from pucci.doctor.finding import Finding, ago, fine, needs, note, unknown

_LOOK_S: Final = 2.0
_SAMPLE: Final = 20
_BACKUP_DAYS: Final = 30
_FILM_DAYS: Final = 2
_DAY: Final = timedelta(days=1)


def clock(clock: Clock, album: Album | None, *, told: bool, interval_s: float) -> Finding:
    """Say whether the clock may be believed; `told` is whether the owner vouches for it."""
    return judge_clock(
        f"{clock.now().astimezone():%Y-%m-%d %H:%M}",
        trusted=clock.is_trusted(),
        doubted=_is_doubted(clock, album, timedelta(seconds=2 * interval_s)),
        told=told,
    )


def _is_doubted(clock: Clock, album: Album | None, lately: timedelta) -> bool:
    """Whether the clock that says it is right is not believed: by us, or by the Pucci that runs.

    We saw no leap, for we have just begun. Who did see one calls the date of each new photo uncertain.
    """
    if isinstance(clock, WaryClock) and clock.is_doubted():
        return True
    if album is None or not clock.is_trusted():
        return False
    newest = [photo for name in album.index.cameras() if (photo := album.index.newest(name))]
    return any(not one.certain and abs(clock.now() - one.taken_at) < lately for one in newest)


def judge_clock(now: str, *, trusted: bool, doubted: bool, told: bool) -> Finding:
    """Judge the clock: `trusted` is whether it is believed, `doubted` whether it only says it is right."""
    if doubted:
        return needs(
            "clock",
            f"{now}, called synchronised, but it leapt; nothing is deleted by age",
            "Is that the right time? Then wait: it is believed once it has gone on steadily for a week. If "
            "not, look at `timedatectl`.",
        )
    if trusted:
        return fine("clock", f"{now}, {'as its owner vouches' if told else 'synchronised'}")
    return needs(
        "clock",
        f"{now}, not synchronised; nothing is deleted by age until it is",
        "Give it the network, and look at `timedatectl`. Without one: `sudo date -s …` and "
        'clock.trust = "always".',
    )


def database(db: Database) -> Finding:
    """Look whether the database is sound, for two seconds at most."""
    if db.file is None:
        return note("database", "PostgreSQL, which looks after itself")
    until, wrong = time.monotonic() + _LOOK_S, ""
    try:
        with closing(sqlite3.connect(damage.uri_of(db.file), uri=True, timeout=_LOOK_S)) as connection:
            connection.set_progress_handler(lambda: time.monotonic() > until, 10_000)
            said = str(connection.execute("PRAGMA quick_check(1)").fetchone()[0])
            wrong = "" if said == "ok" else said
    except sqlite3.Error as error:
        if damage.is_damage(error):
            wrong = str(error)
        elif error.sqlite_errorcode != sqlite3.SQLITE_INTERRUPT:
            return unknown("database", f"could not be looked at: {error}")
    if wrong:
        damage.mark(db.file)  # so that the Pucci that runs looks, and the next start
    log = damage.log_of(db.file)
    size = db.file.stat().st_size + (log.stat().st_size if log.exists() else 0)
    return judge_database(wrong, size, whole=time.monotonic() <= until)


def judge_database(wrong: str, size: int, *, whole: bool) -> Finding:
    """Judge what SQLite finds wrong, and its size in bytes; it may not have been read to its end."""
    if wrong:
        return needs(
            "database",
            f"damaged: {wrong.splitlines()[0][:100]}",
            "Start Pucci again: it sets this one aside, and makes a new one from the photos and the last "
            "snapshot. The card may be failing: make a backup.",
        )
    return fine("database", f"{size / 1e6:.1f} MB, sound" + ("" if whole else " as far as it was read"))


def photos(album: Album) -> Finding:
    """Look at a few photos, the newest and some others: are they there, and whole?"""
    count = album.index.count()
    newest = [photo for camera in album.index.cameras() if (photo := album.index.newest(camera))]
    last = max((photo.id for photo in newest), default=0)
    starts = sorted(random.randrange(last) for _ in range(_SAMPLE)) if last else []
    some = {photo.id: photo for start in starts for photo in album.index.after(start, 1)}
    broken, until = 0, time.monotonic() + _LOOK_S
    looked = 0
    for photo in {one.id: one for one in newest} | some:
        found = album.photo(photo)
        if found is None or time.monotonic() > until:
            continue
        looked += 1
        path = album.path(found)
        # A photo that is deleted at this very moment is no fault.
        broken += album.photo(photo) is not None and (
            not path.exists() or bool(fault_in(found, path.read_bytes()))
        )
    return judge_photos(count, looked, broken)


def judge_photos(count: int, looked: int, broken: int) -> Finding:
    """Judge how many of the photos looked at are not there or not whole."""
    if broken:
        return needs(
            "photos", f"{broken} of {looked} looked at are gone or damaged", "Run `pucci check-album`."
        )
    return fine("photos", f"{count} in the album; {looked} looked at, all whole")


def stay(database: Database, now: datetime, keep: timedelta) -> Finding | None:
    """Say that photos go before their time, for want of room; None where they do not."""
    found = early.stays(database, now=now, keep=keep)
    if found is None:
        return None
    return needs(
        "photos stay",
        f"about {found / timedelta(hours=1):.0f} hours, as there is no room for more",
        "Let go of kept photos, get a larger card, or lower retention.max_age_h to what there is room for.",
    )


def film(album: Album, now: datetime, *, nightly: bool) -> Finding:
    """Say when the last film of a day was made, and why there is none.

    One that somebody wanted and could not have, such as of a span without photos, was told on its page.
    """
    days = [one for one in album.films.done() if one.kind == Kind.DAY]
    newest = max(days, key=lambda one: one.asked_at, default=None)
    left = [one for one in album.films.unfinished() if one.kind == Kind.DAY]
    failed = next((one for one in left if one.reason and not one.is_under_way), None)
    until = now - timedelta(days=_FILM_DAYS)
    slots = [one for name in album.index.cameras() for one in album.slots.between(name, until - _DAY, until)]
    return judge_film(
        made_at=newest.asked_at if newest else None,
        failed=failed.reason if failed and (newest is None or failed.asked_at > newest.asked_at) else "",
        due=nightly and any(slot.filled for slot in slots),
        has_ffmpeg=shutil.which("ffmpeg") is not None,
        now=now,
    )


def judge_film(
    *, made_at: datetime | None, failed: str, due: bool, has_ffmpeg: bool, now: datetime
) -> Finding:
    """Judge when the last film was made; `due` is whether there should be one of last night."""
    if not has_ffmpeg:
        return needs("last film", "ffmpeg is not installed, so there are none", "sudo apt install ffmpeg")
    if failed:
        return needs("last film", f"it failed: {failed}", "Try again with `pucci film`.")
    if made_at is None:
        text = "none yet"
        return (
            needs("last film", text, "Is Pucci running at night? `pucci film` makes one.")
            if due
            else note("last film", text)
        )
    text = f"made {ago(made_at, now)}"
    if due and now - made_at > timedelta(days=_FILM_DAYS):
        return needs("last film", text, "Each night should have one. Is Pucci running at night?")
    return fine("last film", text)


def backup(last: tuple[datetime, int] | None, now: datetime, *, worth: bool) -> Finding:
    """Judge the last backup, its time and size in bytes; `worth` is whether there is anything to lose."""
    todo = "`pucci backup /media/stick/pucci.tar`, on another disk than this one."
    if last is None:
        return needs("last backup", "none yet", todo) if worth else note("last backup", "none yet", todo)
    at, size = last
    text = f"{ago(at, now)}, {size / 1e6:.1f} MB"
    return (
        needs("last backup", text, todo)
        if now - at > timedelta(days=_BACKUP_DAYS)
        else fine("last backup", text)
    )


def has_something_to_lose(album: Album, people: int) -> bool:
    """Whether there are people, or photos somebody keeps."""
    return people > 0 or bool(album.kept.page(None, 1))
