"""A damaged database under the real program: pages overwritten, cut off, emptied, its log broken, gone."""

import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from pucci.album.check import check
from pucci.clock import SystemClock
from pucci.recovery import snapshots
from pucci.services import Services, build
from pucci.settings import RetentionSettings
from pucci.web.site import create_app
from tests.fakes import SUNDAY, FakeClock
from tests.people import ALICE, BOB
from tests.web.house import add_photo, csrf_of, house_settings, move_in, sign_in
from tests.web.running import Browser, Process, pucci_serve

STEP = timedelta(minutes=5)
PAGE = 4096
# The house's photos are of a day that is over: none goes by age here.
ENVIRON = {
    "PUCCI_CAMERAS_SOFA_DRIVER": "synthetic",
    "PUCCI_CAMERAS_SOFA_WIDTH": "320",
    "PUCCI_CAMERAS_SOFA_HEIGHT": "240",
    "PUCCI_CAMERAS_SOFA_SKIP": "0",
    "PUCCI_CLOCK_TRUST": "always",
    "PUCCI_RETENTION_MAX_AGE_H": "0",
    "PUCCI_FILMS_NIGHTLY": "false",
}
SAID = "The database was damaged, and was made anew."


@contextmanager
def at_home(folder: Path) -> Iterator[Services]:
    services = build(house_settings(folder), clock=FakeClock())
    try:
        yield services
    finally:
        services.close()


def live(folder: Path, *, snapshot: bool = True) -> list[str]:
    """Alice and Bob live here; a night passes, and a day begins. Return the files that must be kept."""
    with at_home(folder) as house:
        move_in(house, ALICE)
        move_in(house, BOB)
        photos = [add_photo(house, SUNDAY + number * STEP, number) for number in range(30)]
        house.album.kept.keep(photos[4].id, 2)
        house.album.public.show(photos[7].id, "on the sofa")
    with at_home(folder) as house:
        if snapshot:
            assert house.db.file is not None
            snapshots.take(house.db.file, folder, now=SUNDAY + timedelta(hours=6))
        for number in range(30, 36):
            add_photo(house, SUNDAY + number * STEP, number)
        return [photos[4].file, photos[7].file]


def files(folder: Path) -> dict[str, bytes]:
    """Return every photo on the disk."""
    top = folder / "photos"
    return {str(path.relative_to(top)): path.read_bytes() for path in top.rglob("*.jpg")}


@contextmanager
def serving(folder: Path) -> Iterator[Process]:
    with pucci_serve(folder, **ENVIRON) as process:
        yield process


def album_of(folder: Path, kept: list[str]) -> None:
    """Hold the album against the disk: every photo has its row, every row its photo, the kept are kept."""
    services = build(house_settings(folder), clock=SystemClock())
    try:
        assert [found for found in check(services.album) if found.is_broken] == []
        rows = {photo.file: photo for photo in services.album.all_photos()}
        assert set(files(folder)) == set(rows)
        assert [name for name in kept if not rows[name].kept] == []
    finally:
        services.close()


def healed(folder: Path, kept: list[str], *, said: bool = True) -> None:
    """Start the program on what is left, and look."""
    before = files(folder)
    with serving(folder) as process:
        browser = process.browser()
        assert browser.sign_in(ALICE).status == 303
        page = browser.get("/cam").text
        assert (SAID in page) is said
        if said:
            assert any(
                line.endswith("It is made anew; this may take some minutes.") for line in process.lines
            )
            bob = process.browser()
            assert bob.sign_in(BOB).status == 303
            assert SAID not in bob.get("/cam").text
            confirmed(browser)
        assert process.stop() == 0
    assert before.items() <= files(folder).items()
    album_of(folder, kept)
    assert bool(list(folder.glob("pucci.db.damaged-*"))) is said


def confirmed(browser: Browser) -> None:
    page = browser.get("/people").text
    assert SAID in page
    assert browser.post("/state/recovery", csrf_token=csrf_of(page), page="people").status == 303
    assert SAID not in browser.get("/people").text
    assert SAID not in browser.get("/cam").text


def overwrite_pages(path: Path, dice: random.Random) -> None:
    data = bytearray(path.read_bytes())
    for number in dice.sample(range(len(data) // PAGE), dice.randint(1, 5)):
        data[number * PAGE : (number + 1) * PAGE] = dice.randbytes(PAGE)
    path.write_bytes(data)


def zero_header(path: Path, _dice: random.Random) -> None:
    with path.open("r+b") as file:
        file.write(bytes(100))


def cut_off(path: Path, dice: random.Random) -> None:
    os.truncate(path, dice.randrange(1, path.stat().st_size - PAGE))


def empty(path: Path, _dice: random.Random) -> None:
    os.truncate(path, 0)


def remove(path: Path, _dice: random.Random) -> None:
    path.rename(path.with_name("elsewhere"))


Damage = Callable[[Path, random.Random], None]
ALL = (overwrite_pages, zero_header, cut_off, empty, remove)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("damage", "seed"),
    [
        *((overwrite_pages, seed) for seed in range(4)),
        *((cut_off, seed) for seed in range(2)),
        (zero_header, 0),
    ],
)
def test_a_damaged_database_is_made_anew_with_every_photo_and_everybody(
    tmp_path: Path, damage: Damage, seed: int
):
    kept = live(tmp_path)
    damage(tmp_path / "pucci.db", random.Random(seed))
    healed(tmp_path, kept)


@pytest.mark.soak
@pytest.mark.parametrize("damage", ALL[:3])
def test_100_damaged_databases_are_made_anew(tmp_path: Path, damage: Damage):
    for seed in range(100, 134):
        folder = tmp_path / str(seed)
        kept = live(folder)
        damage(folder / "pucci.db", random.Random(seed))
        healed(folder, kept)
        shutil.rmtree(folder)


@pytest.mark.slow
def test_an_empty_database_is_made_anew(tmp_path: Path):
    kept = live(tmp_path)
    empty(tmp_path / "pucci.db", random.Random(0))
    healed(tmp_path, kept)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_a_damaged_write_ahead_log_costs_no_photo(tmp_path: Path, seed: int):
    kept = live(tmp_path / "house")
    log = tmp_path / "log"
    with at_home(tmp_path / "house") as house:
        for number in range(36, 46):
            add_photo(house, SUNDAY + number * STEP, number)
        shutil.copy(tmp_path / "house" / "pucci.db-wal", log)
        shutil.copy(tmp_path / "house" / "pucci.db", tmp_path / "held")
    shutil.copy(tmp_path / "held", tmp_path / "house" / "pucci.db")
    dice, data = random.Random(seed), bytearray(log.read_bytes())
    for _ in range(dice.randint(1, 8)):
        at = dice.randrange(len(data) - 512)
        data[at : at + 512] = dice.randbytes(512)
    (tmp_path / "house" / "pucci.db-wal").write_bytes(data)
    before = files(tmp_path / "house")
    with serving(tmp_path / "house") as process:
        assert process.browser().sign_in(ALICE).status == 303
        assert process.stop() == 0
    assert before.items() <= files(tmp_path / "house").items()
    album_of(tmp_path / "house", kept)


@pytest.mark.slow
@pytest.mark.parametrize("damage", [zero_header, remove])
def test_without_a_snapshot_the_photos_come_back_and_a_new_owner_is_let_in(tmp_path: Path, damage: Damage):
    live(tmp_path, snapshot=False)
    before = files(tmp_path)
    damage(tmp_path / "pucci.db", random.Random(0))
    with serving(tmp_path) as process:
        browser = process.browser()
        assert browser.get("/cam").headers["location"].startswith("/login")
        link = next(found[0] for line in process.lines if (found := re.search(r"/setup/\S+", line)))
        form = {"username": "Alice", "email": ALICE.email, "password": ALICE.password}
        assert browser.post(link, csrf_token=csrf_of(browser.get(link).text), **form).status == 303
        page = browser.get("/cam").text
        assert SAID in page
        assert "There was no snapshot" in page
        assert process.stop() == 0
    assert before.items() <= files(tmp_path).items()
    album_of(tmp_path, [])


@pytest.mark.slow
def test_damage_met_while_running_ends_it_in_words_and_the_next_start_heals(tmp_path: Path):
    kept = live(tmp_path)
    with serving(tmp_path) as process:
        path = tmp_path / "pucci.db"
        size = path.stat().st_size
        with path.open("r+b") as file:
            file.seek(PAGE)
            file.write(random.Random(5).randbytes(size - PAGE))
        browser = process.browser()
        until = time.monotonic() + 10
        while process.child.poll() is None and time.monotonic() < until:
            try:
                browser.get("/login")
                browser.post("/login", csrf_token="x", email="a@example.org", password="x")
                browser.get("/")
            except OSError:
                break
        assert process.wait() == 6
        assert any("The database is damaged: " in line for line in process.lines)
        assert (tmp_path / "pucci.db.doubted").stat().st_size == 1
    healed(tmp_path, kept)
    assert not (tmp_path / "pucci.db.doubted").exists()


@pytest.mark.slow
def test_a_kill_while_it_is_made_anew_costs_nothing(tmp_path: Path):
    kept = live(tmp_path)
    zero_header(tmp_path / "pucci.db", random.Random(0))
    for wait in (0.3, 0.5, 0.6, 0.7, 0.8, 0.9):
        arguments = ["-m", "pucci", "--data-dir", str(tmp_path), "user", "list"]
        child = subprocess.Popen(
            [sys.executable, *arguments],
            env=os.environ | ENVIRON,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        time.sleep(wait)
        child.send_signal(signal.SIGKILL)
        child.wait(10)
    with serving(tmp_path) as process:
        assert process.browser().sign_in(ALICE).status == 303
        assert process.stop() == 0
    album_of(tmp_path, kept)


def _change_bytes(folder: Path, seeds: range) -> set[bool]:
    """Change bytes or whole pages of a database, seed by seed; return whether it was seen, in some or all."""
    kept = live(folder / "held")
    house, seen = folder / "house", set[bool]()
    shutil.copytree(folder / "held", house)
    for seed in seeds:
        for path in house.glob("pucci.db*"):
            path.unlink()
        for path in (folder / "held").glob("pucci.db*"):
            shutil.copy(path, house)
        dice, data = random.Random(seed), bytearray((house / "pucci.db").read_bytes())
        size = dice.choice([1, 16, 512, PAGE, 4 * PAGE])
        for _ in range(dice.randint(1, 4)):
            at = dice.randrange(len(data) - size) // size * size
            data[at : at + size] = dice.randbytes(size) if dice.random() < 0.6 else bytes(size)
        (house / "pucci.db").write_bytes(data)
        with at_home(house) as services:
            # A value in a row may be another, which SQLite cannot see; reading the photos shows it.
            assert not any("aside" in found.repaired for found in check(services.album, repair=True))
        album_of(house, kept)
        with at_home(house) as services:
            assert [person.username for person in services.accounts.users.all()] == ["Alice", "Bob"]
            seen.add(services.recovered() is not None)
    return seen


@pytest.mark.slow
def test_whatever_bytes_changed_photos_people_and_stars_are_there(tmp_path: Path):
    assert _change_bytes(tmp_path, range(20)) == {True, False}  # where nothing lies nothing is damaged


@pytest.mark.soak
def test_whatever_bytes_changed_500_times_photos_people_and_stars_are_there(tmp_path: Path):
    assert _change_bytes(tmp_path, range(1000, 1500)) == {True, False}


@pytest.mark.slow
@pytest.mark.parametrize("visited", [False, True])
def test_beside_apache_the_camera_heals_whoever_visits_and_the_site_goes_on(tmp_path: Path, visited: bool):
    kept = live(tmp_path)
    settings = house_settings(tmp_path, retention=RetentionSettings(max_age_h=0))
    site = build(settings, clock=FakeClock(), may_migrate=False, camera_is_elsewhere=True)
    client = create_app(site).test_client()
    assert sign_in(client, BOB).status_code == 303
    command = ["-m", "pucci", "--data-dir", str(tmp_path), "camera", "--port", "0"]
    path = tmp_path / "pucci.db"
    # By another process: whoever closes a file lets go of all its own process's locks on it.
    words = ["dd", "if=/dev/zero", f"of={path}", f"bs={PAGE}", "seek=1", "conv=notrunc", "status=none"]
    subprocess.run([*words, f"count={path.stat().st_size // PAGE - 1}"], check=True)
    if visited:
        assert client.get("/cam").status_code == 500
    camera = Process(*command, environ=ENVIRON)
    try:
        assert client.get("/cam").status_code == 302  # a session is in no snapshot
        assert sign_in(client, ALICE).status_code == 303
        assert SAID in client.get("/cam").text
    finally:
        camera.close()
        site.close()
    album_of(tmp_path, kept)


@pytest.mark.slow
@pytest.mark.parametrize("error", ["ENOSPC", "EIO"])
def test_a_new_database_whose_log_the_disk_does_not_fold_in_takes_nobodys_place(tmp_path: Path, error: str):
    folder = tmp_path / "data"
    kept = live(folder)
    zero_header(folder / "pucci.db", random.Random(0))
    old = (folder / "pucci.db").read_bytes()
    part = folder / ".pucci.db.anew.part"
    # Of this file, the first writes are of its turn to a log and succeed; those to come fold the log in.
    command = ["strace", "-f", "-qq", "-o", str(tmp_path / "calls"), "-P", str(part)]
    command += ["-e", "trace=pwrite64", "-e", f"inject=pwrite64:error={error}:when=3+"]
    command += [sys.executable, "-m", "pucci", "snap"]
    ended = subprocess.run(
        command,
        env={**os.environ, **ENVIRON, "PUCCI_DATA_DIR": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "(INJECTED)" in (tmp_path / "calls").read_text()
    assert "no new one can be made" in ended.stderr
    assert (folder / "pucci.db").read_bytes() == old
    assert not list(folder.glob(f"{part.name}*"))
    healed(folder, kept)
