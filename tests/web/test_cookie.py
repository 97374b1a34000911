import base64
import json

import pytest

from pucci.web import cookie

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
