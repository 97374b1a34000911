"""Frames from a program that writes one JPEG after another to its output (ffmpeg, rpicam-vid)."""

import os
import selectors
from collections.abc import Callable, Sequence

from pucci.cameras import program
from pucci.cameras.markers import START, end_of_jpeg
from pucci.clock import Clock
from pucci.errors import CameraError, CameraFailed, CameraSilent
from pucci.photo import Frame

# When nobody read for this long, what the program and the network still hold is the past.
STALE_S = 2.0
_PART = 1 << 16


class PipeStream:
    """Reads a program's output, and starts the program anew when it ends or falls silent."""

    def __init__(
        self,
        name: str,
        words: Sequence[str],
        *,
        clock: Clock,
        remedy: str,
        explain: Callable[[str], CameraError],
        proves: bool,
    ) -> None:
        self._name, self._words, self._clock = name, words, clock
        self._remedy, self._explain, self._proves = remedy, explain, proves
        self._process: program.Process | None = None
        self._closed = self._gave = False
        self._kept: Frame | None = None
        self._last_at = clock.monotonic()
        self._start()

    def warm_up(self, *, delay_s: float, skip: int, timeout_s: float) -> None:
        """Let the delay pass, throw away the first frames, and keep the one after them for the first read."""
        settled = self._clock.monotonic() + delay_s
        until = settled + timeout_s
        while (left := settled - self._clock.monotonic()) > 0:
            self._listen(left)
            self._newest()
        for _ in range(skip):
            self._next(until - self._clock.monotonic())
        self._kept = self._next(until - self._clock.monotonic())

    def read(self, timeout_s: float) -> Frame:
        """Return the newest frame that came.

        A program that gave frames and then ends or falls silent is started anew, once within the time.
        """
        if self._closed:
            raise CameraFailed(f"The camera {self._name} is closed.")
        kept, self._kept = self._kept, None
        if self._clock.monotonic() - self._last_at > STALE_S:
            kept = None
            self._restart()
        return kept or self._next(timeout_s)

    def close(self) -> None:
        """Ask the program to end, and kill it half a second later."""
        self._closed = True
        self._kept = None
        self._stop()

    def _next(self, timeout_s: float) -> Frame:
        now = self._clock.monotonic()
        data = self._until(now + (timeout_s / 2 if self._gave else timeout_s))
        if not data and self._gave:
            self._restart()
            data = self._until(now + timeout_s)
        if not data:
            raise self._failure()
        self._gave = True
        self._last_at = self._clock.monotonic()
        return Frame(data, self._clock.now(), proves=self._proves)

    def _failure(self) -> CameraError:
        if not self._selector.get_map():  # it has ended
            return self._explain(program.plain(self._told))
        return CameraSilent(
            f"The camera {self._name} sends nothing. See that it is switched on and its device setting right."
        )

    def _until(self, until: float) -> bytes:
        """Return the newest frame, waiting for one; nothing when the time is up or the program has ended."""
        newest = self._newest()
        while not newest and self._selector.get_map() and (left := until - self._clock.monotonic()) > 0:
            if not self._listen(left):
                break
            newest = self._newest()
        return newest

    def _listen(self, seconds: float) -> bool:
        """Take what the program wrote; return whether it wrote or ended within so many seconds."""
        ready = self._selector.select(seconds)
        for key, _ in ready:
            part = os.read(key.fd, _PART)
            if not part:
                self._selector.unregister(key.fileobj)
            key.data.extend(part)
        del self._told[: -program.MOST_TOLD]
        return bool(ready)

    def _newest(self) -> bytes:
        """Return the newest whole run from a start to an end marker, having taken all that was written."""
        while self._listen(0) and self._selector.get_map() and len(self._heard) <= program.MOST_BYTES:
            pass
        newest = b""
        while (start := self._heard.find(START)) >= 0:
            # Most of what comes is the middle of a frame, in which there is nothing to be found.
            if self._heard.find(b"\xff\xd9", max(start, self._searched - 1)) < 0:
                self._searched = len(self._heard)
                break
            end = end_of_jpeg(self._heard, start)
            if end < 0:
                self._searched = len(self._heard)
                break
            newest = bytes(self._heard[start:end])
            del self._heard[:end]
            self._searched = 0
        if len(self._heard) > program.MOST_BYTES:
            self._heard.clear()
            self._searched = 0
        return newest

    def _start(self) -> None:
        self._heard, self._told, self._searched = bytearray(), bytearray(), 0
        process = program.start(self._words, remedy=self._remedy)
        self._process = process
        self._selector = selectors.DefaultSelector()
        for pipe, into in ((process.stdout, self._heard), (process.stderr, self._told)):
            if pipe is not None:
                self._selector.register(pipe, selectors.EVENT_READ, into)

    def _stop(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        self._selector.close()
        program.end(process, grace_s=0.5, ask=True)
        process.close_pipes()

    def _restart(self) -> None:
        self._stop()
        self._start()
        self._last_at = self._clock.monotonic()
