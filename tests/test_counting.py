"""Numbers in sentences."""

import pytest

from pucci.counting import counted


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (0, ("photo",)),
        (1, ("photo",)),
        (2, ("photo",)),
        (1_000_000, ("photo",)),
        (1, ("person", "people")),
        (2, ("person", "people")),
        (1.0, ("hour",)),
        (1.5, ("hour",)),
    ],
)
def test_one_thing_is_one_and_all_else_is_many(number: float, words: tuple[str, ...]):
    one, many = (*words, f"{words[0]}s")[:2]
    assert counted(number, *words) == f"{number:.7g} {one if number == 1 else many}"
