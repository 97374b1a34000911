"""The errors an owner may see.

Each says in one sentence what happened, then what to do. The class knows the exit code a command
ends with, and the HTTP status a page answers with; command line and page show the same sentence.

    PucciError
    ├── SettingsError        a mistake in pucci.toml or the environment
    ├── MissingPart          a program or library that must be installed first
    ├── CameraError          no frame; `reason` is the few words a missed slot shows
    │   ├── CameraMissing    unplugged, or never there
    │   ├── CameraDenied     there, but not ours to open
    │   ├── CameraBusy       another program has it
    │   ├── CameraSilent     open, but no frame within the time limit
    │   │   └── CameraStuck  and a reset of its USB port did not help
    │   ├── CameraOff        somebody turned it off
    │   └── CameraFailed     anything else the driver reports
    ├── NoWholeFrame         the camera answers, but every frame was damaged
    ├── AlbumError           the album cannot be read or written
    │   ├── NoSuchPhoto
    │   ├── NoSuchFilm
    │   ├── NoFilm           no film can be made of these photos, or the program failed
    │   ├── AlbumFull        no room for a new photo
    │   └── NotShowable      a refused frame that no browser could show
    ├── DatabaseError        cannot be opened, or made by a newer or older Pucci
    │   └── DatabaseDamaged  its pages do not fit together; the next start makes it anew
    ├── BackupError          a backup cannot be made, read or put back; nothing is left half done
    ├── ProfileError         what is written of the dog cannot stand so
    ├── AccountError         a name, e-mail, password or link that cannot be used
    │   └── AccountSlowed    too many tries to sign in
    ├── NotifyError          a message cannot be sent
    │   └── NotTaken         this time; the outbox tries again, and says so
    ├── DeployError          a file changed by hand, a program that refused what was written
    ├── Busy                 too much at once; try again in a moment
    └── AlreadyRunning       another Pucci has this data folder
"""

import math
from typing import ClassVar


class PucciError(Exception):
    """An error to be shown to the owner as its one sentence, without a traceback."""

    exit_code: ClassVar[int] = 1
    http_status: ClassVar[int] = 500


class SettingsError(PucciError):
    """One or more settings are wrong; the message has a line for each."""

    exit_code = 2


class MissingPart(PucciError):
    """A program or library is not installed; the message names the package."""

    exit_code = 3


class CameraError(PucciError):
    """A camera gave no frame."""

    exit_code = 4
    http_status = 503
    reason: str = "camera failed"


class CameraMissing(CameraError):
    """The camera is not plugged in."""

    reason = "camera unplugged"


class CameraDenied(CameraError):
    """This account may not open the camera."""

    reason = "camera not permitted"


class CameraBusy(CameraError):
    """Another program holds the camera."""

    reason = "camera busy"


class CameraSilent(CameraError):
    """The camera is open and sends nothing."""

    reason = "camera silent"


class CameraStuck(CameraSilent):
    """The camera hangs, and a reset of its USB port did not help."""

    reason = "camera stuck"


class CameraOff(CameraError):
    """The family turned the camera off, or it is a quiet hour. `reason` says which."""

    def __init__(self, message: str, reason: str) -> None:
        super().__init__(message)
        self.reason = reason


class CameraFailed(CameraError):
    """The driver reported some other failure."""


class NoWholeFrame(PucciError):
    """Every frame the camera gave was damaged."""

    exit_code = 5
    http_status = 503


class AlbumError(PucciError):
    """The album cannot be read or written."""

    exit_code = 6


class NoSuchPhoto(AlbumError):
    """No photo has this id."""

    http_status = 404


class NoSuchFilm(AlbumError):
    """No film has this id, or it was cancelled."""

    http_status = 404


class NoFilm(AlbumError):
    """There is nothing to make a film of, or making it failed."""

    http_status = 409


class AlbumFull(AlbumError):
    """There is no room for a new photo, and nothing that may go for it."""

    http_status = 507


class NotShowable(AlbumError):
    """A frame's bytes are no picture."""

    http_status = 409


class DatabaseError(PucciError):
    """The database cannot be used as it is."""

    exit_code = 6


class DatabaseDamaged(DatabaseError):
    """SQLite met pages that do not fit together, or a file that is no database."""

    def __init__(self, why: str, *, todo: str = "") -> None:
        todo = todo or (
            "Start Pucci again: it sets this one aside, and makes a new one from the photos and "
            "the last snapshot."
        )
        super().__init__(f"The database is damaged: {why.rstrip('.')}. {todo}")


class BackupError(PucciError):
    """A backup cannot be made, or is not fit to be put back."""

    exit_code = 10


class ProfileError(PucciError):
    """What was given of the dog cannot be written down."""

    http_status = 400


class AccountError(PucciError):
    """What was given cannot make or change an account."""

    exit_code = 7
    http_status = 400


class AccountSlowed(AccountError):
    """Too many tries; `wait_s` is how long until the next one is looked at."""

    http_status = 429

    def __init__(self, wait_s: float) -> None:
        self.wait_s = wait_s
        seconds = math.ceil(wait_s)
        left = f"{seconds} seconds" if seconds != 1 else "a second"
        if seconds > 90:
            left = f"{math.ceil(seconds / 60)} minutes"
        super().__init__(f"Too many tries. Wait {left}, then try again.")


class NotifyError(PucciError):
    """A message cannot be sent. The sentence names no address that holds a secret."""

    exit_code = 11
    http_status = 503


class NotTaken(NotifyError):
    """It was not taken this time. Only who tries again, or knows that nobody does, says what is next."""


class DeployError(PucciError):
    """What was to be installed cannot be, and nothing of it was."""

    exit_code = 9


class Busy(PucciError):
    """Too many want the same at once."""

    http_status = 503


class AlreadyRunning(PucciError):
    """Another Pucci works on this data folder."""

    exit_code = 8
