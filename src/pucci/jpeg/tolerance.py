"""Harmless faults that one camera always has, and that are therefore let pass.

A camera whose every frame has a few bytes too many is not broken, and refusing it would be worse
than useless (Motion #65, ustreamer #289). What is let pass is told to the owner, can be taken back,
and ends by itself when the camera no longer does it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

# Frames in a row, each like the one before, until a fault counts as the camera's way; and as many
# without it until it no longer does. Damage comes at random: eight times alike it does not.
FRAMES: Final = 8


@dataclass(frozen=True, slots=True)
class Tolerance:
    """What is let pass, and how near the camera is to having something let pass, or no longer.

    `tolerated` is a fault in words, or empty. `streak` counts frames in a row that had the fault
    `rising`, or, where something is tolerated, frames that did not have it.
    """

    tolerated: str = ""
    rising: str = ""
    streak: int = 0

    def after(self, fault: str, *, is_like_the_last: bool) -> "Tolerance":
        """Return what holds after one more frame with this harmless fault, or with none ("")."""
        if self.tolerated:
            if fault == self.tolerated:
                return Tolerance(self.tolerated)
            return (
                Tolerance() if self.streak + 1 >= FRAMES else Tolerance(self.tolerated, "", self.streak + 1)
            )
        if not fault:
            return Tolerance()
        streak = self.streak + 1 if fault == self.rising and is_like_the_last else 1
        return Tolerance(fault) if streak >= FRAMES else Tolerance("", fault, streak)

    def to_json(self) -> dict[str, Any]:
        """Return values that JSON takes."""
        return {"tolerated": self.tolerated, "rising": self.rising, "streak": self.streak}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "Tolerance":
        """Return what `to_json` gave."""
        return cls(str(stored["tolerated"]), str(stored["rising"]), int(stored["streak"]))
