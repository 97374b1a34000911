"""The reference pages say what the code does."""

from pathlib import Path

import pytest

from pucci.cli.reference import access_page, commands_page, settings_page

DOCS = Path(__file__).parent.parent / "docs" / "reference"


@pytest.mark.parametrize(
    ("file", "page"),
    [("settings.md", settings_page), ("commands.md", commands_page), ("access.md", access_page)],
)
def test_the_reference_is_what_the_code_makes(file: str, page):  # noqa: ANN001
    assert (DOCS / file).read_text() == page(), "run script/reference"


def test_every_command_has_help_with_an_example():
    import click

    from pucci.cli.group import COMMANDS, cli

    context = click.Context(cli)
    for name in COMMANDS:
        command = cli.get_command(context, name)
        assert command is not None
        inner = [command]
        if isinstance(command, click.Group):
            inner = [command.commands[word] for word in command.commands]
        for one in inner:
            assert one.help, name
            assert "Example" in one.help, f"{name} {one.name}"


def test_the_readme_shows_two_pictures_that_load_quickly():
    import re

    from PIL import Image

    readme = DOCS.parents[1] / "README.md"
    shown = re.findall(r"!\[[^\]]{20,}\]\(([^)]+)\)", readme.read_text())
    assert len(shown) == 2
    for name in shown:
        path = readme.parent / name
        assert path.stat().st_size <= 150_000
        with Image.open(path) as picture:
            assert picture.width >= 1000
            assert not picture.getexif()
