"""One camera's witness: judges each frame with what it remembers of that camera's earlier ones.

A suspicion never throws a frame away by itself. It asks for another look: where the next frame
shows the same, it was the room that changed, and the frame is whole.
"""

from binascii import a2b_base64, b2a_base64
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from zlib import adler32, compress, crc32, decompress

from pucci.jpeg import evidence
from pucci.jpeg.alone import FLAGGED, MAY_BE_HARMLESS, Look, look_at
from pucci.jpeg.evidence import Findings
from pucci.jpeg.headers import DIFFERENT, Headers, header_of
from pucci.jpeg.markers import DATA_LOST, Layout
from pucci.jpeg.planes import Plane, Planes, same_shape
from pucci.jpeg.tolerance import Tolerance
from pucci.photo import State, Verdict

FROZEN: Final = "the same picture again"
OLD_END: Final = "the end of an earlier frame"
# So many coded bytes, where so many of them are different ones, are nobody's twice at the same place, but
# where a buffer was not filled to its end, or where there is no noise. Drivers have four buffers or so.
_END_BYTES: Final = 32
_END_VARIETY: Final = 12
_BUFFERS: Final = 8
# A room so dark that no sensor's noise is left may well give the same bytes twice.
_DARK: Final = 24
_MOST_PLACES: Final = 100
# So often cleared, a camera's codes are no longer walked.
_RAGGED: Final = 3


@dataclass(frozen=True, slots=True)
class _Ends:
    """The first and the last bytes of a frame's coded data, and where the last ones end."""

    first: bytes = b""
    last: bytes = b""
    at: int = 0

    def is_that_of(self, other: "_Ends") -> bool:
        """Whether another frame had the same end, but began as another."""
        same = self.at == other.at and self.last == other.last and self.first != other.first
        return same and len(set(self.last)) >= _END_VARIETY


@dataclass(frozen=True, slots=True)
class _Seen:
    """A frame as it is remembered. `data` is empty where only the small picture was stored."""

    planes: Planes
    header: Mapping[str, int]
    digest: tuple[int, ...]
    data: bytes
    ends: _Ends = _Ends()


class Witness:
    """Judges one camera's frames in the order they come. Keeps some 10 KB, and the last whole frame.

    `stored` is what `memory()` gave in an earlier process, unchanged.
    """

    def __init__(self, stored: Mapping[str, Any] | None = None) -> None:
        self._headers = Headers()
        self._tolerance = Tolerance()
        self._last: _Seen | None = None
        self._suspect: _Seen | None = None
        self._refused: Planes = ()
        self._ends: deque[_Ends] = deque(maxlen=_BUFFERS)
        self._restless: dict[int, None] = {}
        self._ragged = 0
        if stored:
            self._headers = Headers.from_json(stored["headers"])
            self._tolerance = Tolerance.from_json(stored["tolerance"])
            self._last = _last_from_json(stored)
            self._restless = dict.fromkeys(stored["restless"])
            self._ragged = int(stored["ragged"])

    @property
    def tolerated(self) -> str:
        """The harmless fault that is let pass for this camera, in words; empty for none."""
        return self._tolerance.tolerated

    def revoke(self) -> None:
        """Let nothing pass any more; it must be learned again."""
        self._tolerance = Tolerance()

    def judge(self, data: bytes, *, flagged: bool = False, deep: bool = False) -> Verdict:
        """Return the verdict on the camera's next frame.

        `flagged` is the driver's own report of lost data. `deep` also compares at full size and walks
        through every code, for frames to be kept as photos. Any input gives a verdict.

        Raises:
            MissingPart: the decoder is not installed.
        """
        look = look_at(data)
        harmless = look.fault if look.fault in MAY_BE_HARMLESS and look.is_readable else ""
        if flagged:
            return _verdict(State.DAMAGED, [FLAGGED], look)
        if look.fault and not harmless:
            return _verdict(State.DAMAGED, [look.fault], look)
        self._note(harmless, look.planes)
        if harmless and harmless != self.tolerated:
            return _verdict(State.DAMAGED, [harmless], look)
        ends = _ends(data, look.layout)
        seen = _Seen(look.planes, header_of(look.layout), _digest(data), look.mended, ends)
        findings = self._findings(seen, look, deep=deep)
        self._ends.append(ends)
        if findings.reasons and not self._is_seen_again(seen, findings, look, deep=deep):
            self._suspect = seen
            self._remember_places(findings.places)
            return _verdict(State.SUSPECT, findings.reasons, look)
        self._accept(seen)
        return _verdict(State.WHOLE, [], look)

    def learn(self, data: bytes) -> None:
        """Take a frame that is known to be whole, such as the newest photo, as the one before."""
        look = look_at(data)
        if look.is_readable:
            header = header_of(look.layout)
            # What is stored may have tables put in that the camera leaves out.
            self._last = _Seen(look.planes, header, _digest(data), look.mended)

    def memory(self) -> dict[str, Any]:
        """Return what is worth keeping for the next process, as values that JSON takes (some 10 KB)."""
        return {
            "headers": self._headers.to_json(),
            "tolerance": self._tolerance.to_json(),
            "last": _last_to_json(self._last),
            "restless": list(self._restless),
            "ragged": self._ragged,
        }

    def _note(self, harmless: str, planes: Planes) -> None:
        alike = same_shape(planes, self._refused) and not evidence.against(planes, self._refused).reasons
        self._tolerance = self._tolerance.after(harmless, is_like_the_last=alike)
        self._refused = planes if harmless else ()

    def _findings(self, seen: _Seen, look: Look, *, deep: bool) -> Findings:
        """Return what speaks against a frame whose bytes are in order."""
        last = self._last
        if last is not None and seen.digest == last.digest:
            grey = seen.planes[0].samples
            return Findings([] if sum(grey) < _DARK * len(grey) else [FROZEN])
        if last is None:
            findings = Findings(evidence.alone(seen.planes))
        else:
            findings = self._compared(seen, last, look, deep=deep)
        if any(map(seen.ends.is_that_of, self._ends)):
            findings.reasons.insert(0, OLD_END)
        if self._headers.unlike(seen.header):
            findings.reasons.insert(0, DIFFERENT)
        if deep and not findings.reasons and self._ragged < _RAGGED:
            from pucci.jpeg import huffman

            if fault := huffman.fault(seen.data, look.layout):
                findings.reasons.append(fault)
        return findings

    def _is_seen_again(self, seen: _Seen, findings: Findings, look: Look, *, deep: bool) -> bool:
        """Whether the frame that was suspected before shows the same, so that it is the room's doing."""
        suspect = self._suspect
        if suspect is None or FROZEN in findings.reasons or OLD_END in findings.reasons:
            return False
        if not same_shape(seen.planes, suspect.planes) or seen.digest == suspect.digest:
            return False
        # Of headers, what matters is that the same parts are unlike, not that they are alike again:
        # some cameras change their tables with every frame.
        unlike = self._headers.unlike
        if unlike(seen.header) != unlike(suspect.header):
            return False
        if self._compared(seen, suspect, look, deep=deep).reasons:
            return False
        # Two frames running whose codes end raggedly, and nothing else: so this camera's encoder may be.
        self._ragged += findings.reasons == [DATA_LOST]
        return True

    def _compared(self, seen: _Seen, other: _Seen, look: Look, *, deep: bool) -> Findings:
        """Return what speaks against a frame when it is laid beside another; nothing where it cannot be."""
        if not same_shape(seen.planes, other.planes):
            return Findings()
        findings = evidence.against(seen.planes, other.planes, self._restless)
        if deep and not findings.reasons and other.data and seen.header["frame"] == other.header["frame"]:
            from pucci.jpeg import closely

            shares = evidence.slightly_changed_shares(seen.planes, other.planes)
            findings = closely.against(seen.data, other.data, look.layout, shares, self._restless)
        return findings

    def _remember_places(self, places: set[int]) -> None:
        """Remember where patches were seen: the digits of a clock change at one place again and again."""
        for place in places:
            self._restless.pop(place, None)
            self._restless[place] = None
        while len(self._restless) > _MOST_PLACES:
            del self._restless[next(iter(self._restless))]

    def _accept(self, seen: _Seen) -> None:
        self._headers.learn(seen.header)
        self._last, self._suspect = seen, None


def _digest(data: bytes) -> tuple[int, ...]:
    """Return what tells frames apart; hashlib would do it better, for 4 MB of OpenSSL."""
    return len(data), crc32(data), adler32(data)


def _ends(data: bytes, layout: Layout) -> _Ends:
    start, end = layout.scan, layout.scan_end or len(data)
    return _Ends(data[start : start + _END_BYTES], data[max(start, end - _END_BYTES) : end], end)


def _verdict(state: State, reasons: list[str], look: Look) -> Verdict:
    return Verdict(state, tuple(reasons), look.layout.width, look.layout.height)


def _last_to_json(last: _Seen | None) -> dict[str, Any] | None:
    if last is None:
        return None
    planes = [
        [plane.width, plane.height, plane.unit, b2a_base64(compress(plane.samples), newline=False).decode()]
        for plane in last.planes
    ]
    return {"planes": planes, "header": dict(last.header), "digest": list(last.digest)}


def _last_from_json(stored: Mapping[str, Any]) -> _Seen | None:
    last = stored["last"]
    if last is None:
        return None
    planes = tuple(
        Plane(decompress(a2b_base64(samples)), width, height, unit)
        for width, height, unit, samples in last["planes"]
    )
    return _Seen(planes, last["header"], tuple(last["digest"]), b"")
