import base64
import json

import pytest
from flask.testing import FlaskClient

from pucci.services import Services
from pucci.web import cookie
from tests.people import BOB
from tests.web.house import sign_in

KEY = b"k" * 32


def test_the_token_comes_out_as_it_went_in_whatever_other_cookies_there_are():
    box = cookie.box(KEY)
    value = box.dumps({cookie.TOKEN: "abc"})
    assert cookie.token_in(box, f"theme=dark; pucci={value}; x=y") == "abc"


@pytest.mark.parametrize(
    "header",
    [
        "",
        "pucci",
        "pucci=",
        "pucci=.",
        "pucci=abc.def.ghi",
        "other=1",
        f"pucci={cookie.box(b'another key').dumps({cookie.TOKEN: 'abc'})}",
        f"pucci={cookie.box(KEY).dumps(['a list'])}",
        f"pucci={cookie.box(KEY).dumps({cookie.TOKEN: 7})}",
        f"pucci={base64.urlsafe_b64encode(json.dumps({cookie.TOKEN: 'abc'}).encode()).decode()}",
        "pucci=\xff\xfe\x00",
    ],
)
def test_what_we_did_not_sign_holds_no_token(header: str):
    assert cookie.token_in(cookie.box(KEY), header) is None


def test_a_cookie_from_the_future_is_good_because_a_pi_may_wake_up_in_the_past():
    box = cookie.box(KEY)
    signer = box.make_signer(box.salt)
    signer.get_timestamp = lambda: 4_000_000_000  # type: ignore[method-assign]
    value = signer.sign(box.dump_payload({cookie.TOKEN: "abc"})).decode()
    assert cookie.read(box, value) == {cookie.TOKEN: "abc"}


def test_a_cookie_is_sent_again_after_a_day_and_no_oftener_so_that_pictures_stay_in_the_browser(
    client: FlaskClient, services: Services
):
    sign_in(client, BOB)
    assert [client.get("/cam").headers.get("Set-Cookie") for _ in range(2)][1] is None
    box = cookie.box(services.secret_key)
    held = client.get_cookie("pucci")
    assert held is not None
    for age_s, is_sent in ((3600, False), (90_000, True), (-90_000, True)):
        signer = box.make_signer(box.salt)
        at = signer.get_timestamp() - age_s  # type: ignore[attr-defined]
        signer.get_timestamp = lambda at=at: at  # type: ignore[method-assign]
        value = signer.sign(box.dump_payload(cookie.read(box, held.value))).decode()
        client.set_cookie("pucci", value)
        answer = client.get("/cam")
        assert answer.status_code == 200
        assert ("Set-Cookie" in answer.headers) is is_sent, age_s


def test_a_cookie_that_is_not_ours_has_no_age():
    assert cookie.age_s(cookie.box(KEY), "x.y.z") == 0
