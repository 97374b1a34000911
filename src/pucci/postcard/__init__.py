"""The daily postcard: the day's best photo, and its numbers."""

from pucci.postcard.best import best
from pucci.postcard.write import Postcard, Postcards

__all__ = ["Postcard", "Postcards", "best"]
