"""Messages by a real mail server, Debian's aiosmtpd: in clear, by STARTTLS, by TLS, and while it is away."""

import email
import email.policy
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from email.message import EmailMessage
from pathlib import Path

import pytest

from pucci import services as parts_list
from pucci.errors import NotifyError
from pucci.notify import Message
from pucci.notify.email import Email
from pucci.settings import NotifySettings
from tests.fakes import SUNDAY, FakeClock
from tests.frames import jpeg_bytes
from tests.web.house import add_photo, house_settings

pytestmark = pytest.mark.servers

LIMIT_S = 20.0
PICTURE = jpeg_bytes(3, (320, 240))
MESSAGE = Message("start", "Pucci: no camera", "It is unplugged.\n", SUNDAY, picture=PICTURE, id="pucci-7")
# Debian's Python has aiosmtpd; the server prints its port, and files what it takes.
SERVER = """
import asyncio, ssl, sys
from aiosmtpd.handlers import Mailbox
from aiosmtpd.smtp import SMTP, AuthResult

port, box, how, cert, key = sys.argv[1:]
context = None
if how != "none":
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)

def known(server, session, envelope, mechanism, data):
    return AuthResult(success=(data.login, data.password) == (b"alice", b"right"), handled=False)

def smtp():
    also = {} if how == "none" else {"authenticator": known, "auth_required": True}
    if how == "starttls":
        also |= {"tls_context": context, "require_starttls": True}
    elif how == "tls":
        also |= {"auth_require_tls": False}
    return SMTP(Mailbox(box), **also)

async def main():
    server = await asyncio.get_running_loop().create_server(
        smtp, "127.0.0.1", int(port), ssl=context if how == "tls" else None
    )
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""


class Mail:
    """A mail server's port and mailbox."""

    def __init__(self, port: int, box: Path) -> None:
        self.port = port
        self._box = box

    def taken(self) -> list[EmailMessage]:
        files = sorted((self._box / "new").glob("*")) if self._box.exists() else []
        policy = email.policy.default
        return [email.message_from_bytes(path.read_bytes(), policy=policy) for path in files]  # type: ignore[misc]


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("certificate")
    cert, key = folder / "cert.pem", folder / "key.pem"
    command = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
    ]
    command += ["-keyout", str(key), "-out", str(cert), "-days", "2", "-subj", "/CN=localhost"]
    command += ["-addext", "subjectAltName=DNS:localhost"]
    subprocess.run(command, check=True, capture_output=True)
    return cert, key


@contextmanager
def mail_server(folder: Path, how: str, certificate: tuple[Path, Path], port: int = 0) -> Iterator[Mail]:
    box = folder / "mailbox"
    arguments = [str(port), str(box), how, *map(str, certificate)]
    child = subprocess.Popen(
        ["/usr/bin/python3", "-W", "ignore", "-c", SERVER, *arguments], stdout=subprocess.PIPE, text=True
    )
    try:
        assert child.stdout is not None
        yield Mail(int(child.stdout.readline()), box)
    finally:
        child.kill()
        child.wait(LIMIT_S)
        if child.stdout is not None:
            child.stdout.close()


def settings_for(port: int, how: str, certificate: tuple[Path, Path], **also: object) -> NotifySettings:
    values: dict[str, object] = {
        "email_to": ("gwen@example.org", "luke@example.org"),
        "smtp_host": "localhost",
        "smtp_port": port,
        "smtp_security": how,
        "smtp_ca_file": str(certificate[0]),
        "timeout_s": 5.0,
    }
    if how != "none":
        values |= {"smtp_username": "alice", "smtp_password": "right"}
    return NotifySettings(**(values | also))  # type: ignore[arg-type]


@pytest.mark.parametrize("how", ["none", "starttls", "tls"])
def test_a_mail_arrives_with_its_picture(tmp_path: Path, certificate: tuple[Path, Path], how: str):
    with mail_server(tmp_path, how, certificate) as mail:
        Email(settings_for(mail.port, how, certificate)).send(MESSAGE)
        (taken,) = mail.taken()
    assert taken["Subject"] == "Pucci: no camera"
    assert taken["To"] == "gwen@example.org, luke@example.org"
    assert taken["Auto-Submitted"] == "auto-generated"
    body = taken.get_body(("plain",))
    assert body is not None
    assert body.get_content().strip() == "It is unplugged."
    (picture,) = taken.iter_attachments()
    assert picture.get_content() == PICTURE


def test_a_wrong_password_is_said_and_is_not_in_what_is_said(tmp_path: Path, certificate: tuple[Path, Path]):
    with mail_server(tmp_path, "starttls", certificate) as mail:
        settings = settings_for(mail.port, "starttls", certificate, smtp_password="wrong-one")
        with pytest.raises(NotifyError, match="name and password") as error:
            Email(settings).send(MESSAGE)
        assert "wrong-one" not in str(error.value)
        assert mail.taken() == []


@pytest.mark.parametrize("how", ["starttls", "tls"])
def test_a_server_that_nobody_vouches_for_gets_no_password(
    tmp_path: Path, certificate: tuple[Path, Path], how: str
):
    with mail_server(tmp_path, how, certificate) as mail:
        with pytest.raises(NotifyError, match="certificate is not to be trusted"):
            Email(settings_for(mail.port, how, certificate, smtp_ca_file="")).send(MESSAGE)
        assert mail.taken() == []


def test_a_server_that_cannot_encrypt_gets_nothing(tmp_path: Path, certificate: tuple[Path, Path]):
    with mail_server(tmp_path, "none", certificate) as mail:
        with pytest.raises(NotifyError, match="STARTTLS"):
            Email(settings_for(mail.port, "starttls", certificate)).send(MESSAGE)
        assert mail.taken() == []


def test_a_server_that_says_nothing_holds_nobody_up(certificate: tuple[Path, Path]):
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        begun = time.monotonic()
        settings = settings_for(silent.getsockname()[1], "none", certificate, timeout_s=1.0)
        with pytest.raises(NotifyError, match="did not take the mail"):
            Email(replace(settings, smtp_host="127.0.0.1")).send(MESSAGE)
        assert time.monotonic() - begun < 5


def test_a_postcard_that_waited_for_the_mail_server_arrives_once(
    tmp_path: Path, certificate: tuple[Path, Path], clock: FakeClock
):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = replace(settings_for(port, "starttls", certificate), postcard_at="21:30")
    house = parts_list.build(house_settings(tmp_path / "house", notify=settings), clock=clock)
    try:
        photo = add_photo(house, SUNDAY)
        clock.advance(minutes=1)

        def looks(count: int) -> None:
            herald = house.herald()  # started anew
            for _ in range(count):
                herald.look()
                herald.post()
                herald.deliver()
                clock.advance(minutes=1)

        looks(20)
        assert house.outbox.waiting() == 1
        trouble = house.outbox.trouble()
        assert trouble is not None
        with mail_server(tmp_path, "starttls", certificate, port) as mail:
            looks(20)
            looks(20)
            (taken,) = mail.taken()
        assert house.outbox.waiting() == 0
        assert taken["Subject"] == "Pucci’s Sunday"
        kinds = {part.get_content_type(): part for part in taken.walk()}
        assert kinds["image/jpeg"].get_content() == house.album.path(photo).read_bytes()
        assert kinds["image/jpeg"]["Content-ID"] == "<photo@pucci>"
        assert "cid:photo@pucci" in kinds["text/html"].get_content()
    finally:
        house.close()


def test_the_command_says_how_it_went(tmp_path: Path, certificate: tuple[Path, Path]):
    with mail_server(tmp_path, "starttls", certificate) as mail:
        password = tmp_path / "password"
        password.write_text("right\n")
        environ = {
            "PUCCI_NOTIFY_EMAIL_TO": "gwen@example.org",
            "PUCCI_NOTIFY_SMTP_HOST": "localhost",
            "PUCCI_NOTIFY_SMTP_PORT": str(mail.port),
            "PUCCI_NOTIFY_SMTP_USERNAME": "alice",
            "PUCCI_NOTIFY_SMTP_PASSWORD_FILE": str(password),
            "PUCCI_NOTIFY_SMTP_CA_FILE": str(certificate[0]),
            "PATH": "/usr/bin:/bin",
        }
        command = [sys.executable, "-m", "pucci", "--data-dir", str(tmp_path / "data"), "notify", "--test"]

        def run() -> subprocess.CompletedProcess[str]:
            return subprocess.run(
                command, env=environ, capture_output=True, text=True, timeout=LIMIT_S, check=False
            )

        done = run()
        assert (done.returncode, done.stdout) == (0, "e-mail: sent.\n"), done.stderr
        assert len(mail.taken()) == 1
        password.write_text("wrong-one\n")
        done = run()
        assert done.returncode == 11
        assert "e-mail: localhost does not know this name and password." in done.stderr
        assert "wrong-one" not in done.stdout + done.stderr
