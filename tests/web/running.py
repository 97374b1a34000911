"""The real server on loopback, in a thread of the test or in a process of its own."""

import asyncio
import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from pucci.settings import ServerSettings
from pucci.web.server import Server, listen, make
from pucci.web.wire import App
from tests.people import Person
from tests.web.house import csrf_of

# Nothing here may wait longer; a stopped server has five seconds.
LIMIT_S = 10.0


@dataclass
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()


@dataclass
class Browser:
    """A client that keeps its cookie, and one connection for each request."""

    port: int
    cookie: str = ""
    answers: list[Answer] = field(default_factory=list)

    def ask(self, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=LIMIT_S)
        sent = {"Cookie": self.cookie} if self.cookie else {}
        connection.request(method, path, body or None, sent | (headers or {}))
        response = connection.getresponse()
        answer = Answer(
            response.status, {name.lower(): value for name, value in response.getheaders()}, response.read()
        )
        connection.close()
        if "set-cookie" in answer.headers:
            self.cookie = answer.headers["set-cookie"].split(";")[0]
        self.answers.append(answer)
        return answer

    def get(self, path: str, **headers: str) -> Answer:
        return self.ask("GET", path, headers=headers)

    def post(self, path: str, **form: str) -> Answer:
        from urllib.parse import urlencode

        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        return self.ask("POST", path, urlencode(form).encode(), kind)

    def sign_in(self, person: Person) -> Answer:
        token = csrf_of(self.get("/login").text)
        return self.post("/login", csrf_token=token, email=person.email, password=person.password)


@dataclass
class Running:
    """A server in a thread."""

    server: Server
    port: int

    def browser(self) -> Browser:
        return Browser(self.port)

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=LIMIT_S)


@contextmanager
def serving(make_app: Callable[[asyncio.Event], App], settings: ServerSettings) -> Iterator[Running]:
    """Run a server on a free port for a `with` block."""
    stopping, started = asyncio.Event(), threading.Event()
    with listen(settings) as sock:
        server = make(make_app(stopping), settings, stopping=stopping, ready=started.set)
        thread = threading.Thread(target=lambda: asyncio.run(server.serve(sockets=[sock])))
        thread.start()
        try:
            assert started.wait(LIMIT_S)
            yield Running(server, sock.getsockname()[1])
        finally:
            server.should_exit = True
            thread.join(LIMIT_S)
            assert not thread.is_alive()


class Process:
    """`pucci serve`, or any Python that prints its address, as a child."""

    def __init__(self, *arguments: str, environ: dict[str, str] | None = None) -> None:
        self.lines: list[str] = []
        env = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "PYTHONUNBUFFERED": "1"}
        self.child = subprocess.Popen(
            [sys.executable, *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=env | (environ or {}),
        )
        self._known = threading.Event()
        self.port = 0
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        assert self._known.wait(LIMIT_S * 2), "\n".join(self.lines)
        assert self.port, "\n".join(self.lines)

    def _read(self) -> None:
        assert self.child.stdout is not None
        for line in self.child.stdout:
            self.lines.append(line.rstrip())
            found = re.search(r"http://[\w.]+:(\d+)$", line.rstrip())
            if found and not self.port:
                self.port = int(found[1])
                self._known.set()
        self._known.set()

    def browser(self) -> Browser:
        return Browser(self.port)

    def stop(self, sig: int = signal.SIGTERM) -> int:
        """Send a signal, and return the exit code."""
        self.child.send_signal(sig)
        return self.wait()

    def wait(self) -> int:
        try:
            return self.child.wait(LIMIT_S)
        finally:
            self.close()

    def close(self) -> None:
        """End it whatever it does."""
        self.child.kill()
        self.child.wait(LIMIT_S)
        self._reader.join(LIMIT_S)
        if self.child.stdout is not None:
            self.child.stdout.close()


@contextmanager
def pucci_serve(folder: Path, **environ: str) -> Iterator[Process]:
    """Run `pucci serve` on a free port, with a data folder."""
    process = Process("-m", "pucci", "--data-dir", str(folder), "serve", "--port", "0", environ=environ)
    try:
        yield process
    finally:
        process.close()
