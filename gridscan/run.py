"""Run a scenario: find it, plan it, evaluate it, write its result."""

from __future__ import annotations

import logging
import os
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from gridscan.engine.executors.dask_clients import client_at, client_given, client_of
from gridscan.engine.executors.executors import Executor, LocalExecutor, spread
from gridscan.engine.executors.local_processes import client_of_processes
from gridscan.engine.plan import Plan, make_plan
from gridscan.engine.reuse.fingerprint import identity_of
from gridscan.engine.runner import carry_out
from gridscan.engine.shards import Shard
from gridscan.engine.shown_progress import shown_progress
from gridscan.engine.written import Written
from gridscan.errors import (
    EvaluationWarning,
    ModelWarning,
    ScenarioWarning,
    StoreError,
    warn,
)
from gridscan.evaluation.lazy import compute_lazily
from gridscan.limits import DEFAULT
from gridscan.scenario.own_quantities import QUANTITIES
from gridscan.sources import RESULTS, Source, find_scenario
from gridscan.storage.names import check_names
from gridscan.storage.provenance import describe_dataset, provenance_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import xarray as xr

    from gridscan.engine.progress import Outcome, ProgressCallback
    from gridscan.limits import Limits
    from gridscan.model import Model

_LOG = logging.getLogger(__name__)


def plan(
    source: Source,
    *,
    model: Model | None = None,
    overrides: Mapping[str, Any] | None = None,
    output: str | Path | None = None,
    quantities: Sequence[str] | None = None,
    memory: str | int | None = None,
    limits: Limits = DEFAULT,
) -> Plan:
    """Plan a run without computing anything.

    The result of a shipped scenario goes to ``results/`` in the current folder, and that of a scenario from a result
    file to that file.

    Parameters
    ----------
    source
        A TOML file, a result file, the name of a shipped scenario, or a scenario.
    model
        Used instead of the model that the scenario names.
    overrides
        Values by name that replace those of the scenario; a list makes an axis.
    output
        Path of the result, instead of that of the scenario.
    quantities
        Names of quantities, instead of those of the scenario; the result records them.
    memory
        Memory that the run may take, such as ``"1GB"`` or a number of bytes; a quarter of the machine's by default.
    limits
        Sizes of blocks and the like, and timeouts of workers.

    Returns
    -------
    Plan
        Axes, quantities, blocks, and the memory and disk space needed; :func:`run` takes it as its source.

    Raises
    ------
    GridscanError
        If the scenario is faulty, or the path or memory is not allowed; the message says what is.

    Warns
    -----
    GridscanWarning
        If an axis or a value has no effect on the quantities asked for, or the model calls some of them doubtful.

    Examples
    --------
    >>> import gridscan as gs
    >>> plan = gs.plan("imf_scan")
    >>> [(axis.name, axis.size) for axis in plan.axes][:3]
    [('imf', 4), ('metallicity', 2), ('sfr', 10)]
    """
    asked = {} if quantities is None else {QUANTITIES: list(quantities)}
    scenario = find_scenario(source, model=model, overrides={**(overrides or {}), **asked})
    if output is None and isinstance(source, str | Path):
        if Path(source).suffix in RESULTS:
            output = Path(source).expanduser()
        elif not os.path.exists(source):
            output = Path("results", f"{Path(source).name}.nc")
    made = make_plan(scenario, path=output, memory=memory, limits=limits)
    check_names(made.names)
    return _warned(made)


def _warned(plan: Plan) -> Plan:
    for fault in plan.layout.idle:
        warn(fault, ScenarioWarning)
    for doubt in plan.layout.doubtful:
        warn(doubt, ModelWarning)
    return plan


def evaluate(
    source: Source,
    *,
    model: Model | None = None,
    overrides: Mapping[str, Any] | None = None,
    quantities: Sequence[str] | None = None,
    limits: Limits = DEFAULT,
) -> xr.Dataset:
    """Evaluate a scenario to a Dataset: small quantities at once, large ones when they are needed.

    Parameters
    ----------
    source
        A TOML file, a result file, the name of a shipped scenario, or a scenario.
    model
        Used instead of the model that the scenario names.
    overrides
        Values by name that replace those of the scenario; a list makes an axis.
    quantities
        Names of quantities, instead of those of the scenario.
    limits
        Sizes up to which quantities are computed at once, and sizes of chunks.

    Returns
    -------
    xarray.Dataset
        Each quantity with exactly the dimensions that it depends on, and its unit in the attribute ``units``; large
        ones are dask arrays.

    Raises
    ------
    GridscanError
        If the scenario is faulty or a quantity cannot be computed; the message says what was found, where, and what is
        allowed.

    Warns
    -----
    GridscanWarning
        If an axis or a value has no effect on the quantities asked for, or the model calls some of them doubtful.

    Examples
    --------
    The electrons of 1 and 20 kt of water, 10 for each 18 g/mol:

    >>> import gridscan as gs
    >>> scenario = gs.Scenario.parse('''
    ... model = "red_supergiants"
    ... axes.fiducial_mass = { values = [1, 20], unit = "kt" }
    ... output.quantities = ["number_of_electrons"]
    ... ''')
    >>> electrons = gs.evaluate(scenario)["number_of_electrons"]
    >>> electrons.dims, [f"{number:.3e}" for number in electrons.values]
    (('fiducial_mass',), ['3.346e+32', '6.691e+33'])
    """
    scenario = find_scenario(source, model=model, overrides=overrides)
    return execute(_warned(make_plan(scenario, quantities=quantities, limits=limits)))


def execute(plan: Plan) -> xr.Dataset:
    """Evaluate a plan in memory.

    Parameters
    ----------
    plan
        The plan of a scenario.

    Returns
    -------
    xarray.Dataset
        Its quantities, lazy where they are large, with their provenance in the attributes.
    """
    provenance = provenance_of(plan.scenario, plan.layout, identity_of(plan.layout))
    return describe_dataset(compute_lazily(plan.layout), provenance)


def run(
    source: Source | Plan,
    *,
    model: Model | None = None,
    overrides: Mapping[str, Any] | None = None,
    output: str | Path | None = None,
    quantities: Sequence[str] | None = None,
    memory: str | int | None = None,
    workers: int | None = None,
    scheduler: str | None = None,
    client: Any = None,
    cluster: Any = None,
    fail_fast: bool = False,
    progress: ProgressCallback | Literal[False] | None = None,
    shard: str | tuple[int, int] | None = None,
    reuse: Sequence[str | Path] = (),
    limits: Limits = DEFAULT,
) -> Written:
    """Evaluate a scenario block by block and write its result.

    A run that was stopped resumes where it was. Cells of an earlier result at the same path, of its shards, and of
    other results that are named, are reused if everything that determines them is unchanged: values, code, tables,
    versions.

    Parameters
    ----------
    source
        A TOML file, a result file (which is run again from the scenario inside it), the name of a shipped scenario,
        a scenario, or a plan.
    model
        Used instead of the model that the scenario names.
    overrides
        Values by name that replace those of the scenario; a list makes an axis.
    output
        Path of the result, instead of that of the scenario.
    quantities
        Names of quantities, instead of those of the scenario; the result records them.
    memory
        Memory that the run may take, such as ``"1GB"`` or a number of bytes; a quarter of the machine's by default.
    workers
        Number of local worker processes; by default this process alone computes, with threads where they help.
    scheduler
        Address of a dask scheduler whose workers compute, with the TLS settings of dask's configuration.
    client, cluster
        A client of ``dask.distributed`` or a cluster of dask, in place of an address; both stay open.
    fail_fast
        Whether to stop at the first cell that cannot be computed. By default the others are computed, and the variable
        ``run_status`` of the result says which could not be, and why.
    progress
        Called with a :class:`gridscan.engine.progress.Progress` whenever a block is done. By default, a run that lasts
        shows a bar in a terminal, and elsewhere a line a minute in the log ``gridscan``, or printed where no log is set
        up; False shows nothing.
    shard
        Such as ``(3, 40)`` or ``"3/40"``: compute only the third of 40 parts of the blocks, into a file beside the
        result, for :func:`merge`.
    reuse
        Other results, whose cells may be taken.
    limits
        Sizes of blocks and the like, and timeouts of workers.

    Returns
    -------
    Written
        Path of the result (a `pathlib.Path`), which also says how many cells were computed and reused.

    Raises
    ------
    GridscanError
        If the scenario is faulty or the result cannot be computed or written; the message says what was found, where,
        and what is allowed. Finished blocks are kept for the next run; an earlier result is replaced only when the new
        one is complete.

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
    ...     path = gs.run(scenario, output=Path(folder, "electrons.nc"))
    ...     with gs.open(path) as result:
    ...         print(result["number_of_electrons"].sizes["fiducial_mass"])
    2
    """
    todo = source
    if not isinstance(todo, Plan):
        todo = plan(
            todo, model=model, overrides=overrides, output=output, quantities=quantities, memory=memory, limits=limits
        )
    computing: dict[str, Any] = {"workers": workers, "scheduler": scheduler, "client": client, "cluster": cluster}
    with shown_progress() if progress is None else nullcontext(progress or None) as callback:
        options: dict[str, Any] = {"fail_fast": fail_fast, "progress": callback, "shard": shard, "reuse": reuse}
        outcome = perform(todo, **computing, **options)
    return told(outcome)


def told(outcome: Outcome) -> Written:
    """Warn of what has come of a run, and note what was done in the log.

    Parameters
    ----------
    outcome
        What was done.

    Returns
    -------
    Written
        Path of the result.
    """
    for note in outcome.notes:
        warn(note, EvaluationWarning)
    written = Written.of(outcome)
    _LOG.info(written.told)
    return written


def perform(
    plan: Plan,
    *,
    workers: int | None = None,
    scheduler: str | None = None,
    client: Any = None,
    cluster: Any = None,
    fail_fast: bool = False,
    progress: ProgressCallback | None = None,
    shard: str | tuple[int, int] | None = None,
    reuse: Sequence[str | Path] = (),
) -> Outcome:
    """Run a plan, and report what was done.

    Parameters
    ----------
    plan
        The plan of a scenario.
    workers
        Number of local worker processes; by default this process alone computes, with threads where they help.
    scheduler, client, cluster
        A dask scheduler, by its address or otherwise, whose workers compute.
    fail_fast
        Whether to stop at the first cell that cannot be computed.
    progress
        Called with a :class:`gridscan.engine.progress.Progress` whenever a block is done.
    shard
        Which part of the blocks to compute, such as ``(3, 40)`` or ``"3/40"``.
    reuse
        Other results, whose cells may be taken.

    Returns
    -------
    Outcome
        Path of the result, and notes for the user.
    """
    with crew(plan, {"workers": workers, "scheduler": scheduler, "client": client, "cluster": cluster}) as executor:
        share = None if shard is None else Shard.read(shard)
        lent = [Path(path).expanduser() for path in reuse]
        return carry_out(plan, executor, progress, fail_fast=fail_fast, shard=share, reuse=lent)


def crew(plan: Plan, asked: Mapping[str, Any]) -> AbstractContextManager[Executor]:
    """Return who computes: this process, or the one kind of workers that is asked for.

    Parameters
    ----------
    plan
        What is computed.
    asked
        By name, ``workers``, ``scheduler``, ``client`` and ``cluster``, of which at most one is not None.

    Returns
    -------
    contextlib.AbstractContextManager
        Of an executor.

    Raises
    ------
    StoreError
        If several are asked for, or fewer than one worker.
    """
    given = {name: value for name, value in asked.items() if value is not None}
    if len(given) > 1:
        names = " and ".join(f"--{name}" if name in ("workers", "scheduler") else name for name in given)
        raise StoreError(f"{names} cannot be combined")
    if not given:
        return nullcontext(LocalExecutor(plan.threads))
    limits = plan.layout.limits
    ((name, value),) = given.items()
    if name == "workers":
        if value < 1:
            raise StoreError(f"the number of workers must be at least 1, found {value}")
        return spread(partial(client_of_processes, value), limits)
    connect = {"scheduler": client_at, "client": client_given, "cluster": client_of}[name]
    return spread(partial(connect, value, limits), limits)
