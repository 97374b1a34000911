"""The command line: one file for each command, imported when it is run."""

from pucci.cli.group import main

__all__ = ["main"]
