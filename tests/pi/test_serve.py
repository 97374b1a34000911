"""`pucci serve` on a real USB camera that is pulled out and put back."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.pi import frames
from tests.pi.lab import Household, Pi, patience, wait_for

pytestmark = pytest.mark.pi

INTERVAL_S = 5


def health(pi: Pi, address: str) -> str:
    return json.loads(pi.ok(f"curl -s -m 20 {address}/health"))["status"]


def test_a_pulled_plug_is_a_missed_slot_and_put_back_a_photo_again(
    pi: Pi, household: Callable[..., Household], camera: Callable[[str], dict], camera_frames: Path
):
    home = household(
        driver="v4l2", cameras__sofa__device="", capture__interval_s=str(INTERVAL_S), clock__trust="always"
    )
    with home.serving() as address:
        wait_for(home.photos, 40, "first photo")
        wait_for(lambda: health(pi, address) == "ok", 20, "word that all is well")

        camera("unplug")
        wait_for(lambda: health(pi, address) == "camera", 3 * INTERVAL_S, "word that the camera is gone")
        missed = home.slots()[0]
        assert not missed["filled"]
        assert "unplugged" in missed["reason"]
        taken = len(home.photos())

        camera("plug")
        took = wait_for(
            lambda: len(home.photos()) > taken, 2 * INTERVAL_S + 10, "photo after the plug is back"
        )
        wait_for(lambda: health(pi, address) == "ok", 2 * INTERVAL_S, "word that all is well again")
    assert took < 10 * patience(), f"{took:.1f} s from the plug to the photo"
    for path in home.photos():
        assert frames.harm(pi.get(path), camera_frames) < frames.UNHARMED_LEVELS
    code, said = home.run("check-album")
    assert code == 0, said
