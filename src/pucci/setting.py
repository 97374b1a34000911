"""How one setting is declared, and how its value is checked. What there is to set stands in settings.py."""

import math
from collections.abc import Mapping
from dataclasses import MISSING, Field, field, fields
from typing import Any

from pucci.forms import Check


def setting(
    default: Any,
    text: str,
    *,
    minimum: float | None = None,
    maximum: float | None = None,
    choices: tuple[str, ...] = (),
    secret: bool = False,
    check: Check | None = None,
) -> Any:
    """Declare one setting; `text` is its help, and says the unit. Lists are tuples of words.

    `check` says what a text, or each word of a list, must be; an empty text needs none.
    """
    metadata = {
        "help": text,
        "minimum": minimum,
        "maximum": maximum,
        "choices": choices,
        "secret": secret,
        "check": check,
    }
    return field(default=default, metadata=metadata)


def default_of(item: Field[Any]) -> Any:
    """Return a field's default value."""
    return item.default_factory() if item.default_factory is not MISSING else item.default


def settings_of(section: type) -> dict[str, Field[Any]]:
    """Return a section's settings by name, in the order they are written."""
    return {item.name: item for item in fields(section) if "help" in item.metadata}


def problem_with(item: Field[Any], value: Any) -> str | None:
    """Return what is wrong with a value of the right type, and with which part of it; or None."""
    meta = item.metadata
    words = value if isinstance(value, tuple) else (value,) if isinstance(value, str) and value else ()
    if meta["check"]:
        found = ((meta["check"](word), word) for word in words)
        problem, value = next((one for one in found if one[0]), ("", value))
    else:
        problem = _out_of_bounds(meta, value)
    return f"{problem}{'' if meta['secret'] else f', not {value}'}" if problem else None


def _out_of_bounds(meta: Mapping[str, Any], value: Any) -> str:
    if isinstance(value, float) and not math.isfinite(value):
        return "must be a finite number"
    if meta["choices"] and value not in meta["choices"]:
        return f"must be one of {', '.join(meta['choices'])}"
    if meta["minimum"] is not None and value < meta["minimum"]:
        return f"must be at least {meta['minimum']:g}"
    if meta["maximum"] is not None and value > meta["maximum"]:
        return f"must be at most {meta['maximum']:g}"
    return ""
