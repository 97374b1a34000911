"""A PostgreSQL server of the tests' own, on a socket in a folder: no port, no password, nothing kept."""

import getpass
import itertools
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa

# The databases a test runs on: the parameters of the fixture `new_url`.
BOTH = ["sqlite", pytest.param("postgresql", marks=pytest.mark.servers)]

LIMIT_S = 60


class Server:
    """A running server. `database()` makes an empty database and returns its URL."""

    def __init__(self, folder: Path, user: str) -> None:
        self._url = f"postgresql+psycopg://{user}@/{{name}}?host={folder}"
        self._numbers = itertools.count(1)
        self._engine = sa.create_engine(self._url.format(name="postgres"), isolation_level="AUTOCOMMIT")

    def database(self) -> str:
        """Make an empty database; return its URL."""
        name = f"pucci{next(self._numbers)}"
        with self._engine.connect() as connection:
            connection.exec_driver_sql(f"CREATE DATABASE {name} TEMPLATE template0 STRATEGY file_copy")
        return self._url.format(name=name)

    def close(self) -> None:
        """Let go of it."""
        self._engine.dispose()


@contextmanager
def postgresql() -> Iterator[Server]:
    """Run a server for a `with` block. It will not run as root, so root becomes `postgres`."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    if not found:
        raise FileNotFoundError("PostgreSQL is not installed: sudo apt install postgresql")
    programs = found[-1]
    root = os.geteuid() == 0
    user = "postgres" if root else getpass.getuser()
    folder = Path(tempfile.mkdtemp(prefix="pucci-pg-"))  # short: a socket's path has 107 bytes
    if root:
        shutil.chown(folder, user)

    def run(program: str, *arguments: str) -> None:
        become = ["runuser", "-u", user, "--"] if root else []
        command = [*become, str(programs / program), *arguments]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, timeout=LIMIT_S, cwd="/")

    data = str(folder / "data")
    try:
        run("initdb", "-D", data, "-A", "trust", "-U", user, "-E", "UTF8", "--locale=C", "--no-sync")
        options = f"-k {folder} -c listen_addresses='' -c fsync=off -c timezone=Asia/Kolkata"
        run("pg_ctl", "-D", data, "-w", "-l", str(folder / "log"), "-o", options, "start")
        server = Server(folder, user)
        try:
            yield server
        finally:
            server.close()
            run("pg_ctl", "-D", data, "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder)
