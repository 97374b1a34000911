"""The album: all photos, as an index of rows and a store of bytes."""
