"""Fill in a template of templates/."""

from importlib.resources import files
from typing import Any

from jinja2 import Environment, StrictUndefined

_TEMPLATES = Environment(
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
    autoescape=False,  # noqa: S701 - no HTML; what goes in has passed values.py
)


def fill(template: str, **values: Any) -> str:
    """Return a template's text with its values; a value that is not given is an error."""
    source = (files("pucci.deploy") / "templates" / template).read_text(encoding="utf-8")
    return _TEMPLATES.from_string(source).render(values)
