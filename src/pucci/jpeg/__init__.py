"""Is this frame whole? Pure, on bytes.

`judge` looks at one frame by itself; a `Witness` judges one camera's frames with what it remembers of
the earlier ones, and catches what no single frame betrays. What is checked, why, and what it costs:
docs/design/frames.md.
"""

from pucci.jpeg.alone import MAY_BE_HARMLESS, judge
from pucci.jpeg.bare import bare
from pucci.jpeg.changed import Sketch, changed, sketch, where
from pucci.jpeg.limits import MOST_BYTES
from pucci.jpeg.show import showable, size_of
from pucci.jpeg.turbo import library as _library
from pucci.jpeg.witness import Witness

__all__ = [
    "MAY_BE_HARMLESS",
    "MOST_BYTES",
    "Sketch",
    "Witness",
    "bare",
    "changed",
    "judge",
    "require",
    "showable",
    "size_of",
    "sketch",
    "where",
]


def require() -> None:
    """Make sure at start-up that frames can be judged at all.

    Raises:
        MissingPart: the decoder's library is not installed; the message names Debian's package.
    """
    _library()
