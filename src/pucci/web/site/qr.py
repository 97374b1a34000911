"""QR codes, as the outline of their dark squares for an SVG."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Code:
    """A QR code of `size` by `size` squares; `path` is what an SVG's `d` says."""

    size: int
    path: str


def code(text: str) -> Code:
    """Return the QR code of a link. Error correction M: a phone reads it off a smeared screen."""
    import segno  # late: most days nobody invites anybody

    rows = [bytes(row) for row in segno.make_qr(text, error="m", boost_error=False).matrix]
    return Code(len(rows), "".join(_row(y, row) for y, row in enumerate(rows)))


def _row(y: int, row: bytes) -> str:
    """Return the dark runs of one row."""
    runs, start = "", None
    for x, dark in enumerate([*row, 0]):
        if dark and start is None:
            start = x
        elif not dark and start is not None:
            runs += f"M{start} {y}h{x - start}v1H{start}z"
            start = None
    return runs
