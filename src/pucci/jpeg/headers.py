"""What a camera's headers always say, learned from its own frames.

One wrong byte in a header decides the whole picture and breaks no rule that a decoder knows. But a
camera writes the same header into every frame. Only what was the same in earlier frames is
compared: optimised Huffman tables differ each time, and some cameras change the quality.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from zlib import crc32

from pucci.jpeg.markers import Layout
from pucci.jpeg.tables import STANDARD

DIFFERENT: Final = "header differs from earlier frames"
# Tables that are not the standard ones may be made for each frame: so often the same, and they are not.
_SURE_AFTER: Final = 12
# A part that was another so often is one that varies.
_CHANGES: Final = 2

Header = Mapping[str, int]


def header_of(layout: Layout) -> dict[str, int]:
    """Return the parts of a header that decide the picture, each as a checksum."""
    parts: dict[str, object] = {
        "frame": (layout.width, layout.height, layout.components),
        "restarts": layout.restart_interval,
        "scan": layout.scan_tables,
    }
    parts |= {f"quantiser {number}": table for number, table in layout.quantisers.items()}
    for number, table in layout.huffman.items():
        known = STANDARD.get(number) == table
        parts[f"{'standard' if known else 'own'} table {number:02x}"] = table
    return {name: crc32(repr(part).encode()) for name, part in parts.items()}


@dataclass(slots=True)
class Known:
    """One part's checksum, in how many frames it was so, how often it changed."""

    value: int
    seen: int = 1
    changes: int = 0


@dataclass(slots=True)
class Headers:
    """What is known of one camera's headers."""

    known: dict[str, Known] = field(default_factory=dict)

    def unlike(self, header: Header) -> frozenset[str]:
        """Return the parts that are not as they always were, those that are new or gone included."""
        parts = {
            name
            for name, known in self.known.items()
            if known.changes < _CHANGES
            and (known.seen >= _SURE_AFTER or not name.startswith("own"))
            and header.get(name) != known.value
        }
        # Tables of a camera's own come in the place of the standard ones, so these tell of them.
        return frozenset(
            parts | {n for n in header.keys() - self.known.keys() if self.known and n[:3] != "own"}
        )

    def learn(self, header: Header) -> None:
        """Take an accepted frame's header as how this camera's headers are."""
        for name, value in header.items():
            known = self.known.setdefault(name, Known(value, 0))
            if known.value == value:
                known.seen += 1
            else:
                known.value, known.seen, known.changes = value, 1, known.changes + 1
        for name in self.known.keys() - header.keys():
            self.known[name].changes += 1

    def to_json(self) -> dict[str, list[int]]:
        """Return what is known as values that JSON takes."""
        return {name: [known.value, known.seen, known.changes] for name, known in self.known.items()}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "Headers":
        """Return what `to_json` gave."""
        return cls({name: Known(*numbers) for name, numbers in stored.items()})
