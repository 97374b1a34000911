"""Capture: from a camera to the album, slot by slot."""
