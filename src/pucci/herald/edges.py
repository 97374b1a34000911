"""When a condition is told: once when it has lasted, once when it has stayed away. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from pucci.health import Condition

# So long a condition must stay away to be over; one that is back before goes on, and nothing is told.
QUIET: Final = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Known:
    """A condition that was seen: since when it is, when it was first seen, told, and last seen to be gone."""

    key: str
    since: datetime
    seen_at: datetime
    told_at: datetime | None = None
    gone_at: datetime | None = None
    over: str = ""


@dataclass(frozen=True, slots=True)
class News:
    """What is to be told: that a condition began, or (`condition` None) that `known` is over."""

    known: Known
    condition: Condition | None = None


def step(
    known: Mapping[str, Known], present: Iterable[Condition], now: datetime
) -> tuple[dict[str, Known], list[News]]:
    """Return what is known after a look, and the news."""
    after: dict[str, Known] = {}
    news: list[News] = []
    seen = {condition.key: condition for condition in present}
    for key, condition in seen.items():
        one = known.get(key) or Known(key, condition.since or now, now)
        one = replace(one, gone_at=None, over=condition.ended)
        if one.seen_at > now:  # the clock was set back
            one = replace(one, seen_at=now)
        if one.told_at is None and now - one.seen_at >= condition.told_after:
            one = replace(one, told_at=now)
            news.append(News(one, condition))
        after[key] = one
    for key, one in known.items():
        if key in seen or one.told_at is None:
            continue  # what nobody was told of passes without a word
        gone_at = one.gone_at if one.gone_at is not None and one.gone_at <= now else now
        if now - gone_at >= QUIET:
            news.append(News(replace(one, gone_at=gone_at)))
        else:
            after[key] = replace(one, gone_at=gone_at)
    return after, news
