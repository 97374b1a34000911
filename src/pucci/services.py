"""The parts list: everything is built here, once, by hand."""

import contextlib
import fcntl
import os
import secrets
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pucci import health, jpeg
from pucci.accounts import Accounts
from pucci.album import Album, Limits, early
from pucci.album.index import Index
from pucci.cameras import Camera, open_camera
from pucci.capture import Attempt, Daemon, Eye, Gate, Hub, Privacy, Recall
from pucci.capture.remote import Remote, control_key
from pucci.clock import Clock, SystemClock, WaryClock, zone
from pucci.db import Database, open_db
from pucci.errors import AlbumError, AlreadyRunning, Busy, CameraOff, NoSuchPhoto
from pucci.health import Health
from pucci.herald import Herald
from pucci.herald.certificate import Certificate
from pucci.herald.thread import Desk
from pucci.notify import Outbox, ways_of
from pucci.photo import Photo
from pucci.profile import Profiles
from pucci.recovery import notice
from pucci.recovery.night import Night
from pucci.recovery.notice import Recovered
from pucci.recovery.start import heal_if_damaged
from pucci.settings import Settings
from pucci.timelapse import FilmMaker

if TYPE_CHECKING:
    from pucci.postcard import Postcards

# Seconds that cameras have to close when all ends.
_CLOSING_S: Final = 1.0
_MB: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Services:
    """The parts, joined. `close()` when done."""

    settings: Settings
    clock: Clock
    db: Database
    album: Album
    accounts: Accounts
    profiles: Profiles
    cameras: Mapping[str, Camera]
    eyes: Mapping[str, Eye]
    privacy: Mapping[str, Privacy]
    hubs: Mapping[str, Hub]
    secret_key: bytes
    films: FilmMaker
    night: Night
    certificate: Certificate
    outbox: Outbox
    started: float
    takers: threading.Semaphore
    remote: Remote | None = None

    def health(self) -> Health:
        """Return the state of the whole."""
        facts = health.facts_of(
            self.album,
            self.cameras,
            now=self.clock.now(),
            interval_s=self.settings.capture.interval_s,
            trusted=self.clock.is_trusted(),
            slowed=self.accounts.throttle.slowed(),
            certificate_ends=self.certificate.ends(),
            recovered=self.recovered() is not None,
            stays=self.stays(),
        )
        return health.judge(facts)

    def stays(self) -> timedelta | None:
        """Return how long photos stay, where room is short and they go before their time; else None."""
        keep = timedelta(hours=self.settings.retention.max_age_h)
        return early.stays(self.db, now=self.clock.now(), keep=keep)

    def recovered(self) -> Recovered | None:
        """Return what the owner is to be told of a database that was made anew; None for nothing."""
        return notice.read(self.db, self.clock)

    def going(self, photos: Iterable[Photo]) -> list[Photo]:
        """Return those of some photos that age takes when it is next asked: within the hour."""
        keep = timedelta(hours=self.settings.retention.max_age_h)
        until = self.clock.now() - keep
        old = [photo for photo in photos if not photo.kept and (photo.taken_at < until or not photo.certain)]
        if not old:
            return []
        expired = {photo.id for photo in self.album.expired(keep, self.films.holds_since)}
        return [photo for photo in old if photo.id in expired]

    def uptime_s(self) -> float:
        """Return for how many seconds this process has had its parts."""
        return self.clock.monotonic() - self.started

    def postcards(self, uptime_s: Callable[[], float | None] | None = None) -> "Postcards":
        """Return who writes the daily postcard; `uptime_s` is of the process that takes photos."""
        from pucci.postcard import Postcards  # once a day: it need not lie in memory

        return Postcards(
            self.album,
            list(self.cameras),
            interval_s=self.settings.capture.interval_s,
            zone=zone(self.settings.clock.timezone),
            dog=lambda: self.profiles.current().name,
            uptime_s=uptime_s or self.uptime_s,
            address=self.settings.server.address,
        )

    def herald(self) -> Herald:
        """Return who tells the owner when something is wrong; only the process that has the lock starts it.

        Raises:
            SettingsError: a way to tell is set up by half.
        """
        desk = Desk(
            self.album,
            self.db,
            self.clock,
            zone(self.settings.clock.timezone),
            self.health,
            lambda: self.profiles.current().name,
            self.settings.server.address,
            self.certificate,
            self.postcards,
        )
        return Herald(desk, ways_of(self.settings.notify), postcard_at=self.settings.notify.postcard_at)

    def take_photo(self, camera: str, *, limit_s: float = 10.0) -> Photo:
        """Take a photo now, of what is seen; it fills no slot.

        Raises:
            PucciError: there was none to be had within `limit_s` seconds, or it cannot be stored.
            Busy: half of the threads that make pages wait for a camera already.
        """
        if not self.takers.acquire(blocking=False):
            raise Busy("Somebody waits for a photo already. Try again in a few seconds.")
        try:
            return self._take_photo(camera, limit_s)
        finally:
            self.takers.release()

    def _take_photo(self, camera: str, limit_s: float) -> Photo:
        if self.remote is not None:
            photo = self.album.photo(self.remote.take(camera, limit_s=limit_s))
            if photo is None:
                raise NoSuchPhoto("The photo was taken, and has gone already.")
            return photo
        off = self.privacy[camera].off()
        if off is not None:
            raise CameraOff(f"The camera {camera} is {off.reason}.", off.reason)
        shot = Attempt(self.hubs[camera], clock=self.clock, limit_s=limit_s).run()
        return self.album.add(camera, shot.frame, shot.verdict, tally=shot.tally)

    @contextmanager
    def capturing(self) -> Iterator[Daemon]:
        """Fill the slots of all cameras, make films, look after the database, and tell what is wrong."""
        herald = self.herald()
        holds_since = self.films.holds_since
        daemon = Daemon(self.hubs, self.album, self.settings, clock=self.clock, holds_since=holds_since)
        self.films.start()  # first: photos wait for the films of missed nights while somebody makes them
        daemon.start()
        herald.start()
        self.night.start()
        try:
            yield daemon
        finally:
            self.night.stop()
            herald.stop()
            daemon.stop()
            self.films.stop()

    @contextmanager
    def only_one(self) -> Iterator[None]:
        """Be the only one taking pictures into this data folder.

        Raises:
            AlreadyRunning: another process is.
            AlbumError: the disk refuses the lock.
        """
        path = self.settings.data_dir / "lock"
        try:
            lock = path.open("a")
        except OSError as error:
            raise AlbumError(f"{path} cannot be written: {error.strerror}. Look at the disk.") from error
        with lock as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise AlreadyRunning(
                    f"Pucci is running already with {self.settings.data_dir}. Stop it first, "
                    "or name another data folder with --data-dir."
                ) from error
            yield

    def close(self) -> None:
        """Let go of cameras and database."""
        for hub in self.hubs.values():
            hub.stop()
        for hub in self.hubs.values():
            hub.wait_closed(_CLOSING_S / len(self.hubs))
        self.db.close()


def build(
    settings: Settings,
    *,
    clock: Clock | None = None,
    may_migrate: bool = True,
    camera_is_elsewhere: bool = False,
) -> Services:
    """Build everything from the settings.

    With `camera_is_elsewhere` the cameras belong to another process, `pucci camera`, which is asked.

    Raises:
        MissingPart: libturbojpeg is not installed; without it no frame can be proved.
        DatabaseError: the database cannot be used.
    """
    jpeg.require()
    if settings.disk.mounted:
        _require_mounted(settings.data_dir)
    _make_data_dir(settings.data_dir)
    url = settings.effective_database_url
    if may_migrate:
        _heal(settings, clock or SystemClock(told=settings.clock.trust == "always"))
    database = open_db(url, may_migrate=may_migrate)
    clock = clock or _system_clock(database, told=settings.clock.trust == "always")
    limits = Limits(round(settings.disk.reserve_mb * _MB), round(settings.disk.album_max_mb * _MB))
    album = Album(database, settings.data_dir, clock=clock, limits=limits)
    cameras = {
        name: open_camera(name, camera, clock=clock, seen=album.witnesses.had_webcam(name))
        for name, camera in settings.cameras.items()
    }
    privacy = {
        name: Privacy(
            name,
            album.pauses,
            quiet_hours=camera.quiet_hours,
            zone=zone(settings.clock.timezone),
            clock=clock,
        )
        for name, camera in settings.cameras.items()
    }
    eyes = {
        name: Eye(camera, clock=clock, recall=Recall(name, album, clock=clock))
        for name, camera in cameras.items()
    }
    secret_key = _secret_key(settings.data_dir / "secret.key")
    remote = Remote(settings.server.camera_port, control_key(secret_key)) if camera_is_elsewhere else None
    return Services(
        settings=settings,
        clock=clock,
        db=database,
        album=album,
        profiles=Profiles(database, settings.profile),
        accounts=Accounts(database, clock=clock, settings=settings.accounts),
        cameras=cameras,
        eyes=eyes,
        privacy=privacy,
        hubs={
            name: Hub(
                Gate(eyes[name], privacy[name], clock=clock),
                clock=clock,
                max_fps=settings.live.max_fps,
            )
            for name, camera in cameras.items()
        },
        secret_key=secret_key,
        films=FilmMaker(
            album, database, settings.films, list(cameras), zone=zone(settings.clock.timezone), clock=clock
        ),
        night=Night(database, settings.data_dir, zone=zone(settings.clock.timezone), clock=clock),
        certificate=Certificate(database, settings.server.address, clock=clock),
        outbox=Outbox(database, clock=clock),
        started=clock.monotonic(),
        takers=threading.Semaphore(max(1, settings.server.threads // 2)),
        remote=remote,
    )


def _heal(settings: Settings, clock: Clock) -> None:
    """Make a damaged database anew, before anything of it is used."""
    heal_if_damaged(
        settings.effective_database_url,
        settings.data_dir,
        clock=clock,
        interval_s=settings.capture.interval_s,
    )


def _system_clock(database: Database, *, told: bool) -> Clock:
    """Return the machine's clock; where the owner vouches for it, it may start at any time, but not leap."""
    seen = None if told else Index(database).last_certain()
    return WaryClock(SystemClock(told=told), seen=seen)


def _require_mounted(folder: Path) -> None:
    """Stop where the data folder would lie on the system's own disk, because its own is not there."""
    places = [folder.absolute(), *folder.absolute().parents]
    if not any(place.is_mount() for place in places[:-1]):  # the last one is /, which always is
        raise AlbumError(
            f"The disk of {folder} is not mounted, so nothing is written there. Plug it in and mount it, "
            "or say disk.mounted = false if the folder is on the system's own disk."
        )


def _make_data_dir(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o750)
    except OSError as error:
        raise AlbumError(
            f"The data folder {folder} cannot be made: {error.strerror}. Name another one with --data-dir."
        ) from error


def _secret_key(path: Path) -> bytes:
    """Return the key that signs cookies, made at first start, readable by its owner alone."""
    try:
        with contextlib.suppress(FileNotFoundError):
            key = path.read_bytes()
            if len(key) == 32:
                return key
        part = path.with_name(f".{path.name}.{os.getpid()}.part")
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        with open(descriptor, "wb") as file:  # noqa: PTH123 - opened with its mode from the first moment
            file.write(secrets.token_bytes(32))
            file.flush()
            os.fsync(descriptor)
        with contextlib.suppress(FileExistsError):
            os.link(part, path)  # of two that start at once, the first one's key counts
        part.unlink()
        return path.read_bytes()
    except OSError as error:
        raise AlbumError(
            f"The key in {path} cannot be read or made: {error.strerror}. Look at who owns the data folder."
        ) from error
