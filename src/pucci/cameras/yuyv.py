"""Raw pictures (YUYV) to JPEG, for cameras that make no JPEG themselves."""

from io import BytesIO

from PIL import Image

from pucci.cameras.kernel import Format

QUALITY = 85
# BT.601 as cameras send it uses 16 to 235 for light and 16 to 240 for colour; JPEG uses all of 0 to 255.
_LIGHT = [min(255, max(0, round((value - 16) * 255 / 219))) for value in range(256)]
_COLOUR = [min(255, max(0, round((value - 128) * 255 / 224 + 128))) for value in range(256)]


def to_jpeg(data: bytes, form: Format) -> bytes:
    """Return a JPEG of one YUYV picture. What is missing at its end becomes grey."""
    stride = max(form.stride, form.width * 2)
    # Two dots share their colour, so four bytes make two dots: light, blue, light, red.
    stride -= stride % 4
    data = data[: stride * form.height]
    data += b"\x80" * (stride * form.height - len(data))
    half = (stride // 4, form.height)
    light = Image.frombytes("L", (stride // 2, form.height), data[0::2])
    blue, red = (
        Image.frombytes("L", half, data[start::4]).resize(light.size, Image.Resampling.NEAREST)
        for start in (1, 3)
    )
    if not form.full_range:
        light, blue, red = light.point(_LIGHT), blue.point(_COLOUR), red.point(_COLOUR)
    picture = Image.merge("YCbCr", (light, blue, red)).crop((0, 0, form.width, form.height))
    buffer = BytesIO()
    picture.save(buffer, "JPEG", quality=QUALITY, subsampling="4:2:2")
    return buffer.getvalue()
