"""The herald: tells once when something goes wrong and once when it is well, and sends the daily postcard."""

from pucci.herald.thread import Herald

__all__ = ["Herald"]
