"""Share links: a photo, a day, what is kept, or live, for whoever holds the link, for a while."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

import sqlalchemy as sa

from pucci.accounts.passwords import Passwords
from pucci.accounts.tokens import hash_of, new_token
from pucci.clock import Clock
from pucci.db import Database
from pucci.errors import AccountError
from pucci.photo import Photo
from pucci.tables import share

_SHORTEST_PIN: Final = 4
_LONGEST_PIN: Final = 12


class Kind(StrEnum):
    """What a link shows."""

    PHOTO = "photo"
    DAY = "day"
    SOME = "some"
    KEPT = "kept"
    LIVE = "live"


@dataclass(frozen=True, slots=True)
class Share:
    """A link that works. `key` is its token's hash. `start` and `end` span a day's photos, in UTC."""

    id: int
    key: str
    kind: Kind
    camera: str
    photo_id: int | None
    start: datetime | None
    end: datetime | None
    has_pin: bool
    made_by: str
    expires_at: datetime
    views: int
    photo_ids: frozenset[int] = frozenset()

    def shows(self, photo: Photo) -> bool:
        """Whether a photo is what this link is for."""
        if self.kind is Kind.PHOTO:
            return photo.id == self.photo_id
        if self.kind is Kind.DAY and self.start and self.end:
            return photo.camera == self.camera and self.start <= photo.taken_at < self.end
        return photo.kept if self.kind is Kind.KEPT else photo.id in self.photo_ids


class Shares:
    """The table of share links."""

    def __init__(self, db: Database, *, clock: Clock, passwords: Passwords) -> None:
        self._db = db
        self._clock = clock
        self._passwords = passwords

    def photo(self, photo_id: int, camera: str, **rest: Any) -> str:
        """Return the token of a link to one photo. `rest` is `life`, `pin` and `by`."""
        return self._make(Kind.PHOTO, camera, photo_id=photo_id, **rest)

    def day(self, camera: str, start: datetime, end: datetime, **rest: Any) -> str:
        """Return the token of a link to the photos a camera took from `start` up to `end`."""
        return self._make(Kind.DAY, camera, start=start, end=end, **rest)

    def some(self, photo_ids: Iterable[int], **rest: Any) -> str:
        """Return the token of a link to some photos."""
        ids = ",".join(str(photo_id) for photo_id in sorted(photo_ids))
        return self._make(Kind.SOME, "", photo_ids=ids, **rest)

    def kept(self, **rest: Any) -> str:
        """Return the token of a link to the kept photos of all cameras, as long as they are kept."""
        return self._make(Kind.KEPT, "", **rest)

    def live(self, camera: str, **rest: Any) -> str:
        """Return the token of a link to a camera's live picture."""
        return self._make(Kind.LIVE, camera, **rest)

    def _make(
        self, kind: Kind, camera: str, *, life: timedelta, pin: str = "", by: str = "", **what: Any
    ) -> str:
        if pin and not (pin.isascii() and pin.isdigit() and _SHORTEST_PIN <= len(pin) <= _LONGEST_PIN):
            raise AccountError(f"A PIN has {_SHORTEST_PIN} to {_LONGEST_PIN} figures. Choose another one.")
        token, now = new_token(), self._clock.now()
        row = {
            "token_hash": hash_of(token),
            "kind": kind.value,
            "camera": camera,
            "pin_hash": self._passwords.hash_again(pin) if pin else None,
            "made_by": by,
            "created_at": now,
            "expires_at": now + life,
            "views": 0,
            **what,
        }
        with self._db.write() as connection:
            if self._clock.is_trusted():
                connection.execute(sa.delete(share).where(share.c.expires_at <= now - timedelta(days=7)))
            connection.execute(sa.insert(share).values(row))
        return token

    def find(self, token: str) -> Share | None:
        """Return the link of a token, None where it works no more."""
        found = self.by_keys([hash_of(token)])
        return found[0] if found else None

    def by_keys(self, keys: Iterable[str]) -> list[Share]:
        """Return the links with these keys that still work."""
        wanted = share.c.token_hash.in_(list(keys)) & (share.c.expires_at > self._clock.now())
        with self._db.read() as connection:
            return [_share_from(row) for row in connection.execute(sa.select(share).where(wanted))]

    def all(self) -> list[Share]:
        """Return the links that work, the newest first."""
        query = sa.select(share).where(share.c.expires_at > self._clock.now()).order_by(share.c.id.desc())
        with self._db.read() as connection:
            return [_share_from(row) for row in connection.execute(query)]

    def is_pin(self, found: Share, pin: str) -> bool:
        """Whether this is a link's PIN; it takes as long as a password does."""
        with self._db.read() as connection:
            stored = connection.execute(sa.select(share.c.pin_hash).where(share.c.id == found.id)).scalar()
        return self._passwords.check(pin, stored, patient=False)

    def viewed(self, found: Share) -> None:
        """Count one look."""
        with self._db.write() as connection:
            more = share.c.views + 1
            connection.execute(sa.update(share).where(share.c.id == found.id).values(views=more))

    def revoke(self, share_id: int) -> Kind | None:
        """End a link at once; return what it showed, None where there is none."""
        with self._db.write() as connection:
            kind = connection.execute(sa.select(share.c.kind).where(share.c.id == share_id)).scalar()
            connection.execute(sa.delete(share).where(share.c.id == share_id))
        return Kind(kind) if kind else None


def _share_from(row: Any) -> Share:
    return Share(
        id=row.id,
        key=row.token_hash,
        kind=Kind(row.kind),
        camera=row.camera,
        photo_id=row.photo_id,
        start=row.start,
        end=row.end,
        has_pin=row.pin_hash is not None,
        made_by=row.made_by,
        expires_at=row.expires_at,
        views=row.views,
        photo_ids=frozenset(int(one) for one in row.photo_ids.split(",") if one),
    )
