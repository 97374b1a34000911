"""The postcard's paper: text, and HTML that a mail program shows without asking anybody anything. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape
from typing import Final

from pucci.notify.message import PICTURE

_WIDTH: Final = 560
_PAGE: Final = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<style>
body {{ margin: 0; padding: 24px 12px; background: #f6f3f0; color: #2a2321;
  font: 16px/1.5 -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; }}
.card {{ max-width: {width}px; margin: 0 auto; background: #fffdfb; border-radius: 18px; overflow: hidden; }}
.card img {{ display: block; width: 100%; height: auto; }}
.in {{ padding: 24px; }}
h1 {{ margin: 0 0 4px; font: 400 30px/1.2 P052, "Iowan Old Style", Palatino, "Noto Serif", Georgia, serif; }}
p {{ margin: 0 0 16px; }}
.soft, th {{ color: #655a54; }}
.wrong {{ padding: 12px 16px; border-radius: 10px; background: #f8e3df; }}
table {{ width: 100%; border-collapse: collapse; font-variant-numeric: tabular-nums; }}
th, td {{ padding: 8px 0; border-top: 1px solid #dcd3cc; text-align: left; font-weight: 400;
  vertical-align: top; }}
td {{ text-align: right; }}
th {{ white-space: nowrap; padding-right: 16px; }}
a {{ color: #1d5c58; }}
.more {{ margin: 20px 0 0; }}
@media (prefers-color-scheme: dark) {{
  body {{ background: #1a1719; color: #f2ebe6; }}
  .card {{ background: #252123; }}
  .soft, th {{ color: #b9aea8; }}
  th, td {{ border-color: #3b3538; }}
  .wrong {{ background: #43211f; }}
  a {{ color: #8fd0c4; }}
}}
</style>
</head>
<body>
<div class="card">
{picture}<div class="in">
<h1>{title}</h1>
<p class="soft">{about}</p>
{wrong}<table>
{rows}
</table>
{more}</div>
</div>
</body>
</html>
"""


@dataclass(frozen=True, slots=True)
class Card:
    """What stands on a postcard. `local` and `taken` are in the family's time, `address` the site's or ""."""

    dog: str
    local: datetime
    taken: datetime | None
    size: tuple[int, int] | None
    camera: str
    numbers: Sequence[tuple[str, str]]
    wrong: Sequence[str]
    address: str


def subject(card: Card) -> str:
    """Return the subject: "Pucci’s Sunday"."""
    ending = "’" if card.dog.endswith("s") else "’s"
    return f"{card.dog}{ending} {card.local:%A}"


def about(card: Card) -> str:
    """Return the day, and when the picture was taken."""
    day = f"{card.local.day} {card.local:%B}"
    if card.taken is None:
        return f"{day}. There is no photo of this day."
    before = ", the day before" if card.taken.date() != card.local.date() else ""
    by = f", camera {card.camera}" if card.camera else ""
    return f"{day}. This was at {card.taken:%H:%M}{before}{by}."


def text(card: Card) -> str:
    """Return the card as text."""
    lines = [subject(card), about(card), ""]
    lines += [f"{sentence}\n" for sentence in card.wrong]
    wide = max(len(name) for name, _ in card.numbers)
    lines += [f"{name + ':':{wide + 2}}{value}" for name, value in card.numbers]
    if link := _link(card):
        lines += ["", link]
    return "\n".join(lines) + "\n"


def html(card: Card) -> str:
    """Return the card as a page; its picture comes with the mail, and nothing is fetched from anywhere."""
    picture = ""
    if card.size is not None and card.taken is not None:
        wide, high = card.size
        height = round(_WIDTH * high / wide)
        alt = escape(f"{card.dog} at {card.taken:%H:%M}")
        picture = f'<img src="cid:{PICTURE}" width="{_WIDTH}" height="{height}" alt="{alt}">\n'
    link = escape(_link(card))
    return _PAGE.format(
        title=escape(subject(card)),
        width=_WIDTH,
        picture=picture,
        about=escape(about(card)),
        wrong="".join(f'<p class="wrong">{escape(sentence)}</p>\n' for sentence in card.wrong),
        rows="\n".join(
            f"<tr><th>{escape(name)}</th><td>{escape(value)}</td></tr>" for name, value in card.numbers
        ),
        more=f'<p class="more"><a href="{link}">See the day</a></p>\n' if link else "",
    )


def _link(card: Card) -> str:
    """Return the address of the day's page; it asks who comes, so that the link opens nothing by itself."""
    return f"{card.address}/album/{card.local:%Y-%m-%d}" if card.address else ""


def amount(size: int) -> str:
    """Say bytes: "12.3 GB", "310 MB"."""
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{size / 1e6:.0f} MB"


def span(seconds: float) -> str:
    """Say how long: "12 days", "3 hours", "5 minutes"."""
    for size, word in ((86_400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= 2 * size or (size == 60):
            number = int(seconds // size)
            return f"{number} {word}{'s' * (number != 1)}"
    return ""
