"""An album of drawn days."""

import os
import subprocess
import sys
from datetime import UTC, timedelta
from pathlib import Path

from pucci import demo
from pucci import services as parts_list
from pucci.album.bulk import Bulk, Drawn
from pucci.album.check import check
from tests.fakes import SUNDAY
from tests.people import ALICE
from tests.web.house import house_settings, move_in


def run(folder: Path, *words: str, code: int = 0) -> str:
    command = [sys.executable, "-m", "pucci", "--data-dir", str(folder), "demo", *words]
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "PUCCI_CAMERAS_SOFA_DRIVER": "synthetic"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_a_day_is_drawn_with_its_gaps_and_keeps_every_promise(tmp_path: Path):
    settings = house_settings(tmp_path)
    services = parts_list.build(settings)
    move_in(services, ALICE)
    services.close()
    said = run(tmp_path, "--days", "1")
    services = parts_list.build(settings)
    photos = list(services.album.all_photos())
    assert f"{len(photos)} photos are in" in said
    assert 200 < len(photos) < 288
    assert check(services.album) == []
    kept = services.album.kept.page(None, 99)
    assert 3 <= len(kept) <= 5
    assert services.album.kept.stars(kept[0].id)[0].name == "Alice"
    assert photos[0].activity is None
    assert max(photo.activity or 0 for photo in photos) > 20
    assert services.album.newest("sofa") == photos[-1]
    services.close()


def test_many_photos_are_as_many_as_asked_for_and_take_the_room_of_a_few(tmp_path: Path):
    said = run(tmp_path, "--days", "30", "--photos", "5000")
    assert said.startswith("5000 photos")
    inodes = {path.stat().st_ino for path in (tmp_path / "photos").rglob("*.jpg")}
    assert len(inodes) == 96


def test_the_demo_never_stands_between_real_photos(tmp_path: Path):
    run(tmp_path, "--days", "0.1")
    assert "photos already" in run(tmp_path, "--days", "0.1", code=6)


def test_a_plan_goes_up_to_its_end():
    plan = demo.plan("sofa", SUNDAY, 1, 10, 300, zone=UTC)
    assert plan.start + plan.step * 9 == SUNDAY
    assert plan.step == timedelta(hours=2.4)
    assert demo.plan("sofa", SUNDAY, 2, None, 300, zone=UTC).count == 576


def test_each_moment_has_the_picture_that_was_drawn_for_it(tmp_path: Path):
    """Also where the next pictures lie in memory where earlier ones lay."""
    services = parts_list.build(house_settings(tmp_path))
    moments = [SUNDAY - timedelta(minutes=number) for number in range(2500, 0, -1)]
    drawn = (Drawn(at, f"{at:%d %H:%M}".encode() * 3000, 320, 240) for at in moments)
    Bulk(services.db, services.album.files, "sofa", slots_since=SUNDAY).fill(drawn)
    wrong = [
        photo.taken_at
        for photo in services.album.all_photos()
        if not services.album.path(photo).read_bytes().startswith(f"{photo.taken_at:%d %H:%M}".encode())
    ]
    services.close()
    assert wrong == []
