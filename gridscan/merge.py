"""Merge the shards of a scenario into its result."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gridscan.engine.merging import merge_shards
from gridscan.engine.plan import Plan
from gridscan.limits import DEFAULT
from gridscan.run import crew, plan, told

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from gridscan.engine.progress import Outcome, ProgressCallback
    from gridscan.engine.written import Written
    from gridscan.limits import Limits
    from gridscan.model import Model
    from gridscan.sources import Source


def merge(
    source: Source | Plan,
    *,
    model: Model | None = None,
    overrides: Mapping[str, Any] | None = None,
    output: str | Path | None = None,
    quantities: Sequence[str] | None = None,
    memory: str | int | None = None,
    workers: int | None = None,
    progress: ProgressCallback | None = None,
    limits: Limits = DEFAULT,
) -> Written:
    """Make the result of a scenario from its shards, which are removed when the result has been read back.

    The file is the one that :func:`run` would write. Blocks with cells that failed are tried again.

    Parameters
    ----------
    source
        As :func:`run` was given for each shard: a TOML file, the name of a shipped scenario, a scenario, or a plan.
    model
        Used instead of the model that the scenario names.
    overrides
        Values by name that replace those of the scenario.
    output
        Path of the result, instead of that of the scenario.
    quantities
        Names of quantities, instead of those of the scenario.
    memory
        Memory that the merge may take, such as ``"1GB"`` or a number of bytes.
    workers
        Number of local worker processes that try again what failed.
    progress
        Called with a :class:`gridscan.engine.progress.Progress` whenever a block is done.
    limits
        Sizes of blocks and the like.

    Returns
    -------
    Written
        Path of the result.

    Raises
    ------
    StoreError
        If shards are missing or not finished, or are of another split, plan or code; the message names them. All stay.

    Warns
    -----
    GridscanWarning
        If cells could not be computed, or damage was found.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import gridscan as gs
    >>> scenario = gs.Scenario.parse('''
    ... model = "red_supergiants"
    ... axes.fiducial_mass = { values = [1, 20], unit = "kt" }
    ... output.quantities = ["number_of_electrons"]
    ... ''')
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     place = Path(folder, "electrons.nc")
    ...     shards = [gs.run(scenario, output=place, shard=(number, 2)) for number in (1, 2)]
    ...     print(gs.merge(scenario, output=place).reused)
    2
    """
    todo = source
    if not isinstance(todo, Plan):
        todo = plan(
            todo, model=model, overrides=overrides, output=output, quantities=quantities, memory=memory, limits=limits
        )
    return told(perform_merge(todo, workers=workers, progress=progress))


def perform_merge(plan: Plan, *, workers: int | None = None, progress: ProgressCallback | None = None) -> Outcome:
    """Merge the shards of a plan, and report what was done.

    Parameters
    ----------
    plan
        The plan of a scenario.
    workers
        Number of local worker processes that try again what failed.
    progress
        Called with a :class:`gridscan.engine.progress.Progress` whenever a block is done.

    Returns
    -------
    Outcome
        Path of the result, and notes for the user.
    """
    with crew(plan, {"workers": workers}) as executor:
        return merge_shards(plan, executor, progress)
