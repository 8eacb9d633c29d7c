"""Designs of earlier files: whether this run extends them, or draws other numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gridscan.errors import StoreError, listed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gridscan.engine.reuse.earlier_file import EarlierFile
    from gridscan.inputs.uncertain import Drawn

#: Name in the record of a file.
DESIGN = "design"


def said_of(drawn: Drawn | None) -> dict[str, Any]:
    """Return what the record of a file says of its design, if it has one."""
    if drawn is None:
        return {}
    return {DESIGN: {**drawn.design.model_dump(), "dimensions": drawn.dimensions}}


def refuse_extension(record: Mapping[str, Any], earlier_files: Sequence[EarlierFile]) -> None:
    """Refuse to extend a Latin hypercube, of which every draw would be another.

    Raises
    ------
    StoreError
        If an earlier file has the same one with another number of draws.
    """
    for earlier, old, new in _pairs(record, earlier_files):
        alike = [item["method"] == "latin-hypercube" for item in (old, new)] == [True, True]
        if alike and old["points"] != new["points"] and old["seed"] == new["seed"]:
            raise StoreError(
                f"{earlier.path}: has a Latin hypercube of {old['points']:,} draws, which cannot become one of"
                f" {new['points']:,}: every draw would be another. Write to another file with --output, or use the"
                " method 'sobol', which can be extended"
            )


def notes_on(record: Mapping[str, Any], earlier_files: Sequence[EarlierFile]) -> list[str]:
    """Say which parameters have other draws than in earlier files because they stand in another place."""
    notes = []
    for earlier, old, new in _pairs(record, earlier_files):
        if old["method"] != "sobol" or new["method"] != "sobol" or old["seed"] != new["seed"]:
            continue
        before, now = old["dimensions"], new["dimensions"]
        moved = [name for name in now if name in before and before[name] != now[name]]
        if moved:
            notes.append(
                f"{earlier.path}: has {listed(map(repr, moved))} in another place among all that is uncertain, so that"
                f" {'its draws are others' if len(moved) == 1 else 'their draws are others'} now; new parameters keep"
                " the draws of others only at the end"
            )
    return notes


def _pairs(
    record: Mapping[str, Any], earlier_files: Sequence[EarlierFile]
) -> list[tuple[EarlierFile, Mapping[str, Any], Mapping[str, Any]]]:
    """Return earlier files with their design and that of this run, where both have one."""
    if DESIGN not in record:
        return []
    return [(it, it.record[DESIGN], record[DESIGN]) for it in earlier_files if DESIGN in it.record]
