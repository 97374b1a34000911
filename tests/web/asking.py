"""Ask the media app without a server: one request, as uvicorn would hand it over."""

import asyncio
from typing import Any

from pucci.services import Services
from pucci.web.media import Media
from tests.web.running import Answer


def ask(
    services: Services,
    path: str,
    *,
    cookie: str = "",
    authorization: str = "",
    query: str = "",
    host: str = "localhost",
    asked_range: str = "",
) -> Answer:
    """Return the answer to a GET."""
    lines = {"host": host, "cookie": cookie, "authorization": authorization, "range": asked_range}
    scope = {
        "type": "http",
        "method": "GET",
        "path": path,
        "query_string": query.encode(),
        "headers": [(name.encode(), value.encode()) for name, value in lines.items() if value],
    }
    return asyncio.run(_ask(services, scope))


async def _ask(services: Services, scope: dict[str, Any]) -> Answer:
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    media = Media(services, stopping=asyncio.Event())
    try:
        await media(scope, receive, send)
    finally:
        media.close()
    headers = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return Answer(sent[0]["status"], headers, b"".join(part.get("body", b"") for part in sent[1:]))
