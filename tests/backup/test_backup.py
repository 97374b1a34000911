"""A backup holds what it must, and comes back whole or not at all, whatever was done to it."""

import hashlib
import io
import sqlite3
import tarfile
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from pucci import backup, damage, tables
from pucci import services as parts_list
from pucci.accounts import Role
from pucci.album.check import check
from pucci.album.films import Kind, Made
from pucci.errors import BackupError, DatabaseDamaged
from pucci.photo import Photo
from pucci.services import Services
from pucci.settings import Settings
from tests.fakes import SUNDAY, FakeClock
from tests.people import ALICE
from tests.web.house import add_photo, house_settings

DAY = timedelta(days=1)
Tamper = Callable[[dict[str, bytes]], None]


@pytest.fixture
def home(tmp_path: Path, clock: FakeClock) -> Iterator[Services]:
    services = live_in(tmp_path / "home", clock)
    yield services
    services.close()


def live_in(folder: Path, clock: FakeClock) -> Services:
    """Alice, signed in; a photo she keeps, three behind links, one that is just there, and a film."""
    services = parts_list.build(house_settings(folder), clock=clock)
    photos = [add_photo(services, SUNDAY + timedelta(minutes=5 * n), n) for n in range(5)]
    accounts, album = services.accounts, services.album
    alice = accounts.users.add(
        ALICE.username, ALICE.email, Role.OWNER, accounts.passwords.hash(ALICE.password)
    )
    accounts.sessions.start(alice, address="192.0.2.1", device="Firefox")
    accounts.links.invite("Bob", Role.FAMILY, DAY)
    album.kept.keep(photos[0].id, alice.id)
    album.public.pass_over(photos[4].id)
    accounts.shares.photo(photos[1].id, "sofa", life=DAY)
    accounts.shares.some([photos[2].id, photos[3].id], life=DAY)
    album.films.keep_daily("sofa", date(2026, 11, 22), photos[4].id, album.path(photos[4]).read_bytes())
    film = album.films.want("sofa", Kind.SPAN, SUNDAY, SUNDAY + DAY)
    part = album.films.begin(film)
    part.write_bytes(b"a video" * 100)
    album.films.finish(film, Made(part, b"\xff\xd8poster", 3.0, 12, 320, 240))
    return services


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A sound backup."""
    with closing(live_in(tmp_path_factory.mktemp("sound") / "home", FakeClock())) as services:
        return make(services)


def make(home: Services, **options: Any) -> bytes:
    out = io.BytesIO()
    report = backup.write(out, home.album, home.settings, clock=home.clock, **options)
    assert report.damaged == []
    assert report.size == len(out.getvalue())
    return out.getvalue()


def names(data: bytes) -> list[str]:
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        return tar.getnames()


def put_back(data: bytes, place: Path, **options: Any) -> backup.Restored:
    return backup.restore(io.BytesIO(data), place, **options)


def photos_in(data: bytes) -> int:
    return sum(name.startswith("photos/") for name in names(data))


def test_what_cannot_be_had_again_comes_back_as_it_was(home: Services, tmp_path: Path, clock: FakeClock):
    data = make(home)
    place = tmp_path / "place"
    result = put_back(data, place)
    assert (result.photos, result.people, result.made_at, result.damaged) == (4, 1, clock.now(), [])
    again = parts_list.build(Settings(data_dir=place), clock=clock)
    with closing(again):
        assert again.secret_key == home.secret_key
        assert check(again.album) == []
        for photo in again.album.all_photos():
            assert home.album.photo(photo.id) == photo
            assert again.album.path(photo).read_bytes() == home.album.path(photo).read_bytes()
        assert [star.name for star in again.album.kept.stars(1)] == ["Alice"]
        assert list(again.album.films.dailies("sofa")) == [date(2026, 11, 22)]
        assert again.album.films.newest() == []
        assert again.accounts.users.has_owner()


def test_nobodys_session_and_no_open_invite_come_back_nor_lie_in_the_file(home: Services, tmp_path: Path):
    with home.db.read() as connection:
        token = connection.scalar(sa.select(tables.session.c.token_hash))
        invite = connection.scalar(sa.select(tables.link.c.token_hash))
    assert token
    assert invite
    data = make(home)
    assert token.encode() not in data
    assert invite.encode() not in data


def test_all_photos_and_films_come_along_when_asked_for(home: Services, tmp_path: Path, clock: FakeClock):
    assert photos_in(make(home)) == 4
    data = make(home, everything=True, films=True)
    assert photos_in(data) == 5
    put_back(data, tmp_path / "place")
    with closing(parts_list.build(Settings(data_dir=tmp_path / "place"), clock=clock)) as again:
        (film,) = again.album.films.newest()
        assert again.album.films.path(film).read_bytes() == b"a video" * 100
        assert again.album.films.poster(film).read_bytes() == b"\xff\xd8poster"


def test_the_sums_are_those_of_sha256sum(home: Services):
    data = make(home, everything=True, films=True)
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        files = {name: tar.extractfile(name).read() for name in tar.getnames()}  # type: ignore[union-attr]
    sums = files.pop("SHA256SUMS").decode()
    assert sums == "".join(f"{hashlib.sha256(data).hexdigest()}  {name}\n" for name, data in files.items())
    assert next(iter(files)) == "pucci-backup.json"


def test_what_is_deleted_or_damaged_meanwhile_is_told_and_the_backup_is_sound(home: Services, tmp_path: Path):
    first, second, *_ = home.album.all_photos()
    home.album.path(second).write_bytes(home.album.path(second).read_bytes()[:-2000])
    out = io.BytesIO()

    def delete_then_read(done: int, whole: int) -> None:
        assert done <= whole
        if home.album.photo(first.id):
            home.album.delete([first], kept_too=True)

    report = backup.write(out, home.album, home.settings, clock=home.clock, tick=delete_then_read)
    assert report.gone == 1
    assert [line.split(":")[0] for line in report.damaged] == [second.file]
    assert put_back(out.getvalue(), tmp_path / "place").photos == report.photos == 2


def test_pictures_are_taken_while_a_backup_runs_and_its_moment_is_its_beginning(
    home: Services, tmp_path: Path
):
    taken: list[Photo] = []
    started = threading.Event()

    def capture() -> None:
        started.wait(10)
        taken.extend(add_photo(home, SUNDAY + DAY + timedelta(minutes=n), n) for n in range(20))

    thread = threading.Thread(target=capture)
    thread.start()
    out = io.BytesIO()

    def tick(_done: int, _whole: int) -> None:
        if not started.is_set():
            started.set()
            thread.join(30)

    backup.write(out, home.album, home.settings, clock=home.clock, everything=True, tick=tick)
    assert len(taken) == 20
    assert put_back(out.getvalue(), tmp_path / "place").photos == 5


def test_a_second_backup_at_the_same_time_is_refused(home: Services):
    refused: list[str] = []

    def another(_done: int, _whole: int) -> None:
        if not refused:
            with pytest.raises(BackupError) as told:
                make(home)
            refused.append(str(told.value))

    backup.write(io.BytesIO(), home.album, home.settings, clock=home.clock, tick=another)
    assert refused == ["Another backup is being made. Wait until it is done."]
    assert make(home)


def test_postgresql_is_told_to_use_its_own_tool(tmp_path: Path, home: Services):
    settings = Settings(data_dir=tmp_path, database_url="postgresql+psycopg://h/d")
    with pytest.raises(BackupError, match="pg_dump"):
        backup.write(io.BytesIO(), home.album, settings, clock=home.clock)


# -- what may have been done to it ---------------------------------------------------------------


def rewritten(data: bytes, tamper: Tamper) -> bytes:
    """A backup with other files in it, and sums that are right."""
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        files = {name: tar.extractfile(name).read() for name in tar.getnames()}  # type: ignore[union-attr]
    del files["SHA256SUMS"]
    tamper(files)
    sums = "".join(f"{hashlib.sha256(data).hexdigest()}  {name}\n" for name, data in files.items())
    files["SHA256SUMS"] = sums.encode()
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return out.getvalue()


def database(change: str) -> Tamper:
    def tamper(files: dict[str, bytes]) -> None:
        with closing(sqlite3.connect(":memory:")) as connection:
            connection.deserialize(files["pucci.db"])
            connection.executescript(change)
            files["pucci.db"] = connection.serialize()

    return tamper


def photo(change: Callable[[bytes], bytes]) -> Tamper:
    def tamper(files: dict[str, bytes]) -> None:
        name = next(name for name in files if name.startswith("photos/"))
        files[name] = change(files[name])

    return tamper


def put(name: str, data: bytes = b"x") -> Tamper:
    return lambda files: files.update({name: data})


def drop(start: str) -> Tamper:
    def tamper(files: dict[str, bytes]) -> None:
        del files[next(name for name in files if name.startswith(start))]

    return tamper


TAMPERS: dict[str, tuple[Tamper, str]] = {
    "a name that climbs": (put("../evil"), "no file of ours"),
    "a name that climbs within": (put("photos/../../evil.jpg"), "no file of ours"),
    "an absolute name": (put("/etc/cron.d/evil"), "no file of ours"),
    "a file of nobody's": (put("photos/sofa/2026-11-22/x.php"), "no file of ours"),
    "a camera's name that hides": (put("photos/.sofa/2026-11-22/213500-000009.jpg"), "no file of ours"),
    "a key too long": (put("secret.key", b"k" * 33), "too large"),
    "no database": (drop("pucci.db"), "not complete"),
    "no head": (drop("pucci-backup.json"), "out of place"),
    "a photo gone": (drop("photos/"), "1 of the photos"),
    "a photo cut short": (photo(lambda data: data[:-2000]), "1 of the photos"),
    "a photo that is none": (photo(lambda data: b"<?php" + bytes(len(data) - 5)), "1 of the photos"),
    "a row that climbs": (
        database("UPDATE photo SET file = '../../../etc/passwd' WHERE id = 1"), "1 of the photos"
    ),
    "a camera that climbs": (database("UPDATE photo SET camera = '../x' WHERE id = 1"), "1 of the photos"),
    "a film that is not there": (
        database(
            "INSERT INTO film VALUES (9, 'sofa', 'day', '2026-11-22', '2026-11-23', '', 'done', 1000, '', "
            "'2026-11-22', '../../pucci.db', 1, 1, 1, 0, 1, 1)"
        ),
        "lacks one of its films",
    ),
    "a program in the database": (
        database("CREATE TRIGGER t AFTER INSERT ON session BEGIN DELETE FROM user; END"), "damaged"
    ),
    "a database that is none": (put("pucci.db", b"the dog" * 1000), "damaged"),
    "a backup of tomorrow": (
        lambda files: files.update({"pucci-backup.json": b'{"format": 2, "made_at": "2030-01-01T00:00Z"}'}),
        "newer Pucci",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("tamper", "words"), TAMPERS.values(), ids=TAMPERS)
def test_a_backup_that_was_tampered_with_is_refused_and_leaves_nothing(
    tamper: Tamper, words: str, sound: bytes, tmp_path: Path
):
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(BackupError, match=words):
        put_back(rewritten(sound, tamper), tmp_path / "place")
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize(
    "kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE, tarfile.DIRTYPE]
)
def test_links_devices_and_folders_are_refused(kind: bytes, sound: bytes, tmp_path: Path):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        with tarfile.open(fileobj=io.BytesIO(sound)) as old:
            head = old.getmember("pucci-backup.json")
            tar.addfile(head, old.extractfile(head))
        info = tarfile.TarInfo("secret.key")
        info.type, info.linkname = kind, "/etc/passwd"
        tar.addfile(info)
    with pytest.raises(BackupError, match="no plain file"):
        put_back(out.getvalue(), tmp_path / "place")
    assert not (tmp_path / "place").exists()


@pytest.mark.parametrize("form", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT])
def test_headers_of_any_length_are_refused_before_they_are_read(form: int, tmp_path: Path):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as tar:
        tar.addfile(tarfile.TarInfo("photos/" + "a" * 5000))
    with pytest.raises(BackupError, match="not a backup"):
        put_back(out.getvalue(), tmp_path / "place")


def test_a_backup_larger_than_the_disk_is_refused_before_it_is_written(sound: bytes, tmp_path: Path):
    data = bytearray(sound)
    at = data.index(b"pucci.db\0")
    info = tarfile.TarInfo.frombuf(bytes(data[at : at + 512]), "ascii", "strict")
    info.size = 7 * 2**30
    import shutil

    free = shutil.disk_usage(tmp_path).free
    data[at : at + 512] = info.tobuf(tarfile.USTAR_FORMAT)
    with pytest.raises(BackupError, match="no room" if free < 7 * 2**30 else "cut off"):
        put_back(bytes(data), tmp_path / "place")
    assert not (tmp_path / "place").exists()


@pytest.mark.parametrize("share", [0.0, 0.01, 0.3, 0.7, 0.9, 0.99])
def test_a_backup_cut_off_anywhere_is_refused(share: float, sound: bytes, tmp_path: Path):
    with pytest.raises(BackupError, match="cut off"):
        put_back(sound[: int(len(sound) * share)], tmp_path / "place")
    assert not (tmp_path / "place").exists()


def test_one_flipped_bit_in_a_photo_is_found_and_the_rest_can_be_had(sound: bytes, tmp_path: Path):
    data = bytearray(sound)
    at = data.index(b"photos/sofa")
    data[at + 512 + 1500] ^= 4
    with pytest.raises(BackupError, match="--skip-damaged"):
        put_back(bytes(data), tmp_path / "place")
    result = put_back(bytes(data), tmp_path / "place", skip_damaged=True)
    assert (result.photos, len(result.damaged)) == (3, 1)
    assert sum(1 for path in (tmp_path / "place" / "photos").rglob("*.jpg")) == 3


def test_one_flipped_bit_elsewhere_is_refused(sound: bytes, tmp_path: Path):
    data = bytearray(sound)
    data[data.index(b"secret.key") + 512] ^= 1
    with pytest.raises(BackupError, match=r"damaged: secret\.key"):
        put_back(bytes(data), tmp_path / "place", skip_damaged=True)


# -- the place -----------------------------------------------------------------------------------


def test_nothing_that_is_there_is_written_over(sound: bytes, tmp_path: Path):
    place = tmp_path / "place"
    place.mkdir()
    put_back(sound, place)
    before = {path: path.stat().st_mtime_ns for path in place.rglob("*")}
    with pytest.raises(BackupError, match="not empty"):
        put_back(sound, place)
    assert {path: path.stat().st_mtime_ns for path in place.rglob("*")} == before
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(BackupError, match="no folder"):
        put_back(sound, tmp_path / "link")


@pytest.mark.parametrize("table", ["film", "star"])
def test_damage_it_meets_is_noted_beside_the_database_and_nothing_else_is_left(home: Services, table: str):
    file = home.settings.data_dir / "pucci.db"
    home.close()
    with closing(sqlite3.connect(file)) as connection:
        query = "SELECT rootpage FROM sqlite_master WHERE name = ?"
        (page,) = connection.execute(query, (table,)).fetchone()
    with file.open("r+b") as opened:
        opened.seek((page - 1) * 4096)
        opened.write(b"\xa5" * 4096)
    with pytest.raises(DatabaseDamaged, match="damaged"):
        make(home)
    assert damage.marks(file) == 1
    assert [path.name for path in (file.parent / "backup.part").iterdir()] == ["lock"]
