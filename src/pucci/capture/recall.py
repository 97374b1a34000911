"""What a camera's witness learned lasts over restarts: loaded when first needed, kept once a day."""

import logging
from datetime import datetime, timedelta

from pucci.album import Album
from pucci.clock import Clock
from pucci.errors import DatabaseError
from pucci.jpeg import Witness

log = logging.getLogger(__name__)

# What is learned of a camera hardly changes: the card is spared.
_KEEP_EVERY = timedelta(days=1)


class Recall:
    """One camera's witness, with its memory in the album."""

    def __init__(self, camera: str, album: Album, *, clock: Clock) -> None:
        self._camera = camera
        self._album = album
        self._clock = clock
        self._witness: Witness | None = None
        self._kept_at: datetime | None = None
        self._kept_tolerated = ""
        self._webcam = False

    def witness(self) -> Witness:
        """Return the witness, with what it knew before, and the newest photo as the frame before."""
        if self._witness is None:
            self._witness = self._load()
        if self._album.witnesses.take_revoked(self._camera):
            self._witness.revoke()
            self._kept_tolerated = ""
        return self._witness

    def keep(self, *, webcam: bool) -> None:
        """Keep what was learned, if it is a day old or new to the owner; `webcam` is true of a real one."""
        witness, now = self._witness, self._clock.now()
        if witness is None:
            return
        due = self._kept_at is None or abs(now - self._kept_at) > _KEEP_EVERY
        webcam = webcam or self._webcam
        if due or witness.tolerated != self._kept_tolerated or webcam != self._webcam:
            tolerated = witness.tolerated
            try:
                self._album.witnesses.save(
                    self._camera, witness.memory(), tolerated=tolerated, webcam=webcam, now=now
                )
            except DatabaseError as error:  # the camera is closed all the same, and it is kept the next time
                log.warning("%s: what was learned of it is not kept: %s", self._camera, error)
                return
            self._kept_at, self._kept_tolerated, self._webcam = now, tolerated, webcam

    def _load(self) -> Witness:
        stored = self._album.witnesses.load(self._camera)
        witness = Witness(stored[0] if stored else None)
        if stored:
            self._kept_at, self._kept_tolerated = stored[1], witness.tolerated
            self._webcam = self._album.witnesses.had_webcam(self._camera)
        newest = self._album.newest(self._camera)
        try:
            if newest is not None:
                witness.learn(self._album.path(newest).read_bytes())
        except OSError as error:  # gone, or a failing card: it learns from the next frame
            log.debug("%s: its newest photo is not learned from: %s", self._camera, error)
        return witness
