"""The postcard, written: what the day was like, in numbers and words."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Final

from pucci import jpeg
from pucci.album import Album
from pucci.album.slots import Slot, refused_in
from pucci.notify import Message
from pucci.photo import Photo
from pucci.postcard import paper
from pucci.postcard.best import best

_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Postcard:
    """The message, without its picture, and whose picture it is."""

    message: Message
    photo_id: int | None


class Postcards:
    """Writes postcards. `dog` says what she is called, `uptime_s` for how long Pucci runs, None for not."""

    def __init__(
        self,
        album: Album,
        cameras: Sequence[str],
        *,
        interval_s: float,
        zone: tzinfo | None,
        dog: Callable[[], str],
        uptime_s: Callable[[], float | None],
        address: str,
    ) -> None:
        self._album = album
        self._cameras = cameras
        self._interval_s = interval_s
        self._zone = zone
        self._dog = dog
        self._uptime_s = uptime_s
        self._address = address

    def write(self, now: datetime, wrong: Sequence[str] = ()) -> Postcard:
        """Return the card of the day that ends now, with sentences on what is wrong; nothing is sent."""
        photos = [photo for camera in self._cameras for photo in self._album.between(camera, now - _DAY, now)]
        photo = best(photos, self._sketch)
        card = paper.Card(
            dog=self._dog(),
            local=now.astimezone(self._zone),
            taken=photo.taken_at.astimezone(self._zone) if photo else None,
            size=(photo.width, photo.height) if photo else None,
            camera=photo.camera if photo and len(self._cameras) > 1 else "",
            numbers=self._numbers(now),
            wrong=tuple(wrong),
            address=self._address.rstrip("/"),
        )
        message = Message("postcard", paper.subject(card), paper.text(card), now, paper.html(card))
        return Postcard(message, photo.id if photo else None)

    def _sketch(self, photo: Photo) -> jpeg.Sketch | None:
        try:
            return jpeg.sketch(self._album.path(photo).read_bytes())
        except OSError:
            return None

    def _numbers(self, now: datetime) -> list[tuple[str, str]]:
        # The slot that is being filled just now is not counted.
        end = now - timedelta(seconds=self._interval_s)
        slots: list[Slot] = []
        for camera in self._cameras:
            slots += self._album.slots.day(camera, end - _DAY, end, self._interval_s)
        off = sum(not slot.filled and slot.reason.startswith("off, ") for slot in slots)
        filled = sum(slot.filled for slot in slots)
        photos, kept, size = self._album.index.totals()
        up = self._uptime_s()
        return [
            ("Photos taken", f"{filled} of {len(slots) - off} due" + (f"; {off} times off" if off else "")),
            ("Frames refused", str(refused_in(slots))),
            ("In the album", f"{photos}, {paper.amount(size)}"),
            ("Kept of them", str(kept)),
            ("Free on the disk", paper.amount(self._album.room.free())),
            ("Pucci started", f"{paper.span(up)} ago" if up is not None else "it is not running"),
        ]
