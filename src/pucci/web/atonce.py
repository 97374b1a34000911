"""A photo's answer sent by the kernel, before a task is made for it.

Of what a known photo costs under ASGI, the scope, the task and the copies of its bytes are nine tenths
(`bench.media`). Here its head is written and the kernel sends its file; the process never has the bytes.
"""

import os
import socket
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from pucci.web.wire import Headers


@dataclass(slots=True)
class Ready:
    """An answer that needs no more work: a whole head but for the date, and the file with its body.

    `is_in_memory` is known once it was sent; whoever holds this for seconds may trust it as long.
    """

    head: bytes
    path: str
    size: int
    is_in_memory: bool = False


# Of a GET's address and headers, the answer; None where it takes more than a look into memory.
Ask = Callable[[bytes, Iterable[tuple[bytes, bytes]]], Ready | None]


def ready(headers: Headers, path: str, size: int) -> Ready:
    """Return an answer of a file's bytes with these headers."""
    lines = b"".join(b"%s: %s\r\n" % line for line in headers)
    return Ready(b"%scontent-length: %d\r\n\r\n" % (lines, size), path, size)


def line_of(transport: Any) -> socket.socket:
    """Return a connection's socket as one's own, to be closed; asyncio's has no `send`."""
    return socket.socket(fileno=os.dup(transport.get_extra_info("socket").fileno()))


def send(transport: Any, line: socket.socket, answer: Ready, more: Headers) -> bool:
    """Send it on a connection on which nothing waits to be sent; return False if nothing of it was sent.

    What the line does not take at once is left to the transport. `more` are headers besides.
    """
    head = b"HTTP/1.1 200 OK\r\n%s%s" % (b"".join(b"%s: %s\r\n" % one for one in more), answer.head)
    try:
        file = os.open(answer.path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        if not (answer.is_in_memory or _is_in_memory(file, answer.size)):
            return False
        answer.is_in_memory = True
        gone = line.send(head, socket.MSG_MORE)  # it leaves with the first of the body
        if gone == len(head):
            gone += _body(line.fileno(), file, answer.size)
        _rest(transport, answer, head, file, gone)
    except BlockingIOError:  # the head found no room
        return False
    except OSError:  # the other end has gone, or the card fails
        transport.abort()
    finally:
        os.close(file)
    return True


def _is_in_memory(file: int, size: int) -> bool:
    """Whether a file's bytes come without waiting for the card (RWF_NOWAIT, preadv2(2)).

    The kernel reads a photo as one piece, so its last byte speaks for all.
    """
    try:
        return os.preadv(file, [bytearray(1)], size - 1, os.RWF_NOWAIT) == 1
    except OSError:  # not now, or not on this file system
        return False


def _body(line: int, file: int, size: int) -> int:
    """Let the kernel send a file; return how many bytes it took."""
    try:
        return os.sendfile(line, file, 0, size)
    except BlockingIOError:
        return 0


def _rest(transport: Any, answer: Ready, head: bytes, file: int, gone: int) -> None:
    """Hand the transport what is left."""
    left = len(head) + answer.size - gone
    if left <= 0:
        return
    body = os.pread(file, left, max(0, gone - len(head)))
    data = head[gone:] + body
    if len(data) == left:
        transport.write(data)
    else:  # a file that is shorter than its photo is no answer
        transport.abort()
