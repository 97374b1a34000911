"""Any program that writes one JPEG to its output and ends.

`device` is the command as typed, taken apart into words as a shell would, but no shell runs it:
`gphoto2 --stdout --capture-image-and-download`. What it writes is the frame, however it ends.
"""

import shlex

from pucci.cameras import Stream, program
from pucci.cameras.oneshot import OneShotStream
from pucci.clock import Clock
from pucci.errors import CameraFailed, CameraSilent, SettingsError
from pucci.photo import Frame
from pucci.settings import CameraSettings

REMEDY = "Install it, or write its right name or path into this camera's device."


def make(name: str, settings: CameraSettings, *, clock: Clock) -> "CommandCamera":
    """Return a camera whose frames the settings' command writes."""
    return CommandCamera(name, settings, clock=clock)


class CommandCamera:
    """A camera for which a command is run for every picture."""

    stands_in = False

    def __init__(self, name: str, settings: CameraSettings, *, clock: Clock) -> None:
        self.name = name
        self._settings = settings
        self._clock = clock
        try:
            self._words = shlex.split(settings.device)
        except ValueError as error:
            raise SettingsError(f"device is no command: {error}. See to its quotation marks.") from error
        if not self._words:
            raise SettingsError("device must be the command that writes a JPEG to its output.")

    def open(self) -> Stream:
        """Wait the delay, and take the first picture. Frames are not skipped: each is made for itself."""
        self._clock.sleep(self._settings.delay_s)
        return OneShotStream(self.name, self._take, timeout_s=self._settings.timeout_s)

    def describe(self) -> str:
        """Say which program; its words may hold a password."""
        return f"the command {self._words[0]}"

    def _take(self, timeout_s: float) -> Frame:
        outcome = program.run(self._words, clock=self._clock, timeout_s=timeout_s, remedy=REMEDY)
        if outcome.too_large:
            raise CameraFailed(
                f"{self._words[0]} writes more than {program.MOST_BYTES // 1_000_000} MB. "
                "It must write one JPEG and end."
            )
        if outcome.code is None:
            raise CameraSilent(
                f"{self._words[0]} did not end within {timeout_s:g} s. Raise this camera's timeout_s."
            )
        if not outcome.output:
            raise CameraFailed(
                f"{self._words[0]} wrote no picture: {outcome.last_words}. Try it in a terminal."
            )
        # Nobody knows whether the program encoded the picture again.
        return Frame(outcome.output, self._clock.now(), proves=False)
