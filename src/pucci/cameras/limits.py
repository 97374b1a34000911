"""Do something within a time limit, even where the kernel itself does not come back."""

import queue
import threading
from collections.abc import Callable
from typing import TypeVar

from pucci.errors import PucciError

T = TypeVar("T")


class Line:
    """What may hang, such as a camera: it remembers what was begun on it last."""

    thread: threading.Thread | None = None


def within(
    seconds: float,
    work: Callable[[], T],
    *,
    late: Callable[[T], None] = lambda _: None,
    line: Line | None = None,
) -> T:
    """Return what `work` returns, or raise what it raises.

    A camera that hangs on its control line holds the kernel's calls for five seconds each, and no
    signal ends them. So the work is done in a thread of its own; when it comes back too late,
    `late` gets its result to put it away. While what was begun before on the same `line` has not come
    back, nothing new is begun: a camera that hangs for months leaves one thread behind, not one for each try.

    Raises:
        TimeoutError: `work` did not come back within so many seconds.
    """
    line = line or Line()
    _wait_for(line.thread, seconds)
    results: queue.SimpleQueue[Callable[[], T]] = queue.SimpleQueue()
    lock, expired = threading.Lock(), threading.Event()

    def run() -> None:
        try:
            value = work()
        except (OSError, ValueError, PucciError) as error:
            results.put(lambda error=error: _raise(error))
            return
        with lock:
            if not expired.is_set():
                results.put(lambda: value)
                return
        late(value)

    line.thread = threading.Thread(target=run, name="pucci-within", daemon=True)
    line.thread.start()
    try:
        return results.get(timeout=seconds)()
    except queue.Empty:
        with lock:
            expired.set()
        if not results.empty():
            return results.get()()
        raise TimeoutError(f"not done within {seconds:g} s") from None


def _wait_for(before: threading.Thread | None, seconds: float) -> None:
    if before is not None:
        before.join(seconds)
        if before.is_alive():
            raise TimeoutError(f"what was begun before is not done within {seconds:g} s")


def _raise(error: Exception) -> T:  # type: ignore[type-var]
    raise error
