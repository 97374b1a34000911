"""Each way against a real receiver; the mail server is in tests/servers/test_mail.py."""

import base64
import hashlib
import hmac
import socket
import threading
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest

from pucci.db import Database
from pucci.errors import NotifyError, SettingsError
from pucci.notify import Message, Outbox, ways_of
from pucci.notify.email import Email, composed
from pucci.notify.message import within
from pucci.notify.outbox import put
from pucci.notify.webhook import SIGNATURE, Webhook
from pucci.settings import NotifySettings
from tests.fakes import SUNDAY, FakeClock
from tests.frames import jpeg_bytes
from tests.notify.receiver import Receiver, receiving

PICTURE = jpeg_bytes(1, (64, 48))
MESSAGE = Message(
    "start", "Pucci: no camera", "The camera sofa is unplugged.\n", SUNDAY, picture=PICTURE, id="7"
)


def test_a_webhook_gets_the_message_and_its_picture_signed(receiver: Receiver):
    Webhook(f"{receiver.address}/hook?a=b", "a key").send(MESSAGE)
    (body, headers), told = receiver.taken[0], receiver.messages[0]
    assert receiver.paths == ["/hook?a=b"]
    assert headers[SIGNATURE] == "sha256=" + hmac.new(b"a key", body, hashlib.sha256).hexdigest()
    assert (told["kind"], told["subject"], told["id"]) == ("start", "Pucci: no camera", "7")
    assert base64.b64decode(told["picture"]) == PICTURE


def test_without_a_key_nothing_is_signed(receiver: Receiver):
    Webhook(receiver.address).send(MESSAGE)
    assert SIGNATURE not in receiver.taken[0][1]


@pytest.mark.parametrize("status", [302, 307, 404, 500])
def test_a_webhook_that_does_not_take_it_is_an_error_and_no_redirect_is_followed(
    receiver: Receiver, status: int
):
    receiver.status, receiver.location = status, f"{receiver.address}/elsewhere"
    with pytest.raises(NotifyError, match=str(status)):
        Webhook(f"{receiver.address}/secret-path").send(MESSAGE)
    assert receiver.paths == ["/secret-path"]


def test_an_error_names_the_host_and_not_what_is_secret_in_the_address():
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))  # and no listen: refused
        port = nobody.getsockname()[1]
        with pytest.raises(NotifyError) as error:
            Webhook(f"http://127.0.0.1:{port}/services/secret-token").send(MESSAGE)
    assert "127.0.0.1" in str(error.value)
    assert "secret-token" not in str(error.value)


def test_a_server_that_says_a_byte_now_and_then_holds_nobody_up():
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()

        def drip() -> None:
            connection, _ = server.accept()
            with connection:
                try:
                    for _ in range(100):
                        connection.send(b"H")
                        time.sleep(0.1)
                except OSError:
                    pass

        thread = threading.Thread(target=drip)
        thread.start()
        begun = time.monotonic()
        with pytest.raises(NotifyError):
            Webhook(f"http://127.0.0.1:{server.getsockname()[1]}/", limit_s=1.0).send(MESSAGE)
        assert time.monotonic() - begun < 5
        thread.join()


def test_apprise_sends_to_an_address_of_its_own(receiver: Receiver):
    url = receiver.address.replace("http", "json")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of its hundred services some are made for older Pythons
        (way,) = ways_of(NotifySettings(apprise_urls=url))
        way.send(MESSAGE)
        told = receiver.messages[0]
        assert (told["title"], told["message"].strip()) == (MESSAGE.subject, MESSAGE.text.strip())
        assert len(told["attachments"]) == 1
        receiver.status = 500
        with pytest.raises(NotifyError, match="Apprise"):
            way.send(MESSAGE)
        with pytest.raises(SettingsError, match="address 2"):
            ways_of(NotifySettings(apprise_urls=f"{url} nothing-like-it"))[1].send(MESSAGE)


def test_an_apprise_address_that_fails_is_tried_again_alone(
    db: Database, clock: FakeClock, receiver: Receiver
):
    with receiving() as broken, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        broken.status = 500
        urls = " ".join(one.address.replace("http", "json") + "/secret" for one in (receiver, broken))
        ways = ways_of(NotifySettings(apprise_urls=urls))
        assert [way.name for way in ways] == ["apprise", "apprise-2"]
        with db.write() as connection:
            put(connection, [way.name for way in ways], MESSAGE)
        for _ in range(10):
            Outbox(db, clock=clock).deliver(ways, lambda _id: b"")
            clock.advance(minutes=5)
    assert len(receiver.taken) == 1
    assert len(broken.paths) > 2
    assert "secret" not in str(Outbox(db, clock=clock).trouble())


def mail_by(port: int, limit_s: float = 1.0) -> Email:
    people = ("gwen@example.org", "luke@example.org")
    return Email(
        NotifySettings(
            email_to=people, smtp_host="127.0.0.1", smtp_port=port, smtp_security="none", timeout_s=limit_s
        )
    )


@contextmanager
def mail_server(
    drips_at: str = "", refuses: str = "", goodbye: str = "221 bye"
) -> Iterator[tuple[int, list[str]]]:
    """Speak enough SMTP for one client; drip lines at a command ("hello": the greeting; "": nowhere)."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        mails = list[str]()
        thread = threading.Thread(target=lambda: serve(server, mails, drips_at, refuses, goodbye))
        thread.start()
        yield server.getsockname()[1], mails
        thread.join()


def serve(server: socket.socket, mails: list[str], drips_at: str, refuses: str, goodbye: str) -> None:
    connection, _ = server.accept()
    answers = {"hello": "220 here", "data": "354 go on", "quit": goodbye}
    with connection, connection.makefile("rb") as lines, suppress(OSError):
        word, line = "hello", ""
        while True:
            answer = answers.get(word, "250 fine")
            if word == drips_at:
                for _ in range(100):  # far longer than the limit
                    connection.send(f"{answer[:3]}-wait\r\n".encode())
                    time.sleep(0.1)
                return
            if refuses and word == "rcpt" and refuses in line:
                answer = "550 nobody"
            connection.send(f"{answer}\r\n".encode())
            if word == "quit":
                return
            if word == "data":
                mails.append("".join(text.decode() for text in iter(lines.readline, b".\r\n")))
                connection.send(b"250 taken\r\n")
            line = lines.readline().decode()
            if not line:
                return
            word = line.split()[0].lower()


@pytest.mark.parametrize("at", ["hello", "mail"])
def test_a_mail_server_that_drips_holds_nobody_up(at: str):
    with mail_server(drips_at=at) as (port, _):
        begun = time.monotonic()
        with pytest.raises(NotifyError, match="did not take the mail"):
            mail_by(port).send(MESSAGE)
        assert time.monotonic() - begun < 5


@pytest.mark.parametrize(("drips_at", "goodbye"), [("quit", "221 bye"), ("", "500 what?")])
def test_a_mail_that_was_taken_is_sent_however_the_server_takes_its_leave(drips_at: str, goodbye: str):
    with mail_server(drips_at=drips_at, goodbye=goodbye) as (port, mails):
        begun = time.monotonic()
        mail_by(port).send(MESSAGE)
        assert time.monotonic() - begun < 5
    assert len(mails) == 1


def test_a_mail_refused_for_one_of_two_is_sent_and_said(caplog: pytest.LogCaptureFixture):
    with mail_server(refuses="luke@") as (port, mails):
        mail_by(port).send(MESSAGE)
    assert len(mails) == 1
    assert "takes no mail for luke@example.org" in caplog.text


def test_what_is_refused_for_all_is_an_error():
    with mail_server(refuses="@example.org") as (port, mails), pytest.raises(NotifyError, match="luke"):
        mail_by(port).send(MESSAGE)
    assert mails == []


def test_what_takes_too_long_is_cut_also_where_there_was_no_socket_at_first():
    """A host with several addresses takes a whole limit for each before there is anything to cut."""
    cuts = list[float]()
    with within(0.1, lambda: cuts.append(time.monotonic())):
        time.sleep(1.3)
    assert len(cuts) >= 2
    before = len(cuts)
    time.sleep(0.7)
    assert len(cuts) == before


def test_nothing_set_up_is_no_way():
    assert ways_of(NotifySettings()) == []


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"email_to": ("a@example.org",)}, "smtp_host"),
        ({"smtp_host": "mail.example.org"}, "email_to"),
        ({"email_to": ("a@example.org\nBcc: x@example.org",), "smtp_host": "m"}, "no e-mail address"),
        ({"email_to": ("a@example.org",), "smtp_host": "m", "smtp_security": "none"}, "starttls or tls"),
        ({"webhook_url": "example.org/hook"}, "webhook_url"),
        ({"webhook_url": "ftp://example.org/hook"}, "webhook_url"),
        ({"webhook_url": "http://example.org:port/hook"}, "webhook_url"),
        ({"webhook_url": "http://example.org/a b"}, "webhook_url"),
    ],
)
def test_what_is_set_up_by_half_is_said_at_the_start(settings: dict[str, object], words: str):
    with pytest.raises(SettingsError, match=words):
        ways_of(NotifySettings(**settings))  # type: ignore[arg-type]


def test_a_mail_with_html_has_its_picture_inside_and_without_it_no_hole():
    html = '<p>before</p><img src="cid:photo@pucci" width="560" height="420" alt="x">\n<p>after</p>'
    with_picture = composed(
        Message("postcard", "s", "t", SUNDAY, html, PICTURE), "a@b.example", ("c@d.example",)
    )
    kinds = [part.get_content_type() for part in with_picture.walk()]
    assert kinds == [
        "multipart/alternative", "text/plain", "multipart/related", "text/html", "image/jpeg",
    ]  # fmt: skip
    without = composed(Message("postcard", "s", "t", SUNDAY, html), "a@b.example", ("c@d.example",))
    assert "cid:" not in without.as_string()
    assert "after" in without.as_string()
