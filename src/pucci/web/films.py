"""Films, as bytes."""

import asyncio
import functools
from collections.abc import Callable
from concurrent.futures import Executor

from pucci.album.films import Films
from pucci.web.ranges import send_file
from pucci.web.replies import FAMILY, KEPT, SAFE, Reply, matches, send_reply, words
from pucci.web.wire import Scope, Send, header


async def answer(
    scope: Scope,
    send: Send,
    films: Films,
    film_id: int,
    *,
    is_video: bool,
    allowed: Callable[[], bool],
    threads: Executor,
) -> None:
    """Send a film or its poster while that is `allowed`; a film never changes, so browsers keep it."""
    run = functools.partial(asyncio.get_running_loop().run_in_executor, threads)
    if not await run(allowed):
        await send_reply(send, words(403, FAMILY))
        return
    film = await run(films.film, film_id)
    if film is None or not film.is_done:
        await send_reply(send, words(404, "There is no such film, or it has gone."))
        return
    version = f'"film-{film.id}-{film.size}"'
    headers = (*KEPT, *SAFE, (b"etag", version.encode()))
    if matches(header(scope, b"if-none-match"), version):
        await send_reply(send, Reply(304, headers))
        return
    asked = header(scope, b"range") if header(scope, b"if-range") in ("", version) else ""
    try:
        await send_file(
            send,
            films.path(film) if is_video else films.poster(film),
            (*headers, (b"content-type", b"video/mp4" if is_video else b"image/jpeg")),
            asked,
            threads=threads,
            allowed=lambda: run(allowed),
            head=scope["method"] == "HEAD",
        )
    except FileNotFoundError:
        await send_reply(send, words(404, "This film has gone."))
