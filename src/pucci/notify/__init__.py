"""Telling somebody: one file for each way, imported when it is used."""

from pucci.notify.message import Message, Way
from pucci.notify.outbox import Outbox, Sent
from pucci.notify.ways import ways_of

__all__ = ["Message", "Outbox", "Sent", "Way", "ways_of"]
