"""The dog's story: Markdown into HTML that can do nothing but be read."""

import re
from functools import lru_cache
from typing import Final

from markupsafe import Markup

# What Markdown may take for a mark: all but letters, figures and the punctuation of plain sentences; a line
# that begins with a space, a dash or a list's number, or ends with two spaces.
_MARKS: Final = re.compile(r"[^\w .,:;?'\"()’‘“”–—…%€/\n-]|_|^[ -]|^\d+[.)]|  $", re.MULTILINE)


@lru_cache(maxsize=4)
def html(text: str) -> Markup:
    """Return a story as HTML.

    Raw HTML stands there as text, pictures are not shown, and links lead only to http, https and mailto
    (CommonMark by markdown-it, which refuses the others), without a referrer or a recommendation.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if is_plain(text):
        # Most stories are paragraphs alone: they need no 2 MB of Markdown in a Pi's memory.
        paragraphs = (" ".join(part.split()) for part in re.split(r"\n\s*\n", text) if part.strip())
        return Markup("\n").join(Markup("<p>{}</p>").format(part) for part in paragraphs)
    from markdown_it import MarkdownIt

    markdown = MarkdownIt("commonmark", {"html": False}).disable(["image", "html_block", "html_inline"])
    tokens = markdown.parse(text)
    for block in tokens:
        if block.type in {"heading_open", "heading_close"}:
            block.tag = "h2" if block.tag == "h1" else block.tag
        for token in block.children or ():
            if token.type == "link_open":
                token.attrSet("rel", "nofollow noopener noreferrer")
    # Everything in it was escaped by the renderer; see tests/web/site/test_story.py.
    return Markup(markdown.renderer.render(tokens, markdown.options, {}))  # noqa: S704


def is_plain(text: str) -> bool:
    """Whether a story is paragraphs alone, with no mark in it."""
    return _MARKS.search(text) is None


def plain(text: str, most: int = 160) -> str:
    """Return a story's first words without its marks, for a link's preview."""
    words = html(text).striptags().split()
    said = " ".join(words)
    if len(said) <= most:
        return said
    return said[: most - 1].rsplit(" ", 1)[0] + "…"
