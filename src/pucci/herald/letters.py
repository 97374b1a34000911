"""What is written in a message about a condition. Pure."""

from datetime import datetime, tzinfo

from pucci.herald.edges import News
from pucci.notify import Message


def letter(news: News, *, dog: str, address: str, now: datetime, zone: tzinfo | None) -> Message:
    """Return the message that something is wrong, or well again."""
    known, condition = news.known, news.condition
    since = _when(known.since, zone)
    if condition is not None:
        kind, said, when = "start", condition.sentence, f"So it is since {since}."
    else:
        end = _when(known.gone_at or now, zone)
        kind, said, when = "end", known.over, f"It lasted from {since} to {end}."
    lines = [said, "", when]
    if address:
        lines += ["", f"{address.rstrip('/')}/state"]
    subject = f"{dog}: {said.split('. ')[0].rstrip('.')}"
    return Message(kind, subject, "\n".join(lines) + "\n", now)


def _when(moment: datetime, zone: tzinfo | None) -> str:
    local = moment.astimezone(zone)
    return f"{local:%H:%M} on {local:%A} {local.day} {local:%B}"
