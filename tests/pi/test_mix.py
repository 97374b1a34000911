"""A camera that breaks 70 % of its frames, in mixed ways: every slot is filled, with a whole frame."""

import io
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from tests.pi import frames
from tests.pi.lab import Household, Pi, wait_for

pytestmark = [pytest.mark.pi, pytest.mark.soak]

# Short beside the usual five minutes; long enough to open a camera anew twice that is silent for 5 s.
INTERVAL_S = 20
SHEET = Path(__file__).parent.parent.parent / "out" / "mix.jpg"


@pytest.mark.parametrize("count", [8, 100])
def test_every_slot_is_filled_with_a_whole_frame(
    pi: Pi,
    household: Callable[..., Household],
    camera: Callable[[str], dict],
    camera_frames: Path,
    count: int,
):
    home = household(
        driver="v4l2", capture__interval_s=str(INTERVAL_S), clock__trust="always", cameras__sofa__skip="0"
    )
    camera("mix 7 70")
    with home.serving():
        wait_for(lambda: len(home.photos()) > count, INTERVAL_S * (count + 12), "photo of every slot")
        slots = home.slots()
    # The newest may still be under way, and the first began in the middle of its time.
    done = slots[1 : count + 1]
    assert [slot["reason"] for slot in done if not slot["filled"]] == []
    assert sum(slot["refused"] for slot in done) > count
    pictures = [pi.get(path) for path in home.photos()[:count]]
    for picture in pictures:
        assert frames.harm(picture, camera_frames) < frames.UNHARMED_LEVELS
    sheet(pictures)


def sheet(pictures: list[bytes]) -> None:
    """Lay the pictures side by side, for a person to look at."""
    across = 10
    whole = Image.new("RGB", (160 * across, 120 * -(-len(pictures) // across)))
    for number, data in enumerate(pictures):
        with Image.open(io.BytesIO(data)) as picture:
            place = (160 * (number % across), 120 * (number // across))
            whole.paste(picture.convert("RGB").resize((160, 120)), place)
    SHEET.parent.mkdir(exist_ok=True)
    whole.save(SHEET, quality=85)
