"""The album: all photos, as an index of rows and a store of bytes."""

from pucci.album.album import Album, HoldsSince
from pucci.album.films import Film
from pucci.album.kept import Place, Star
from pucci.album.pauses import Pause, Pauses
from pucci.album.room import Limits, RoomState
from pucci.album.slots import Slot, Slots, Tally

__all__ = [
    "Album",
    "Film",
    "HoldsSince",
    "Limits",
    "Pause",
    "Pauses",
    "Place",
    "RoomState",
    "Slot",
    "Slots",
    "Star",
    "Tally",
]
