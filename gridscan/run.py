"""Running a scenario: find it, plan it, evaluate it, write it."""

from __future__ import annotations

import os
import warnings
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gridscan.engine.executors.executors import Executor, LocalExecutor, cluster_at, local_cluster
from gridscan.engine.plan import Plan, make_plan
from gridscan.engine.reuse.fingerprint import identity_of
from gridscan.engine.runner import Outcome, ProgressCallback, carry_out
from gridscan.errors import GridscanWarning, ScenarioError, StoreError, nearest
from gridscan.evaluation.lazy import compute_lazily
from gridscan.inputs.shipped_files import shipped_scenarios
from gridscan.limits import DEFAULT
from gridscan.scenario.reader import Scenario
from gridscan.storage.files import open_result, scenario_in
from gridscan.storage.provenance import describe_dataset, provenance_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import xarray as xr

    from gridscan.limits import Limits
    from gridscan.model import Model

Source = str | Path | Scenario
#: What the names of results end in.
RESULTS = (".nc", ".zarr")


def find_scenario(
    source: Source, *, model: Model | None = None, overrides: Mapping[str, Any] | None = None
) -> Scenario:
    """Return the scenario that `source` names.

    Parameters
    ----------
    source
        A TOML file, a result file (whose scenario is taken from inside it), the name of a shipped scenario, or a
        scenario.
    model
        Used instead of the model that the scenario names.
    overrides
        Values by name that win over those of the scenario.

    Raises
    ------
    ScenarioError, StoreError
        If there is no such scenario, or it is faulty.
    """
    if isinstance(source, Scenario):
        if model is None and not overrides:
            return source
        merged = {**source.overrides, **(overrides or {})}
        return Scenario.parse(
            source.text,
            name=source.name,
            file=source.file,
            folder=source.folder,
            model=model or source.model,
            overrides=merged,
            tables=source.tables,
        )
    path = Path(source)
    if path.suffix in RESULTS:
        found = scenario_in(path)
        merged = {**found.overrides, **(overrides or {})}
        name = f"{path}[{found.scenario_name}]"
        file = found.scenario_name
        return Scenario.parse(
            found.scenario,
            name=name,
            file=file,
            folder=path.parent,
            model=model,
            overrides=merged,
            tables=_not_named(found.tables, overrides or {}),
        )
    if not os.path.exists(path) and str(source) in shipped_scenarios():
        return Scenario.load(shipped_scenarios()[str(source)], model=model, overrides=overrides)
    if not os.path.exists(path) and not path.suffix and (hint := nearest(str(source), shipped_scenarios())):
        raise ScenarioError(f"there is no scenario {str(source)!r}, neither a file nor a shipped one{hint}")
    return Scenario.load(path, model=model, overrides=overrides)


def _not_named(tables: Mapping[str, str], overrides: Mapping[str, Any]) -> dict[str, str]:
    """Return the files that a result carries but those that are named anew, which are read anew."""
    named = {str(item) for value in overrides.values() for item in (value if isinstance(value, list) else [value])}
    return {name: content for name, content in tables.items() if name not in named}


def plan(
    source: Source,
    *,
    model: Model | None = None,
    overrides: Mapping[str, Any] | None = None,
    output: str | Path | None = None,
    memory: str | int | None = None,
    limits: Limits = DEFAULT,
) -> Plan:
    """Plan a run without computing anything; see :func:`run`.

    The result of a shipped scenario that is asked for by its name goes to ``results/`` in the current folder, and
    that of a scenario taken from a result file to that file.
    """
    scenario = find_scenario(source, model=model, overrides=overrides)
    if output is None and isinstance(source, str | Path):
        if Path(source).suffix in RESULTS:
            _refuse_to_replace_a_sample(source)
            output = source
        elif not os.path.exists(source):
            output = Path("results", f"{Path(source).name}.nc")
    return _warned(make_plan(scenario, path=output, memory=memory, limits=limits))


def _refuse_to_replace_a_sample(path: str | Path) -> None:
    with open_result(path) as dataset:
        if "gridscan_population" in dataset.attrs:
            raise StoreError(f"{path}: is a sample, which a run would replace; give another place with --output")


def _warned(plan: Plan) -> Plan:
    for fault in plan.layout.idle:
        warnings.warn(fault, GridscanWarning, stacklevel=3)
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
        Values by name that win over those of the scenario.
    quantities
        Instead of those of the scenario.
    limits
        Up to which sizes quantities are computed at once, and how large chunks are.

    Raises
    ------
    GridscanError
        Saying what was found, where, and what is allowed.
    """
    scenario = find_scenario(source, model=model, overrides=overrides)
    return execute(_warned(make_plan(scenario, quantities=quantities, limits=limits)))


def execute(plan: Plan) -> xr.Dataset:
    """Return the lazy Dataset of a plan, with what makes it in its attributes."""
    provenance = provenance_of(plan.scenario, plan.layout, identity_of(plan.layout))
    return describe_dataset(compute_lazily(plan.layout), provenance)


def run(
    source: Source | Plan,
    *,
    model: Model | None = None,
    overrides: Mapping[str, Any] | None = None,
    output: str | Path | None = None,
    memory: str | int | None = None,
    workers: int | None = None,
    scheduler: str | None = None,
    fail_fast: bool = False,
    progress: ProgressCallback | None = None,
    limits: Limits = DEFAULT,
) -> Path:
    """Evaluate a scenario block by block and write its result; return where.

    A run that was stopped goes on where it was. What an earlier result at the same place holds is used as far as
    nothing that made it is different: values, code, tables, versions.

    Parameters
    ----------
    source
        A TOML file, a result file (which is run again from the scenario inside it), the name of a shipped scenario,
        a scenario, or a plan.
    model, overrides
        As for :func:`evaluate`.
    output
        Instead of the output path of the scenario.
    memory
        What the run may take, such as ``"1GB"``; a quarter of the machine's by default.
    workers
        How many processes of this machine compute; by default this one alone, with threads where they help.
    scheduler
        Address of a dask scheduler whose workers compute.
    fail_fast
        Whether to stop at the first cell that cannot be computed. By default the others are computed, and the variable
        ``status`` of the result says which could not be, and why.
    progress
        Is called with a :class:`gridscan.engine.runner.Progress` whenever a block is done.
    limits
        Sizes of blocks and the like, and how long is waited for workers.

    Warns
    -----
    GridscanWarning
        If cells could not be computed, or damage was found.

    Raises
    ------
    GridscanError
        Saying what was found, where, and what is allowed. What is done is kept for the next run; an earlier result is
        lost only when the new one is whole.
    """
    todo = (
        source
        if isinstance(source, Plan)
        else plan(source, model=model, overrides=overrides, output=output, memory=memory, limits=limits)
    )
    outcome = perform(todo, workers=workers, scheduler=scheduler, fail_fast=fail_fast, progress=progress)
    for note in outcome.notes:
        warnings.warn(note, GridscanWarning, stacklevel=2)
    return outcome.path


def perform(
    plan: Plan,
    *,
    workers: int | None = None,
    scheduler: str | None = None,
    fail_fast: bool = False,
    progress: ProgressCallback | None = None,
) -> Outcome:
    """Run a plan, and tell what was done; see :func:`run`."""
    with _crew(plan, workers, scheduler) as executor:
        return carry_out(plan, executor, progress, fail_fast=fail_fast)


def _crew(plan: Plan, workers: int | None, scheduler: str | None) -> AbstractContextManager[Executor]:
    if workers is not None and scheduler is not None:
        raise StoreError("workers of this machine and those of a scheduler cannot be had together; give one of the two")
    if scheduler is not None:
        return cluster_at(scheduler, plan.layout.limits)
    if workers is None:
        return nullcontext(LocalExecutor(plan.threads))
    if workers < 1:
        raise StoreError(f"{workers} workers cannot compute; give at least 1")
    return local_cluster(workers, plan.layout.limits)
