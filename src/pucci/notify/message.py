"""A message, and what a way to send one can do."""

import contextlib
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

# The name by which the HTML of a message shows its picture.
PICTURE: Final = "photo@pucci"
_AGAIN_S: Final = 0.5


@dataclass(frozen=True, slots=True)
class Message:
    """What is told. `kind` is "start", "end", "postcard" or "test"; `picture` a JPEG, b"" for none.

    `id` stays the same when a message is sent once more, so that whoever gets it twice can tell.
    """

    kind: str
    subject: str
    text: str
    at: datetime
    html: str = ""
    picture: bytes = b""
    id: str = ""


class Way(Protocol):
    """A way to tell somebody."""

    @property
    def name(self) -> str:
        """Its name in the outbox."""
        ...

    def send(self, message: Message) -> None:
        """Send it.

        Raises:
            NotifyError: it was not taken; the sentence names no secret.
        """
        ...


@contextlib.contextmanager
def within(limit_s: float, cut: Callable[[], object]) -> Iterator[None]:
    """Call `cut` if a `with` block takes longer: a server that sends a byte now and then never times out.

    It is called again and again until the block has ended: the first time there may be no socket yet.
    """
    ended = threading.Event()

    def watch() -> None:
        wait_s = limit_s
        while not ended.wait(wait_s):
            cut()
            wait_s = _AGAIN_S

    threading.Thread(target=watch, name="within", daemon=True).start()
    try:
        yield
    finally:
        ended.set()
