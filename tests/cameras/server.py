"""A network camera's web server, on loopback."""

import base64
import hashlib
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

REALM, NONCE = "camera", "0123456789abcdef"
# Says whether a request's Authorization header is right; its `challenge` asks for one.
Allowed = Callable[[str, str], bool]


def basic(username: str, password: str) -> Allowed:
    """Basic sign-in."""
    wanted = "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode()

    def allowed(header: str, _path: str) -> bool:
        return header == wanted

    allowed.challenge = f'Basic realm="{REALM}"'  # type: ignore[attr-defined]
    return allowed


def digest(username: str, password: str) -> Allowed:
    """Digest sign-in (RFC 2617, MD5 with qop=auth), which most cameras have."""

    def md5(text: str) -> str:
        return hashlib.md5(text.encode()).hexdigest()

    def allowed(header: str, path: str) -> bool:
        given = {
            key: quoted or bare for key, quoted, bare in re.findall(r'(\w+)=(?:"([^"]*)"|([^,\s]*))', header)
        }
        if not header.startswith("Digest ") or given.get("nonce") != NONCE or given.get("uri") != path:
            return False
        person, wish = md5(f"{username}:{REALM}:{password}"), md5(f"GET:{path}")
        proof = md5(f"{person}:{NONCE}:{given['nc']}:{given['cnonce']}:auth:{wish}")
        return given["response"] == proof

    allowed.challenge = f'Digest realm="{REALM}", nonce="{NONCE}", qop="auth", algorithm=MD5'  # type: ignore[attr-defined]
    return allowed


@dataclass(frozen=True, kw_only=True)
class Manners:
    """How the server answers.

    `moved` redirects paths; `delay_s` is waited before an answer, `drip_s` between its bytes; `seen`
    collects each request's path and Authorization header.
    """

    files: Mapping[str, bytes]
    allowed: Allowed | None = None
    moved: Mapping[str, str] = field(default_factory=dict)
    kind: str = "image/jpeg"
    delay_s: float = 0.0
    drip_s: float = 0.0
    seen: list[tuple[str, str]] = field(default_factory=list)
    done: threading.Event = field(default_factory=threading.Event)

    def answer(self, path: str, header: str) -> tuple[int, dict[str, str], bytes]:
        """Return status, headers and body."""
        self.seen.append((path, header))
        self.done.wait(self.delay_s)
        if self.allowed is not None and not self.allowed(header, path):
            return 401, {"WWW-Authenticate": self.allowed.challenge}, b""  # type: ignore[attr-defined]
        if path in self.moved:
            return 302, {"Location": self.moved[path]}, b""
        if path in self.files:
            return 200, {"Content-Type": self.kind}, self.files[path]
        return 404, {}, b""


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        manners: Manners = self.server.manners  # type: ignore[attr-defined]
        status, headers, body = manners.answer(self.path, self.headers.get("Authorization", ""))
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        step = 1 if manners.drip_s else max(1, len(body))
        for at in range(0, len(body), step):
            self.wfile.write(body[at : at + step])
            if manners.drip_s and manners.done.wait(manners.drip_s):
                return

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    manners: Manners

    def handle_error(self, request: object, client_address: object) -> None:
        pass  # the camera hung up, which is what some tests are about


@contextmanager
def serve(files: Mapping[str, bytes], **manners: Any) -> Iterator[str]:
    """Serve files by their paths, with the `Manners` given, and yield the address."""
    server = _Server(("127.0.0.1", 0), _Handler)
    server.manners = Manners(files=files, **manners)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.manners.done.set()
        server.shutdown()
        thread.join()
        server.server_close()
