"""`pucci user`, as a person types it."""

import json
import os
import pty
import select
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests.accounts.test_importing import HASH, write_first_version

LIMIT_S = 30


@pytest.fixture
def home(tmp_path: Path) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "PUCCI_CAMERAS_SOFA_DRIVER": "synthetic",
        "PUCCI_ACCOUNTS_BCRYPT_COST": "10",
    }


@pytest.fixture
def user(home: dict[str, str]) -> Callable[..., str]:
    """Run `pucci user` in an empty home of its own, and return what it said."""

    def run(*words: str, code: int = 0, given: str | bytes = "") -> str:
        done = subprocess.run(
            [sys.executable, "-m", "pucci", "user", *words],
            env=home,
            input=given if isinstance(given, bytes) else given.encode(),
            capture_output=True,
            timeout=LIMIT_S,
            check=False,
        )
        said = (done.stdout + done.stderr).decode()
        assert done.returncode == code, said
        assert "Traceback" not in said
        return said

    return run


def add_gwen(user: Callable[..., str]) -> str:
    return user(
        "add", "Gwen", "--email", "Gwen@Example.org", "--role", "owner", "--password-stdin",
        given="sleeps until ten\n",
    )  # fmt: skip


def test_somebody_added_is_listed(user: Callable[..., str]):
    assert user("list").startswith("Nobody has an account yet.")
    assert add_gwen(user) == "Gwen can sign in now with gwen@example.org, as owner.\n"
    user("add", "Luke", "--email", "luke@example.org", "--password-stdin", given="only she may throw\r\n")
    user("disable", "luke@example.org")

    header, gwen, luke = user("list").splitlines()
    assert header.split() == ["Name", "E-mail", "Role", "Since"]
    assert gwen.split()[:3] == ["Gwen", "gwen@example.org", "owner"]
    assert luke.split()[:3] == ["Luke", "luke@example.org", "family"]
    assert luke.endswith("disabled")

    people = json.loads(user("list", "--json"))
    assert [(one["username"], one["role"], one["disabled"]) for one in people] == [
        ("Gwen", "owner", False),
        ("Luke", "family", True),
    ]
    assert "password" not in people[0]


def test_the_last_owner_cannot_be_sent_away(user: Callable[..., str]):
    add_gwen(user)
    for words in (["disable", "Gwen"], ["remove", "gwen@example.org", "--yes"]):
        assert user(*words, code=7) == "Gwen is the last owner. Make somebody else an owner first.\n"


def test_roles_change_hands(user: Callable[..., str]):
    add_gwen(user)
    user("add", "Luke", "--email", "luke@example.org", "--password-stdin", given="only she may throw")
    assert user("role", "luke", "owner") == "Luke is owner now.\n"
    assert "There is no terminal to ask on. Add --yes" in user("remove", "Gwen", code=7)
    assert user("remove", "Gwen", "--yes") == "Gwen is removed.\n"
    assert user("disable", "Luke", code=7).startswith("Luke is the last owner.")


def test_a_name_nobody_has_is_a_sentence(user: Callable[..., str]):
    for words in (["disable", "Rex"], ["password", "rex@example.org"]):
        assert user(*words, code=7).startswith(f"There is nobody called {words[1]}.")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("\n", "The password is empty."),
        ("two lines\nof a poem\n", "Standard input has more than one line."),
        (b"caf\xe9 in Latin-1\n", "The password on standard input is not UTF-8 text."),
    ],
)
def test_a_password_that_will_not_do_is_a_sentence_and_nobody_is_added(
    user: Callable[..., str], given: str | bytes, said: str
):
    assert said in user("add", "Gwen", "--email", "g@example.org", "--password-stdin", code=7, given=given)
    assert user("list").startswith("Nobody has an account yet.")


def test_without_a_terminal_and_the_flag_it_says_what_to_do(user: Callable[..., str]):
    said = user("add", "Gwen", "--email", "g@example.org", code=7, given="sleeps until ten\n")
    assert said == (
        "There is no terminal to ask on. Give the password on standard input, with --password-stdin.\n"
    )


def test_a_password_is_never_taken_from_the_command_line(user: Callable[..., str]):
    assert "No such option" in user("add", "Gwen", "--email", "g@x", "--password", "secret", code=2)


def test_the_first_versions_database_is_taken_in_line_by_line(user: Callable[..., str], tmp_path: Path):
    path = write_first_version(
        tmp_path / "test.db",
        ("Gwen", "gwen@example.org", HASH),
        ("Luke", "luke@example.org", f"b'{HASH}'"),
        ("Rex", "rex@example.org", "woof"),
    )
    assert user("import", str(path)).splitlines() == [
        "Gwen (gwen@example.org): the owner now, as there was none.",
        "Luke (luke@example.org): family now.",
        "Rex (rex@example.org): skipped. The password is not a bcrypt hash that can be checked.",
        "2 of 3 people added, 1 skipped.",
    ]
    assert user("import", str(tmp_path / "no.db"), code=7).startswith("There is no file")


# -- on a terminal -------------------------------------------------------------------------------


def on_a_terminal(home: dict[str, str], *words: str, answers: list[tuple[str, str]]) -> tuple[int, str]:
    """Run `pucci user` on a terminal of its own; give each answer once its question stands there."""
    command = [sys.executable, "-m", "pucci", "user", *words]
    ours, theirs = pty.openpty()
    try:
        with subprocess.Popen(
            command, env=home, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True
        ) as process:
            try:
                said = ""
                for question, answer in answers:
                    said = _read_until(ours, said, question)
                    os.write(ours, answer.encode() + b"\n")
                code = process.wait(LIMIT_S)
                while select.select([ours], [], [], 0.2)[0]:
                    said += os.read(ours, 4096).decode()
                return code, said
            finally:
                process.kill()
    finally:
        os.close(ours)
        os.close(theirs)


def _read_until(terminal: int, said: str, question: str) -> str:
    deadline = time.monotonic() + LIMIT_S
    seen = len(said)
    while question not in said[seen:]:
        assert select.select([terminal], [], [], max(0, deadline - time.monotonic()))[0], said
        said += os.read(terminal, 4096).decode()
    return said


def test_on_a_terminal_a_password_is_asked_for_twice_and_not_shown(
    home: dict[str, str], user: Callable[..., str]
):
    add_gwen(user)
    code, said = on_a_terminal(
        home, "password", "Gwen",
        answers=[("Password: ", "never shown to you"), ("confirmation: ", "never shown to you")],
    )  # fmt: skip
    assert code == 0
    assert "Gwen has a new password, and is signed out everywhere." in said
    assert "never shown" not in said


def test_on_a_terminal_removing_somebody_is_asked_about(home: dict[str, str], user: Callable[..., str]):
    add_gwen(user)
    user("add", "Luke", "--email", "luke@example.org", "--password-stdin", given="only she may throw")
    code, _ = on_a_terminal(
        home, "remove", "Luke", answers=[("Remove Luke (luke@example.org) for good?", "n")]
    )
    assert code == 1
    code, said = on_a_terminal(home, "remove", "Luke", answers=[("for good?", "y")])
    assert (code, "Luke is removed." in said) == (0, True)


def test_what_commands_change_stands_in_the_journal(
    user: Callable[..., str], home: dict[str, str], tmp_path: Path
):
    add_gwen(user)
    user("password", "Gwen", "--password-stdin", given="sleeps until noon\n")
    user("add", "Luke", "--email", "luke@example.org", "--password-stdin", given="walks at six\n")
    for words in (
        ("role", "Luke", "owner"),
        ("disable", "Luke"),
        ("enable", "Luke"),
        ("remove", "Luke", "--yes"),
    ):
        user(*words)
    (database,) = tmp_path.rglob("pucci.db")
    with closing(sqlite3.connect(database)) as connection:
        lines = connection.execute("SELECT who, what, whom FROM journal ORDER BY id").fetchall()
    assert {who for who, _, _ in lines} == {"The owner"}
    assert [f"{what}: {whom}" for _, what, whom in lines] == [
        "added somebody: Gwen, as owner, by a command",
        "changed a password: Gwen, by a command",
        "added somebody: Luke, as family, by a command",
        "changed a role: Luke is owner now, by a command",
        "kept somebody out: Luke, by a command",
        "let somebody in again: Luke, by a command",
        "removed somebody: Luke, by a command",
    ]
