"""Is this frame whole? Pure, on bytes."""

from pucci.photo import Verdict


def judge(data: bytes, *, flagged: bool = False) -> Verdict:
    """Return the verdict on one JPEG's bytes by themselves.

    `flagged` is the driver's own report of lost data. Any input gives a verdict, within bounded
    time and memory; nothing is raised.
    """
    raise NotImplementedError
