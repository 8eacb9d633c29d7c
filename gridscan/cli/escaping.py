"""Text of files, scenarios and models in the tables that rich prints."""

from __future__ import annotations

from rich.markup import escape as without_markup

from gridscan.errors import printable


def escape(text: str) -> str:
    """Return a text of one or more lines for a table of rich."""
    return without_markup(printable(text))


def escape_line(text: object) -> str:
    """Return what a file says for one cell of a table of rich."""
    return without_markup(printable(str(text), lines=False))
