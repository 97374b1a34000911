"""The story: Markdown that can do nothing but be read."""

from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pucci.web.site.story import html, is_plain, plain


def test_paragraphs_emphasis_lists_and_links():
    made = html("One *two*.\n\n- a\n- b\n\n[here](https://example.org/x?a=1&b=2)")
    assert "<p>One <em>two</em>.</p>" in made
    assert "<li>a</li>" in made
    assert '<a href="https://example.org/x?a=1&amp;b=2" rel="nofollow noopener noreferrer">here</a>' in made


@given(st.text(alphabet="aB9 .,:-/'\n\r\t()=1_*", max_size=60))
def test_a_story_without_marks_is_what_markdown_makes_of_it(text: str):
    from markdown_it import MarkdownIt

    if is_plain(text.replace("\r\n", "\n").replace("\r", "\n")):
        made = (str(html(text)), MarkdownIt("commonmark").render(text))
        ours, theirs = (" ".join(unescape(one).split()) for one in made)
        assert ours == theirs


def test_a_plain_story_needs_no_markdown():
    assert is_plain("Once, in 2015: three kilos (most of it fur).\n\nShe's home.")


def test_the_page_has_one_first_heading():
    assert "<h2>Her life</h2>" in html("# Her life")


@pytest.mark.parametrize(
    "attack",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "a <b onclick=alert(1)>b</b>",
        "<iframe src=//evil>",
        "<!-- <script> -->",
        "[x](javascript:alert(1))",
        "[x](JaVaScRiPt:alert(1))",
        "[x](java&#x73;cript:alert(1))",
        "[x](&#106;avascript:alert(1))",
        "[x](data:text/html,<script>alert(1)</script>)",
        "[x](vbscript:x)",
        "[x](file:///etc/passwd)",
        "[x](<javascript:alert(1)>)",
        '[x](https://a "title\\" onmouseover=\\"alert(1)")',
        "[x]: javascript:alert(1)\n\n[x]",
        "<javascript:alert(1)>",
        "![x](https://evil/track.gif)",
        "![x](data:image/svg+xml,<svg onload=alert(1)>)",
        "`<script>alert(1)</script>`",
        "```\n<script>alert(1)</script>\n```",
        '```"><script>alert(1)</script>\nx\n```',
        "<svg/onload=alert(1)>",
        "&lt;script&gt;alert(1)&lt;/script&gt;",
    ],
)
def test_nothing_that_is_written_can_do_anything(attack: str):
    from html.parser import HTMLParser

    found: list[tuple[str, list[tuple[str, str | None]]]] = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            found.append((tag, attrs))

    Reader().feed(str(html(attack)))
    for tag, attributes in found:
        assert tag in {
            "p",
            "a",
            "em",
            "strong",
            "code",
            "pre",
            "ul",
            "ol",
            "li",
            "h2",
            "blockquote",
            "br",
            "hr",
        }
        for name, value in attributes:
            assert name in {"href", "rel", "title", "class"}, (tag, name)
            if name == "href":
                assert (value or "").startswith(("https://", "http://", "mailto:")), value


def test_a_preview_has_words_and_no_marks():
    assert plain("She *runs* the [house](https://x).\n\nAnd sleeps.") == "She runs the house. And sleeps."
    long = plain("word " * 200)
    assert len(long) <= 160
    assert long.endswith("word…")
