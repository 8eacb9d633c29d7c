"""The command that reads whole results and compares all that is in them with their checksums."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from gridscan.cli import completion
from gridscan.cli.group import main
from gridscan.cli.say import is_quiet, say

if TYPE_CHECKING:
    from gridscan.storage.standing import Standing


@main.command(examples=["verify results/imf_scan.nc"])
@click.argument("files", nargs=-1, required=True, shell_complete=completion.files)
@click.pass_context
def verify(ctx: click.Context, files: tuple[str, ...]) -> None:
    """Compare all that is in results with checksums.

    The exit status is 0 if all are as gridscan wrote them, and 2 if any is damaged, was changed or is no result.
    """
    from gridscan.atomic import reason
    from gridscan.storage.standing import standing_of

    whole = True
    for file in files:
        try:
            found = standing_of(Path(file))
            said, is_whole = _said(file, found), found.kind == "whole"
        except OSError as error:
            said, is_whole = f"cannot be read: {reason(error)}", False
        if not (is_whole and is_quiet()):
            say(f"{file}: {said}")
        whole = whole and is_whole
    if not whole:
        ctx.exit(2)


def _said(file: str, found: Standing) -> str:
    """Return what a file is, and what to do about it."""
    if found.kind == "whole":
        return "whole"
    again = "run its scenario again" if found.of_run else "make it again"
    advice = {
        "damaged": f"gridscan run {file} computes these again" if found.of_run else again,
        "unfinished": f"gridscan run {file} goes on from there",
        "changed": f"to have it as it was, {again} with another --output",
        "derived": f"what it was made of can be verified; or {again} with another --output",
        "unknown": f"{again} with another --output",
        "nothing": "give the path of a result",
        "foreign": "only results, samples and answers of gridscan can be verified",
    }.get(found.kind, "")
    return f"{found.said}; {advice}" if advice else found.said
