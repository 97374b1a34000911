"""`pucci snap` on a real USB camera, by the kernel's own driver, in every mood the camera has."""

import io
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from tests.pi import frames
from tests.pi.lab import DEVICE, Household, Pi, patience

pytestmark = pytest.mark.pi

AT_ONCE = {"cameras__sofa__delay_s": "0", "cameras__sofa__skip": "0"}
HouseholdMaker = Callable[..., Household]
Camera = Callable[..., dict]

# Every frame is broken in a way that shows in its bytes: none may be stored. (A torn frame is not
# among them: of those one in ten decodes without a murmur.)
BROKEN = (
    "truncate 40", "truncate 97", "corrupt 200", "zerotail 30", "lost 512", "lost 4096", "garbage",
    "empty", "stall",
)  # fmt: skip


def unharmed(pi: Pi, path: str, camera_frames: Path) -> bytes:
    """Return a stored photo, having seen that it shows a frame of the camera's as it was."""
    photo = pi.get(path)
    assert frames.harm(photo, camera_frames) < frames.UNHARMED_LEVELS
    return photo


@pytest.mark.parametrize(
    ("driver", "size"), [*(("v4l2", size) for size in frames.SIZES), ("fswebcam", (640, 480))]
)
def test_a_photo_is_stored_whole_and_in_the_size_asked_for(
    pi: Pi, household: HouseholdMaker, camera_frames: Path, driver: str, size: tuple[int, int]
):
    width, height = map(str, size)
    home = household(driver=driver, cameras__sofa__width=width, cameras__sofa__height=height, **AT_ONCE)
    code, said = home.run("snap")
    assert code == 0, said
    (stored,) = home.photos()
    assert stored in said
    photo = unharmed(pi, stored, camera_frames)
    with Image.open(io.BytesIO(photo)) as picture:
        assert picture.size == size
    code, said = home.run("check-album")
    assert code == 0, said
    assert not pi.camera_stat()["streaming"], "the camera's lamp stays lit"


def test_the_bytes_are_those_of_the_camera(
    pi: Pi, household: HouseholdMaker, camera: Camera, camera_frames: Path
):
    home = household(driver="v4l2")
    assert home.run("snap")[0] == 0
    (stored,) = home.photos()
    photo = pi.get(stored)
    assert photo in [path.read_bytes() for path in (camera_frames / "640x480").glob("*.jpg")]


@pytest.mark.parametrize("driver", ["v4l2", "fswebcam"])
def test_a_camera_that_cuts_its_frames_short_is_tried_again_until_it_is_well(
    pi: Pi, household: HouseholdMaker, camera: Camera, camera_frames: Path, driver: str
):
    home = household(driver=driver, **AT_ONCE)
    before = camera("truncate 40")["sent"].get("truncate", 0)
    code, said = home.run("snap --limit 12")
    assert code != 0
    assert one_sentence(said), said
    assert home.photos() == []
    assert pi.camera_stat()["sent"]["truncate"] - before > 1, "it was tried once only"
    camera("ok")
    code, said = home.run("snap")
    assert code == 0, said
    (stored,) = home.photos()
    unharmed(pi, stored, camera_frames)


def one_sentence(said: str) -> bool:
    """Whether a command said what is wrong in a line or two, without a traceback."""
    return "Traceback" not in said and 0 < len(said.strip().splitlines()) <= 2


def test_a_camera_that_gets_well_during_the_tries_gives_its_photo(
    pi: Pi, household: HouseholdMaker, camera: Camera, camera_frames: Path
):
    home = household(driver="v4l2", **AT_ONCE)
    camera("truncate 40")
    # A timer is otherwise late by up to a minute, and would heal the camera of a later test.
    timer = "systemd-run --quiet --collect --on-active=8 --timer-property=AccuracySec=100ms"
    pi.ok(f"{timer} python3 /opt/lab/uvccam/send.py /run/uvccam.sock ok")
    code, said = home.run("snap --limit 40")
    assert code == 0, said
    unharmed(pi, home.photos()[0], camera_frames)


@pytest.mark.parametrize("fault", BROKEN)
def test_no_damaged_frame_is_stored(pi: Pi, household: HouseholdMaker, camera: Camera, fault: str):
    home = household(driver="v4l2", **AT_ONCE, cameras__sofa__timeout_s="4")
    camera(fault)
    code, said = home.run("snap --limit 4")
    assert home.photos() == []
    assert code != 0
    assert one_sentence(said), said


@pytest.mark.parametrize("fault", ["nodht", "noeoi", "mix 1 70", "mix 2 90"])
def test_a_whole_frame_among_others_is_found(
    pi: Pi, household: HouseholdMaker, camera: Camera, camera_frames: Path, fault: str
):
    """Left-out Huffman tables are no damage, nor is an end marker that a camera always leaves out."""
    home = household(driver="v4l2", **AT_ONCE)
    camera(fault)
    for _ in range(2):
        code, said = home.run("snap")
        assert code == 0, said
    for path in home.photos():
        unharmed(pi, path, camera_frames)


def test_what_the_driver_marks_as_broken_may_well_be_whole_and_is_shown_only_if_it_is(
    pi: Pi, household: HouseholdMaker, camera: Camera, camera_frames: Path
):
    home = household(driver="v4l2", **AT_ONCE)
    camera("err")
    _, said = home.run("snap --limit 4")
    assert one_sentence(said), said
    for path in home.photos():
        unharmed(pi, path, camera_frames)


def test_a_hung_camera_ends_the_command_within_its_time(pi: Pi, household: HouseholdMaker, camera: Camera):
    home = household(driver="v4l2", cameras__sofa__timeout_s="4")
    camera("freeze")
    code, said = pi.run("command time -p -o /tmp/took " + home.command("snap --limit 10"), timeout=60)
    took = float(pi.get("/tmp/took").split()[1])
    assert code not in (0, 124), said
    assert one_sentence(said), said
    assert took < (10 + 6) * patience(), f"{took} s"
    assert home.photos() == []


def test_an_unplugged_camera_is_said_to_be_so(household: HouseholdMaker, camera: Camera):
    home = household(driver="v4l2")
    camera("unplug")
    code, said = home.run("snap --limit 3")
    assert code != 0
    assert one_sentence(said), said
    assert home.photos() == []


def test_a_camera_that_dies_in_the_middle_gives_its_next_photo_when_it_is_back(
    pi: Pi, household: HouseholdMaker, camera: Camera, camera_frames: Path
):
    home = household(driver="v4l2", cameras__sofa__skip="20")
    camera("die 5")
    code, said = home.run("snap --limit 5")
    assert code != 0
    assert one_sentence(said), said
    camera("plug")
    code, said = home.run("snap")
    assert code == 0, said
    unharmed(pi, home.photos()[0], camera_frames)


def test_the_cost_of_a_photo_beside_fswebcam(
    pi: Pi, household: HouseholdMaker, capsys: pytest.CaptureFixture[str]
):
    home = household(driver="v4l2", cameras__sofa__skip="13")
    home.run("snap")  # makes the database
    theirs = f"fswebcam -q -d {DEVICE} -r 640x480 --jpeg 80 -S 13 --no-banner /tmp/theirs.jpg"
    ours_s = [pi.cpu_seconds(home.command("snap")) for _ in range(3)]
    theirs_s = [pi.cpu_seconds(theirs) for _ in range(3)]
    with capsys.disabled():
        print(f"\nCPU seconds of one photo: pucci snap {min(ours_s):.2f}, fswebcam {min(theirs_s):.2f}")
    assert len(home.photos()) == 4
