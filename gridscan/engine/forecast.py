"""Forecast of a run: how many of its cells are already computed, and why the others are not."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gridscan.engine.files.build_layout import build_layout
from gridscan.engine.files.paths import own_of, survey
from gridscan.engine.reuse.designs import notes_on, refuse_extension
from gridscan.engine.reuse.earlier_file import close_all
from gridscan.engine.reuse.matching import Reuse
from gridscan.engine.shards import lenders_to
from gridscan.errors import ScenarioError, StoreError, listed, nearest
from gridscan.fingerprint.identity import incomparable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from gridscan.engine.plan import Plan


@dataclass(frozen=True)
class Forecast:
    """Reusable cells and why the others are not, by output, and notes for the user."""

    reusable: Mapping[str, int]
    reasons: Mapping[str, str]
    notes: tuple[str, ...]


def forecast(plan: Plan, reuse: Sequence[Path] = ()) -> Forecast:
    """Count the cells of a plan that can be reused, without comparing checksums, and say why the others cannot.

    Parameters
    ----------
    reuse
        Other results whose cells may be taken.

    Raises
    ------
    StoreError
        If one of these cannot be read.
    """
    file_layout = build_layout(plan)
    lenders = lenders_to(plan.path, None, reuse)
    earlier_files, notes = survey(plan.path, plan.storage, plan.block_plan.nbytes, file_layout.record["run"], lenders)
    with contextlib.ExitStack() as stack:
        stack.callback(close_all, earlier_files)
        notes += [*_said_of_design(plan), *notes_on(file_layout.record, earlier_files)]
        try:
            refuse_extension(file_layout.record, own_of(plan.path, earlier_files))
        except StoreError as error:
            notes.append(str(error))
        found = Reuse(file_layout, earlier_files)
        outputs = {key: item.cells for key, item in plan.block_plan.stored.items() if item.is_output}
        reusable = {key: found.count(key) for key in outputs}
        reasons = {key: found.reason(key) for key, cells in outputs.items() if earlier_files and reusable[key] < cells}
    return Forecast(reusable, reasons, tuple(notes))


def identity_parts(plan: Plan, name: str) -> dict[str, dict[str, str]]:
    """Return what the cells of an output are known by: where one of these changes, they are computed again.

    Returns
    -------
    dict
        By kind, what it is by name: the inputs, with the dimensions of their values; the code of the formulas and what
        they name, with digests and versions; that of gridscan which computes with them; what cannot be compared.

    Raises
    ------
    ScenarioError
        If the plan has no such output.
    """
    outputs = [key for key, item in plan.block_plan.stored.items() if item.is_output]
    if name not in outputs:
        raise ScenarioError(f"no output {name!r}{nearest(name, outputs)}; there are {listed(outputs)}")
    record = build_layout(plan).record
    own, code = record["variables"][name], record["code"]
    never = incomparable({part: code[part] for part in own["code"]})
    dims = {item: ", ".join(record["inputs"][item]["dims"]) or "one value" for item in own["inputs"]}
    return {
        "computed anew each time": dict.fromkeys(never, "cannot be compared"),
        "inputs": dims,
        "code": {part: code[part] for part in own["code"] if part not in {*never, *record["core"]}},
        "gridscan": {part: code[part] for part in record["core"]},
    }


def _said_of_design(plan: Plan) -> list[str]:
    drawn = plan.layout.resolved.drawn
    return [drawn.design.note] if drawn is not None and drawn.design.note is not None else []
