"""What the media app remembers between two requests, and how soon it forgets."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, event

from pucci.accounts import Role
from pucci.photo import Photo
from pucci.services import Services
from pucci.web.memory import Memory, read_at_once
from tests.fakes import SUNDAY
from tests.people import ALICE, BOB
from tests.web.house import add_photo
from tests.web.running import Browser, Running
from tests.web.test_media import bob, running  # noqa: F401 - fixtures


@pytest.fixture
def photo(services: Services) -> Photo:
    return add_photo(services, SUNDAY - timedelta(minutes=5))


def path(photo: Photo) -> str:
    return f"/media/photo/{photo.id}.jpg"


@contextmanager
def queries() -> Iterator[list[str]]:
    """Collect the statements any engine executes."""
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        seen.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(Engine, "before_cursor_execute", note)


def test_a_photo_asked_for_again_is_the_same_and_costs_no_query(
    services: Services,
    photo: Photo,
    bob: Browser,  # noqa: F811
):
    first = bob.get(path(photo))
    with queries() as seen:
        again = bob.get(path(photo))
    assert (again.status, again.body) == (first.status, first.body) == (200, first.body)
    assert {**again.headers, "date": ""} == {**first.headers, "date": ""}
    assert len(seen) == 0 or not services.db.is_sqlite


def test_a_session_that_is_ended_opens_nothing_from_then_on(
    services: Services,
    photo: Photo,
    bob: Browser,  # noqa: F811
):
    assert [bob.get(path(photo)).status for _ in range(3)] == [200] * 3
    person = services.accounts.users.find(BOB.email)
    assert person is not None
    services.accounts.sessions.end_all(person)
    assert bob.get(path(photo)).status == 403


def test_somebody_who_is_family_no_more_sees_nothing_from_then_on(
    services: Services,
    photo: Photo,
    bob: Browser,  # noqa: F811
):
    assert [bob.get(path(photo)).status for _ in range(3)] == [200] * 3
    person = services.accounts.users.find(BOB.email)
    assert person is not None
    services.accounts.users.set_role(person, Role.GUEST)
    assert bob.get(path(photo)).status == 403


def test_a_photo_that_is_deleted_is_gone_from_then_on(
    services: Services,
    photo: Photo,
    bob: Browser,  # noqa: F811
):
    newest = add_photo(services, SUNDAY, 1)
    assert [bob.get(path(photo)).status for _ in range(3)] == [200] * 3
    services.album.delete([photo])
    assert bob.get(path(photo)).status == 404
    assert bob.get(path(newest)).status == 200


def test_what_one_has_seen_is_not_shown_to_a_stranger(
    photo: Photo,
    bob: Browser,  # noqa: F811
    running: Running,  # noqa: F811
):
    assert [bob.get(path(photo)).status for _ in range(2)] == [200] * 2
    assert running.browser().get(path(photo)).status == 403
    alice = running.browser()
    alice.sign_in(ALICE)
    assert alice.get(path(photo)).status == 200


def test_answers_are_forgotten_with_any_commit_and_after_five_seconds():
    state = {"version": 1, "now": 0.0}
    memory = Memory(lambda: state["version"], lambda: state["now"])
    memory.put(memory.now(), "who", "Bob")
    memory.now()
    assert memory.get("who") == "Bob"
    old = memory.now()
    state["version"] = 2
    memory.now()
    assert memory.get("who") is None
    memory.put(old, "who", "Bob")  # read before the commit
    assert memory.get("who") is None
    memory.put(memory.now(), "who", "Bob")
    state["now"] = 5.0
    memory.now()
    assert memory.get("who") is None


def test_without_a_version_nothing_is_remembered():
    memory = Memory(lambda: None, lambda: 0.0)
    memory.put(memory.now(), "who", "Bob")
    assert memory.get("who") is None


def test_memory_is_bounded():
    memory = Memory(lambda: 1, lambda: 0.0)
    version = memory.now()
    for number in range(4000):
        memory.put(version, number, number)
    assert sum(memory.get(number) is not None for number in range(4000)) <= 1024


@pytest.mark.parametrize("size", [0, 1, 30_000])
def test_a_file_just_written_is_read_at_once(tmp_path: Path, size: int):
    file = tmp_path / "photo.jpg"
    file.write_bytes(data := os.urandom(size))
    assert read_at_once(file) in (data, None)  # None where the file system cannot say what it has in memory


def test_a_file_that_is_gone_or_large_is_left_to_the_threads(tmp_path: Path):
    assert read_at_once(tmp_path / "photo.jpg") is None
    (tmp_path / "large.jpg").write_bytes(bytes(1_000_001))
    assert read_at_once(tmp_path / "large.jpg") is None
