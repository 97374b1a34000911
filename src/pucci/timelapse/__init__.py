"""Films of photos: which photos, how they become H.264, and who makes them when."""

from pucci.timelapse.maker import FilmMaker

__all__ = ["FilmMaker"]
