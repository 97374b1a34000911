"""Which photos go by age. Pure: values in, values out."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from pucci.photo import Photo


def expired(
    photos: Iterable[Photo],
    *,
    now: datetime,
    keep: timedelta,
    trusted: bool,
    holds_since: datetime | None = None,
) -> list[Photo]:
    """Return the photos to delete: older than `keep`, not kept, not the newest; oldest first.

    `photos` are of one camera: at least all not kept that are older than `keep`, or not certain of their
    date, the last one that certainly is older, and the newest. Nothing is expired while the clock is not
    trusted (S3).

    Photos taken at or after `holds_since` wait, whatever their age: a film of their day is still to be made.

    A photo whose own date is not certain goes by its sequence: it is at least as old as any certain
    photo that came after it.
    """
    if not trusted:
        return []
    ordered = sorted(photos, key=lambda photo: photo.sequence)
    oldest_allowed = now - keep
    last_old = max((p.sequence for p in ordered if p.certain and p.taken_at < oldest_allowed), default=0)
    return [
        photo
        for photo in ordered[:-1]
        if not photo.kept
        and (holds_since is None or photo.taken_at < holds_since)
        and (photo.taken_at < oldest_allowed if photo.certain else photo.sequence < last_old)
    ]
