"""Parts of a file, as players ask for them (RFC 9110, section 14): Safari shows no film without."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterable
from concurrent.futures import Executor
from pathlib import Path
from typing import BinaryIO, Final

from pucci.web.line import has_gone
from pucci.web.wire import Send

_RANGE: Final = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")
_CHUNK: Final = 256 * 1024


def part(asked: str, size: int) -> tuple[int, int] | None:
    """Return first and last byte of the one range that is asked for; None is all of it.

    What is no range, or several, is answered with all of it, as the standard allows.

    Raises:
        ValueError: the range lies behind the file's end.
    """
    found = _RANGE.fullmatch(asked.strip())
    if found is None or not (found[1] or found[2]):
        return None
    if not found[1]:  # the last so many bytes
        count = min(int(found[2]), size)
        if not count:
            raise ValueError("an empty range")
        return size - count, size - 1
    first, last = int(found[1]), min(int(found[2] or size), size - 1)
    if found[2] and int(found[2]) < first:
        return None
    if first >= size:
        raise ValueError("a range behind the end")
    return first, last


async def send_file(
    send: Send,
    path: Path,
    headers: Iterable[tuple[bytes, bytes]],
    asked: str,
    *,
    threads: Executor,
    allowed: Callable[[], Awaitable[bool]],
    head: bool = False,
) -> None:
    """Send a file, or the part that is asked for, in pieces, while it is `allowed` and somebody is there.

    Raises:
        FileNotFoundError: it is not there. Nothing was sent.
    """
    run = asyncio.get_running_loop().run_in_executor
    file: BinaryIO = await run(threads, path.open, "rb")  # type: ignore[assignment]
    try:
        size = await run(threads, file.seek, 0, 2)
        lines = [*headers, (b"accept-ranges", b"bytes")]
        try:
            chosen = part(asked, size)
        except ValueError:
            lines.append((b"content-range", f"bytes */{size}".encode()))
            await send({"type": "http.response.start", "status": 416, "headers": lines})
            await send({"type": "http.response.body"})
            return
        first, last = chosen or (0, size - 1)
        if chosen:
            lines.append((b"content-range", f"bytes {first}-{last}/{size}".encode()))
        lines.append((b"content-length", str(last - first + 1).encode()))
        await send({"type": "http.response.start", "status": 206 if chosen else 200, "headers": lines})
        left = 0 if head else last - first + 1
        await run(threads, file.seek, first)
        while left and not has_gone(send) and await allowed():
            data = await run(threads, file.read, min(left, _CHUNK))
            if not data:
                break
            left -= len(data)
            await send({"type": "http.response.body", "body": data, "more_body": bool(left)})
        if head or left:
            await send({"type": "http.response.body"})
    finally:
        file.close()
