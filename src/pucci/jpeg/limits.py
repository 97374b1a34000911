"""What Pucci takes for a camera's picture at all."""

from typing import Final

# A 4K webcam's frame is 2 to 5 MB; more is not a picture, and is not looked at.
MOST_BYTES: Final = 20_000_000
# The Pi's own cameras give up to 16 million pixels. Decoded at 1/8, 25 million are 0.4 MB.
MOST_PIXELS: Final = 25_000_000
LONGEST_SIDE: Final = 8192
# Noise at the best quality takes 3 bytes a pixel.
MOST_BYTES_A_PIXEL: Final = 4
# Headers have 6 to 20 segments.
MOST_SEGMENTS: Final = 200
# What is walked code by code, where each block costs a Pi some 0.03 ms: 1920 × 1080, as cameras make it.
MOST_WALKED_BLOCKS: Final = 70_000
MOST_WALKED_BYTES: Final = 500_000
