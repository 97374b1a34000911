"""Sentences from elsewhere with a name or a figure in them, as why a message was not sent. Pure."""

import re
from functools import cache
from typing import Final


def N_(text: str) -> str:  # noqa: N802 - the mark by which script/words finds what is to be translated
    """Return the text itself."""
    return text


_SHAPES: Final = (
    N_("off, by %(person)s"),
    N_("apprise-%(number)s"),
    N_("Apprise could not send it by address %(number)s. It is tried again."),
    N_("Sending by %(way)s failed: %(reason)s. It is tried again."),
    N_("%(host)s did not take the mail: %(reason)s. It is tried again."),
    N_("%(host)s did not take the message: %(reason)s. It is tried again."),
    N_("%(host)s does not know this name and password. Look at notify.smtp_username."),
    N_(
        "%(host)s answered %(status)s, which leads elsewhere and is not followed. Look at notify.webhook_url."
    ),
    N_("%(host)s answered %(status)s. Look at notify.webhook_url."),
    N_("it takes none for %(names)s"),
    N_("it says %(answer)s"),
    N_("its certificate is not to be trusted (%(reason)s)"),
)
# What stands in their places.
WORDS: Final = (
    *(N_("e-mail"), N_("webhook"), N_("apprise"), N_("no answer in time")),
    *(N_("it does not speak HTTP, or broke off"), N_("Connection refused"), N_("Connection reset by peer")),
    *(N_("Name or service not known"), N_("Temporary failure in name resolution"), N_("No route to host")),
    N_("Network is unreachable"),
)


def shape_of(text: str) -> tuple[str, dict[str, str]] | None:
    """Return the sentence with places for values, and this one's values; None where it is none of ours."""
    for shape, pattern in _patterns():
        if found := pattern.fullmatch(text):
            return shape, found.groupdict()
    return None


@cache
def _patterns() -> list[tuple[str, re.Pattern[str]]]:
    return [(shape, re.compile(_pattern(shape), re.DOTALL)) for shape in _SHAPES]


def _pattern(shape: str) -> str:
    parts = re.split(r"%\((\w+)\)s", shape)
    return "".join(f"(?P<{part}>.+?)" if place % 2 else re.escape(part) for place, part in enumerate(parts))
