"""Printing a line of text: what files and scenarios hold cannot move the cursor or colour the terminal."""

from __future__ import annotations

import click

from gridscan.errors import printable


def say(text: str, *, err: bool = False, nl: bool = True) -> None:
    """Print a text, to the standard output or that of errors."""
    click.echo(printable(text), err=err, nl=nl)
