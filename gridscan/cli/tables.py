"""Tables for a terminal, and the console that prints them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from rich.console import RenderableType

_PROSE = (
    *("", "members", "values", "value", "dimensions"),
    *("source", "records", "sets", "allowed", "must be", "given", "description"),
)


def new_table(*columns: str, title: str | None = None) -> Table:
    """Return a table in which prose wraps between words, but names and numbers do not."""
    table = Table(title=title, title_justify="left", box=None, header_style="bold", pad_edge=False)
    for column in columns:
        prose = column in _PROSE
        table.add_column(column, overflow="fold", no_wrap=not prose, min_width=13 if prose and column else None)
    return table


def console(*, stderr: bool = False) -> Console:
    """Return a console as wide as the terminal or COLUMNS, or else wide enough for all but the longest lines."""
    found = Console(stderr=stderr, highlight=False)
    return found if found.is_terminal or "COLUMNS" in os.environ else Console(stderr=stderr, highlight=False, width=200)


def show(content: RenderableType) -> None:
    """Print content; where a terminal does not hold it, in the pager of the environment variable PAGER."""
    where = console()
    with where.capture() as capture:
        where.print(content)
    if where.is_terminal and capture.get().count("\n") >= where.height:
        with where.pager():
            where.print(content)
    else:
        where.print(content)
