"""ddclient with the rendered file, against stand-ins for the providers, in a network of its own."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers.room import Room

pytestmark = pytest.mark.servers

SETTINGS = """
data_dir = "/var/lib/pucci"
[server]
address = "https://cam.pucci.example"
[ddclient]
provider = "{provider}"
{more}
password = "s3cret-0815"
server = "127.0.0.1:18201"
ask = "https://127.0.0.1:18201/ip"
ca_file = "/etc/pucci/ca.pem"
"""
# Says the home's address, takes updates, both by TLS, and writes down what was asked.
STAND_IN = """
import http.server, pathlib, ssl
class Answer(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.0"
    def do_GET(self):
        body = pathlib.Path("/etc/pucci/ip").read_text()
        if self.path != "/ip":
            with open("/etc/pucci/asked", "a") as file:
                file.write(f"{self.path} {self.headers.get('Authorization', '')}\\n")
            body = pathlib.Path("/etc/pucci/reply").read_text()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())
secure = http.server.ThreadingHTTPServer(("127.0.0.1", 18201), Answer)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain("/etc/pucci/leaf.pem", "/etc/pucci/leaf.key")
secure.socket = context.wrap_socket(secure.socket, server_side=True)
print("ready", flush=True)
secure.serve_forever()
"""


def certify(folder: Path) -> None:
    """Make a root and a certificate for loopback."""
    words = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2"
    ca = f"{words} -keyout ca.key -out ca.pem -subj /CN=root -addext basicConstraints=critical,CA:TRUE"
    leaf = (
        f"{words} -CA ca.pem -CAkey ca.key -keyout leaf.key -out leaf.pem -subj /CN=localhost "
        "-addext subjectAltName=DNS:localhost,IP:127.0.0.1 -addext basicConstraints=critical,CA:FALSE"
    )
    for command in (ca, leaf):
        subprocess.run(command.split(), cwd=folder, check=True, capture_output=True)


@pytest.fixture
def provider(room: Room, tmp_path: Path) -> Iterator[Room]:
    certify(tmp_path)
    for name in ("ca.pem", "leaf.pem", "leaf.key"):
        room.write(f"/etc/pucci/{name}", (tmp_path / name).read_text())
    room.write("/etc/pucci/ip", "198.51.100.7")
    room.write("/etc/pucci/asked", "")
    child = room.start("python3", "-c", STAND_IN)
    assert child.stdout is not None
    assert child.stdout.readline() == "ready\n"
    yield room
    child.kill()
    child.wait(5)
    child.stdout.close()


def deploy(room: Room, provider: str, more: str, reply: str) -> None:
    room.write("/etc/pucci/pucci.toml", SETTINGS.format(provider=provider, more=more))
    room.write("/etc/pucci/reply", reply)
    room.pucci("deploy", "ddclient", "--apply")
    assert room.run("stat", "-c", "%a", "/etc/pucci/ddclient.conf") == "600\n"


def ddclient(room: Room) -> str:
    """Run it once, as the rendered service does."""
    words = (
        "ddclient -daemon=0 -noquiet -file /etc/pucci/ddclient.conf -cache /etc/pucci/cache -pid /run/dd.pid"
    )
    return room.run(*words.split(), code=None)


def test_namecheap_is_told_once_and_again_only_when_the_address_changes(provider: Room):
    reply = "<interface-response><ErrCount>0</ErrCount></interface-response>"
    deploy(provider, "namecheap", 'domain = "pucci.example"', reply)
    request = "/update?host=cam&domain=pucci.example&password=s3cret-0815&ip="
    said = ddclient(provider)
    assert provider.read("/etc/pucci/asked").split() == [f"{request}198.51.100.7"], said
    assert "s3cret" not in said
    ddclient(provider)
    assert len(provider.read("/etc/pucci/asked").splitlines()) == 1

    provider.write("/etc/pucci/ip", "198.51.100.8")
    # Six minutes later: within five it does not ask again.
    provider.run(
        "perl",
        "-pi",
        "-e",
        "s/mtime=(\\d+)/'mtime='.($1-400)/e; s/wtime=(\\d+)/'wtime='.($1-400)/e",
        "/etc/pucci/cache",
    )
    said = ddclient(provider)
    assert provider.read("/etc/pucci/asked").split()[1:] == [f"{request}198.51.100.8"], said


@pytest.mark.parametrize(
    ("name", "more", "reply", "asked"),
    [
        (
            "duckdns",
            'host = "pucci.duckdns.org"',
            "OK",
            "/update?domains=pucci&token=s3cret-0815&ip=198.51.100.7",
        ),
        ("dyndns2", 'login = "gwen"', "good 198.51.100.7", "hostname=cam.pucci.example&myip=198.51.100.7"),
    ],
)
def test_others_are_told_as_they_want_it(provider: Room, name: str, more: str, reply: str, asked: str):
    deploy(provider, name, more, reply)
    said = ddclient(provider)
    assert asked in provider.read("/etc/pucci/asked"), said
    ddclient(provider)
    assert len(provider.read("/etc/pucci/asked").splitlines()) == 1
