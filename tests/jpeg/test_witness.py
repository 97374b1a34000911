"""A camera's witness, with what it remembers."""

import json
import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from pucci import jpeg
from pucci.jpeg import Witness
from pucci.jpeg.tolerance import FRAMES
from pucci.photo import State
from tests.jpeg import corpus, harm
from tests.jpeg.rooms import Habits, Room, dressed, encode, room, scan_of


def lively_room(kind: str = "tuning") -> Room:
    """Return the first room by day without restart markers or tables of its own."""
    for seed in range(100):
        here = room(seed, kind)
        if here.light == "day" and not here.habits.restarts and here.habits.tables == "standard":
            return here
    raise AssertionError


ROOM = lively_room()
FRAMES_OF_ROOM = [ROOM.frame(number) for number in range(6)]


@pytest.fixture
def witness() -> Witness:
    """Return a witness that has seen three good frames."""
    seen = Witness()
    for frame in FRAMES_OF_ROOM[:3]:
        assert seen.judge(frame).is_whole
    return seen


def encoded_again(picture_harm: str) -> bytes:
    """Return the fourth frame, harmed in the picture and encoded again as the camera does."""
    picture, before = harm.decoded(FRAMES_OF_ROOM[3]), harm.decoded(FRAMES_OF_ROOM[2])
    assert picture
    assert before
    return framed(harm.PICTURES[picture_harm](picture, before, random.Random(5)))


def framed(picture: Image.Image) -> bytes:
    """Return a picture as the room's camera sends it."""
    return dressed(encode(picture, ROOM.habits), ROOM.habits, random.Random(1))


def test_good_frames_are_whole(witness: Witness):
    assert [witness.judge(frame, deep=True).state for frame in FRAMES_OF_ROOM[3:]] == [State.WHOLE] * 3


@pytest.mark.parametrize("picture_harm", ["grey", "green", "pink", "smeared", "torn"])
def test_damage_that_was_encoded_again_is_suspected(witness: Witness, picture_harm: str):
    verdict = witness.judge(encoded_again(picture_harm), deep=True)
    assert verdict.state is State.SUSPECT
    assert verdict.reason in ("a grey or smeared area", "shifted colours", "torn", "a broken patch")
    assert witness.judge(FRAMES_OF_ROOM[4], deep=True).is_whole


def test_most_flipped_bits_that_a_strict_decoder_takes_are_suspected():
    dice, taken, suspected = random.Random(1), 0, 0
    good = FRAMES_OF_ROOM[3]
    for _ in range(60):
        bad = harm.bit_flipped(good, b"", dice)
        if corpus.difference(harm.decoded(good), harm.decoded(bad)) > 30 and jpeg.judge(bad).is_whole:
            seen = Witness()
            seen.learn(FRAMES_OF_ROOM[2])
            taken += 1
            suspected += not seen.judge(bad, deep=True).is_whole
    assert taken
    assert suspected >= 0.6 * taken


def test_the_end_of_an_earlier_frame_is_known_though_nothing_moved():
    here = next(found for found in (room(seed, "tuning") for seed in range(99)) if found.light == "asleep")
    frames = [here.frame(number) for number in range(5)]
    start, end = scan_of(frames[3])
    torn = (frames[3][:at] + frames[0][at:] for at in range(start + 200, end - 400, 50))
    bad = next(frame for frame in torn if jpeg.judge(frame).is_whole)
    witness = Witness()
    assert all(witness.judge(frame).is_whole for frame in frames[:3])
    assert witness.judge(bad).reasons == ("the end of an earlier frame",)
    assert witness.judge(frames[4]).is_whole


def test_a_source_without_noise_may_end_alike_now_and_then_and_its_next_frames_are_taken():
    plain = Image.effect_noise((160, 120), 90).convert("RGB")  # one picture, but for a lamp of one block
    frames = []
    for level in range(60, 220, 7):
        lamp = plain.copy()
        ImageDraw.Draw(lamp).rectangle((0, 0, 15, 15), fill=(level,) * 3)
        frames.append(encode(lamp, ROOM.habits))
    witness = Witness()
    states = [witness.judge(frame).state for frame in frames]
    assert State.SUSPECT in states  # else this test says nothing
    assert states.count(State.WHOLE) >= len(states) / 3


def test_what_is_seen_twice_is_so(witness: Witness):
    # Somebody hangs a cloth over the lower half.
    for number, state in ((4, State.SUSPECT), (5, State.WHOLE)):
        view = ROOM.picture(number)
        cloth = Image.effect_noise((view.width, view.height // 2), 6).convert("RGB")
        view.paste(cloth, (0, view.height // 2))
        assert witness.judge(framed(view)).state is state


def test_the_same_bytes_again_are_a_frozen_camera(witness: Witness):
    assert witness.judge(FRAMES_OF_ROOM[2]).reason == "the same picture again"
    assert witness.judge(FRAMES_OF_ROOM[2]).state is State.SUSPECT
    assert witness.judge(FRAMES_OF_ROOM[3]).is_whole


def test_a_dark_room_may_look_the_same_again():
    dark = encode(
        Image.new("RGB", (640, 480), (3, 3, 3)),
        Habits(640, 480, 80, 2, "", "standard", "", "JFIF", 1, fill=False),
    )
    seen = Witness()
    assert seen.judge(dark).is_whole
    assert seen.judge(dark).is_whole


def test_a_header_unlike_the_earlier_ones_is_suspected_until_it_is_seen_again(witness: Witness):
    at = FRAMES_OF_ROOM[3].index(b"\xff\xdb") + 5
    changed = [frame[:at] + bytes([frame[at] + 9]) + frame[at + 1 :] for frame in FRAMES_OF_ROOM[3:]]
    assert witness.judge(changed[0]).reason == "header differs from earlier frames"
    assert witness.judge(FRAMES_OF_ROOM[3]).is_whole
    assert witness.judge(changed[1]).state is State.SUSPECT
    assert witness.judge(changed[2]).is_whole


def padded(frame: bytes) -> bytes:
    """Return a frame with stray bytes before its end marker, as some cameras send."""
    end = scan_of(frame)[1]
    return frame[:end] + bytes(100) + frame[end:]


def test_a_camera_that_always_has_the_same_harmless_fault_is_tolerated_visibly_and_revocably():
    seen = Witness()
    frames = [padded(ROOM.frame(number)) for number in range(FRAMES + 2)]
    states = [seen.judge(frame).state for frame in frames]
    assert states == [State.DAMAGED] * (FRAMES - 1) + [State.WHOLE] * 3
    assert seen.tolerated == "bytes left over"
    seen.revoke()
    assert seen.tolerated == ""
    assert seen.judge(padded(ROOM.frame(20))).reason == "bytes left over"


def test_tolerance_ends_when_the_camera_no_longer_needs_it():
    seen = Witness()
    for number in range(FRAMES):
        seen.judge(padded(ROOM.frame(number)))
    assert seen.tolerated
    for number in range(FRAMES, 2 * FRAMES):
        assert seen.judge(ROOM.frame(number)).is_whole
    assert not seen.tolerated


def test_the_driver_is_believed_when_it_reports_lost_data(witness: Witness):
    assert witness.judge(FRAMES_OF_ROOM[3], flagged=True).reason == "the driver reports lost data"


def test_memory_passes_through_json(witness: Witness):
    text = json.dumps(witness.memory())
    assert len(text) < 30_000
    later = Witness(json.loads(text))
    assert later.judge(encoded_again("grey")).state is State.SUSPECT
    assert later.judge(FRAMES_OF_ROOM[4], deep=True).is_whole
    assert Witness(json.loads(json.dumps(Witness().memory()))).judge(FRAMES_OF_ROOM[0]).is_whole


def test_the_newest_photo_serves_as_the_frame_before():
    seen = Witness()
    seen.learn(FRAMES_OF_ROOM[2])
    assert seen.judge(encoded_again("pink")).state is State.SUSPECT
    assert seen.judge(FRAMES_OF_ROOM[4], deep=True).is_whole


def test_a_clock_in_the_picture_is_soon_no_longer_suspected():
    seen = Witness()
    states = []
    for second in range(12):
        view = ROOM.picture(0)
        ImageDraw.Draw(view).rectangle((0, 0, 100, 40), fill=(20, 20, 20))
        ImageDraw.Draw(view).text((20, 20), f"{second % 2}{second % 3}", fill=(250, 250, 250))
        states.append(seen.judge(framed(view), deep=True).state)
    assert states.count(State.SUSPECT) <= 3
    assert states[-4:] == [State.WHOLE] * 4


@settings(max_examples=60, deadline=2000, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=200), st.integers(0, 2**20), st.integers(0, 2**20))
def test_any_bytes_get_a_verdict_from_a_witness(witness: Witness, junk: bytes, start: int, length: int):
    frame = FRAMES_OF_ROOM[3]
    start %= len(frame)
    frame = frame[:start] + junk + frame[start + length % 2000 :]
    verdict = witness.judge(frame, deep=True)
    assert verdict.is_whole or verdict.reason


@pytest.mark.parametrize("size", [(1, 1), (8, 8), (16, 1), (1, 300), (17, 9), (300, 2), (33, 31)])
@pytest.mark.parametrize("subsampling", [0, 1, 2])
def test_pictures_of_any_size_get_a_verdict(size: tuple[int, int], subsampling: int):
    seen = Witness()
    dice = random.Random(str(size))
    habits = Habits(*size, 80, subsampling, "", "standard", "", "JFIF", 1, fill=False)
    for _ in range(3):
        view = Image.frombytes("RGB", size, dice.randbytes(3 * size[0] * size[1]))
        verdict = seen.judge(encode(view, habits), deep=True)
        assert verdict.state is not State.DAMAGED
        assert (verdict.width, verdict.height) == size


def ragged(frame: bytes) -> bytes:
    """Return a frame with one byte more than its codes need: libjpeg reads past them in silence."""
    end = scan_of(frame)[1]
    return frame[:end] + bytes(1) + frame[end:]


def test_codes_that_end_too_early_are_found_in_photos_only(witness: Witness):
    assert jpeg.judge(ragged(FRAMES_OF_ROOM[3])).is_whole
    assert witness.judge(ragged(FRAMES_OF_ROOM[3]), deep=True).reason == "data lost"
    assert witness.judge(FRAMES_OF_ROOM[4], deep=True).is_whole


def test_a_camera_whose_codes_always_end_so_is_soon_believed(witness: Witness):
    states = [witness.judge(ragged(ROOM.frame(number)), deep=True).state for number in range(3, 13)]
    assert states.count(State.SUSPECT) == 3
    assert states[-3:] == [State.WHOLE] * 3
