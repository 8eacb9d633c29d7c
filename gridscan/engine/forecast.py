"""What a run will find of its cells already computed."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gridscan.engine.files.build_layout import build_layout
from gridscan.engine.files.paths import survey
from gridscan.engine.reuse.earlier_file import close_all
from gridscan.engine.reuse.matching import Reuse

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gridscan.engine.plan import Plan


@dataclass(frozen=True)
class Forecast:
    """What a run will find of its cells already there, and why not more, by output; and what else it will meet."""

    reusable: Mapping[str, int]
    reasons: Mapping[str, str]
    notes: tuple[str, ...]


def forecast(plan: Plan) -> Forecast:
    """Say how many cells of a plan need not be computed, without comparing checksums, and why the others have to be."""
    file_layout = build_layout(plan)
    earlier_files, notes = survey(plan.path, plan.storage, plan.block_plan.nbytes, file_layout.record["run"])
    with contextlib.ExitStack() as stack:
        stack.callback(close_all, earlier_files)
        reuse = Reuse(file_layout, earlier_files)
        outputs = {key: item.cells for key, item in plan.block_plan.stored.items() if item.is_output}
        reusable = {key: reuse.count(key) for key in outputs}
        reasons = {key: reuse.reason(key) for key, cells in outputs.items() if earlier_files and reusable[key] < cells}
    return Forecast(reusable, reasons, tuple(notes))
