"""The album: all photos, as an index of rows and a store of bytes."""

from pucci.album.album import Album
from pucci.album.kept import Place, Star
from pucci.album.pauses import Pause, Pauses
from pucci.album.slots import Slot, Slots, Tally

__all__ = ["Album", "Pause", "Pauses", "Place", "Slot", "Slots", "Star", "Tally"]
