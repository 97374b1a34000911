"""Pucci: a dog's home on the web, that a family runs on a Raspberry Pi."""

__version__ = "0.1.0"
