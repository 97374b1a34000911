"""What Pucci takes for a camera's picture at all."""

from typing import Final

# A 4K webcam's frame is 2 to 5 MB; more is not a picture, and is not looked at.
MOST_BYTES: Final = 20_000_000
# The Pi's own cameras give up to 16 million pixels. Decoded at 1/8, 25 million are 0.4 MB.
MOST_PIXELS: Final = 25_000_000
LONGEST_SIDE: Final = 8192
