"""The people of every test: Alice owns the dog, Bob is family, Charlie is a stranger."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Person:
    """Somebody, before Pucci knows them. `role` is what they get; None is a stranger."""

    username: str
    email: str
    password: str
    role: str | None


ALICE = Person("Alice", "alice@example.org", "alice likes the sofa", "owner")
BOB = Person("Bob", "bob@example.org", "bob throws the ball", "family")
CHARLIE = Person("Charlie", "charlie@example.org", "charlie walks past", None)
