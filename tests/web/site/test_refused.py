"""The frames that were refused, as the owner sees them."""

import re
from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from pucci import jpeg
from pucci.album import Tally
from pucci.album.check import check
from pucci.photo import Frame
from pucci.services import Services
from tests.fakes import SUNDAY, FakeClock
from tests.frames import jpeg_bytes
from tests.people import ALICE, BOB
from tests.web.house import add_photo, csrf_of, sign_in


@pytest.fixture
def alice(client: FlaskClient) -> FlaskClient:
    sign_in(client, ALICE)
    return client


def refuse(services: Services, data: bytes, reason: str, minutes: int = 0) -> int:
    taken_at = SUNDAY - timedelta(minutes=minutes)
    tally = Tally(1, {reason: 1}, (Frame(data, taken_at), reason))
    services.album.slots.missed("sofa", taken_at, reason=f"damaged: {reason}", tally=tally)
    return services.album.refusals.newest("sofa")[0].id


def test_refused_frames_are_shown_with_their_time_and_reason(services: Services, alice: FlaskClient):
    assert "None so far" in alice.get("/cam/sofa/refused").text
    whole, bytes_alone = (
        refuse(services, jpeg_bytes(), "grey area", 9),
        refuse(services, b"\x00" * 99, "not a JPEG"),
    )
    page = alice.get("/cam/sofa/refused").text
    assert re.findall(r"<h2>(.*?)</h2><p class=\"soft\">(.*?)</p>", page) == [
        ("21:35", "Not a JPEG"),
        ("21:26", "Grey area"),
    ]
    assert f'src="/media/refused/{whole}.jpg"' in page
    assert f"/media/refused/{bytes_alone}.jpg" not in page
    assert "These bytes are no picture." in page
    assert page.count("It is fine after all") == 1


def test_one_that_is_fine_goes_into_the_album_but_is_never_the_newest(services: Services, alice: FlaskClient):
    newest = add_photo(services, SUNDAY)
    refusal = refuse(services, jpeg_bytes(3), "grey area", 7)
    token = csrf_of(alice.get("/cam/sofa/refused").text)
    answer = alice.post(f"/cam/sofa/refused/{refusal}/fine", data={"csrf_token": token})
    page = alice.get(answer.headers["Location"]).text
    assert "It is in the album.</strong> The photo of 21:28." in page
    assert "None so far" in page
    photos = services.album.between("sofa", SUNDAY - timedelta(hours=1), SUNDAY + timedelta(hours=1))
    assert [photo.taken_at.minute for photo in photos] == [35, 28]
    assert not photos[1].proved
    assert services.album.path(photos[1]).read_bytes() == jpeg_bytes(3)
    assert services.album.newest("sofa") == newest
    assert services.album.thumb(photos[1]).startswith(b"\xff\xd8")
    again = alice.post(f"/cam/sofa/refused/{refusal}/fine", data={"csrf_token": token})
    assert again.status_code == 404


def test_several_may_be_fine_even_before_the_first_photo(services: Services):
    for number in range(3):
        refuse(services, jpeg_bytes(number), "grey area", 3 - number)
    for one in services.album.refusals.newest("sofa"):
        services.album.admit(one.id)
    add_photo(services, SUNDAY)
    names = [photo.file for photo in services.album.all_photos()]
    assert len(set(names)) == 4
    assert services.album.strays() == []
    newest = services.album.newest("sofa")
    assert newest
    assert newest.taken_at == SUNDAY


def test_what_cannot_be_shown_cannot_be_fine(services: Services, alice: FlaskClient):
    cut = jpeg_bytes()[: len(jpeg_bytes()) // 2]
    refusal = refuse(services, cut, "cut short")
    assert jpeg.size_of(cut)
    token = csrf_of(alice.get("/cam/sofa/refused").text)
    answer = alice.post(f"/cam/sofa/refused/{refusal}/fine", data={"csrf_token": token})
    assert answer.status_code == 409
    assert "This frame cannot be shown, so it cannot be a photo." in answer.text
    assert services.album.newest("sofa") is None


def test_the_owners_word_stands_when_the_album_is_checked(services: Services):
    whole = jpeg_bytes()
    odd = whole[:-2] + b"\x00" * 9  # without its end marker: refused, though all can be seen
    assert not jpeg.judge(odd).is_whole
    photo = services.album.admit(refuse(services, odd, "cut short"))
    assert check(services.album) == []
    services.album.path(photo).write_bytes(odd[:-1])
    assert len(check(services.album)) == 1


def test_to_keep_refusing_throws_it_away(services: Services, alice: FlaskClient):
    refusal = refuse(services, jpeg_bytes(), "grey area")
    token = csrf_of(alice.get("/cam/sofa/refused").text)
    path = f"/cam/sofa/refused/{refusal}/forget"
    assert alice.post(path, data={"csrf_token": token}).status_code == 303
    assert services.album.refusals.newest("sofa") == []
    assert alice.post(path, data={"csrf_token": token}).status_code == 404


def test_a_frame_is_not_reached_by_another_cameras_address(services: Services, alice: FlaskClient):
    refusal = refuse(services, jpeg_bytes(), "grey area")
    token = csrf_of(alice.get("/cam/sofa/refused").text)
    assert alice.get("/cam/attic/refused").status_code == 404
    assert alice.post(f"/cam/attic/refused/{refusal}/fine", data={"csrf_token": token}).status_code == 404
    assert services.album.refusals.frame(refusal)


def test_what_is_let_pass_is_said_and_can_be_taken_back(
    services: Services, alice: FlaskClient, clock: FakeClock
):
    witness = jpeg.Witness()
    services.album.witnesses.save(
        "sofa", witness.memory(), webcam=False, tolerated="bytes before a marker", now=SUNDAY
    )
    add_photo(services, SUNDAY)
    clock.advance(minutes=2)
    assert "Something harmless is let pass: bytes before a marker." in alice.get("/cam").text
    page = alice.get("/cam/sofa/refused").text
    assert "It always sends this, and the picture is whole: bytes before a marker." in page
    alice.post("/cam/sofa/refused/strict", data={"csrf_token": csrf_of(page)})
    assert services.album.witnesses.tolerated("sofa") == ""
    assert services.album.witnesses.take_revoked("sofa")
    assert "Let pass" not in alice.get("/cam/sofa/refused").text


def test_the_family_sees_none_of_it(services: Services, client: FlaskClient):
    sign_in(client, BOB)
    add_photo(services, SUNDAY)
    assert client.get("/cam/sofa/refused").status_code == 403
    assert "/refused" not in client.get("/cam").text
