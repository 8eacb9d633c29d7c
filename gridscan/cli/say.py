"""Printing a line of text: what files and scenarios hold cannot move the cursor or colour the terminal."""

from __future__ import annotations

import click

from gridscan.errors import printable

_QUIET = "gridscan.quiet"


def say(text: str, *, err: bool = False, nl: bool = True) -> None:
    """Print an answer, to the standard output or that of errors."""
    click.echo(printable(text), err=err, nl=nl)


def tell(text: str, *, err: bool = False) -> None:
    """Print what was done, unless --quiet was given."""
    if not is_quiet():
        say(text, err=err)


def is_quiet() -> bool:
    """Tell whether --quiet was given, before or after the name of the command."""
    context = click.get_current_context(silent=True)
    return context is not None and bool(context.find_root().meta.get(_QUIET))


def be_quiet(ctx: click.Context, _parameter: click.Parameter, value: bool) -> None:
    """Remember --quiet."""
    if value:
        ctx.find_root().meta[_QUIET] = True
