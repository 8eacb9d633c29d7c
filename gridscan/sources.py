"""The scenario that a user names: by a file, a result, a name, or itself."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gridscan.errors import ScenarioError, nearest
from gridscan.inputs.shipped_files import shipped_scenarios
from gridscan.scenario.reader import Scenario
from gridscan.storage.files import scenario_in

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gridscan.model import Model

Source = str | Path | Scenario
#: Suffixes of results.
RESULTS = (".nc", ".zarr")


def find_scenario(
    source: Source, *, model: Model | None = None, overrides: Mapping[str, Any] | None = None
) -> Scenario:
    """Return the scenario that `source` names.

    Parameters
    ----------
    source
        A TOML file, a result file (for the scenario inside it), the name of a shipped scenario, or a scenario.
    model
        Used instead of the model that the scenario names.
    overrides
        Values by name that replace those of the scenario.

    Returns
    -------
    Scenario
        Read and validated.

    Raises
    ------
    ScenarioError
        If there is no such scenario, or it is faulty.
    StoreError
        If the result file cannot be read.
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
    path = Path(source).expanduser()
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
        raise ScenarioError(f"no scenario {str(source)!r}, neither a file nor a shipped one{hint}")
    return Scenario.load(path, model=model, overrides=overrides)


def _not_named(tables: Mapping[str, str], overrides: Mapping[str, Any]) -> dict[str, str]:
    """Return the files inside a result, except those that overrides name, which are read from disk."""
    named = {str(item) for value in overrides.values() for item in (value if isinstance(value, list) else [value])}
    return {name: content for name, content in tables.items() if name not in named}
