"""Numbers in sentences, in English: pages say theirs in the reader's language."""


def counted(number: float, one: str, many: str = "") -> str:
    """Return "1 photo", "2 photos"; `many` is given where it is not `one` with an s."""
    said = f"{number:g}" if isinstance(number, float) else number
    return f"{said} {one if number == 1 else many or one + 's'}"
