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
