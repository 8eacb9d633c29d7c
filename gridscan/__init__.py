"""Evaluate a physics model over a whole grid of scenarios, labelled and with units."""

from __future__ import annotations

import importlib
import sys
import types
from typing import TYPE_CHECKING, Any

from gridscan._version import __version__
from gridscan.xarray_hook import register

if TYPE_CHECKING:
    from gridscan.comparison.compare import compare
    from gridscan.definition.figures import Figure
    from gridscan.definition.nodes import AlternativeInput, kernel
    from gridscan.errors import GridscanError, GridscanWarning
    from gridscan.inference.observations import count, measured
    from gridscan.inputs.distributions import (
        choice,
        correlated,
        distribution,
        log_uniform,
        lognormal,
        normal,
        table,
        triangular,
        uniform,
    )
    from gridscan.inputs.sampling import Sampling
    from gridscan.limits import Limits
    from gridscan.local_sensitivity import local
    from gridscan.merge import merge
    from gridscan.model import Model
    from gridscan.model_loader import load_model as model
    from gridscan.run import evaluate, plan, run
    from gridscan.sample import sample
    from gridscan.scenario.reader import Scenario
    from gridscan.screening.screen import screen
    from gridscan.storage.files import open_result as open
    from gridscan.uncertainty.designs import Design
    from gridscan.versions import show_versions

__all__ = [
    "AlternativeInput",
    "Design",
    "Figure",
    "GridscanError",
    "GridscanWarning",
    "Limits",
    "Model",
    "Sampling",
    "Scenario",
    "__version__",
    "choice",
    "compare",
    "correlated",
    "count",
    "distribution",
    "evaluate",
    "kernel",
    "local",
    "log_uniform",
    "lognormal",
    "measured",
    "merge",
    "model",
    "normal",
    "open",
    "plan",
    "run",
    "sample",
    "screen",
    "show_versions",
    "table",
    "triangular",
    "uniform",
]

# Public names are imported when they are first used, so that `gridscan --help` does not wait for xarray and dask.
_HOMES = {
    "AlternativeInput": ("gridscan.definition.nodes", "AlternativeInput"),
    "Design": ("gridscan.uncertainty.designs", "Design"),
    "Figure": ("gridscan.definition.figures", "Figure"),
    "GridscanError": ("gridscan.errors", "GridscanError"),
    "GridscanWarning": ("gridscan.errors", "GridscanWarning"),
    "Limits": ("gridscan.limits", "Limits"),
    "Model": ("gridscan.model", "Model"),
    "Sampling": ("gridscan.inputs.sampling", "Sampling"),
    "Scenario": ("gridscan.scenario.reader", "Scenario"),
    "choice": ("gridscan.inputs.distributions", "choice"),
    "compare": ("gridscan.comparison.compare", "compare"),
    "correlated": ("gridscan.inputs.distributions", "correlated"),
    "count": ("gridscan.inference.observations", "count"),
    "distribution": ("gridscan.inputs.distributions", "distribution"),
    "evaluate": ("gridscan.run", "evaluate"),
    "kernel": ("gridscan.definition.nodes", "kernel"),
    "local": ("gridscan.local_sensitivity", "local"),
    "log_uniform": ("gridscan.inputs.distributions", "log_uniform"),
    "lognormal": ("gridscan.inputs.distributions", "lognormal"),
    "measured": ("gridscan.inference.observations", "measured"),
    "merge": ("gridscan.merge", "merge"),
    "model": ("gridscan.model_loader", "load_model"),
    "normal": ("gridscan.inputs.distributions", "normal"),
    "open": ("gridscan.storage.files", "open_result"),
    "plan": ("gridscan.run", "plan"),
    "run": ("gridscan.run", "run"),
    "sample": ("gridscan.sample", "sample"),
    "screen": ("gridscan.screening.screen", "screen"),
    "show_versions": ("gridscan.versions", "show_versions"),
    "table": ("gridscan.inputs.distributions", "table"),
    "triangular": ("gridscan.inputs.distributions", "triangular"),
    "uniform": ("gridscan.inputs.distributions", "uniform"),
}


class _Package(types.ModuleType):
    """Keeps ``gridscan.run`` the function when the module of the same name is imported."""

    def __setattr__(self, name: str, value: Any) -> None:
        if not (name in _HOMES and isinstance(value, types.ModuleType)):
            super().__setattr__(name, value)

    def __getattr__(self, name: str) -> Any:
        if name not in _HOMES:
            hint = "" if name.startswith("_") else importlib.import_module("gridscan.errors").nearest(name, __all__)
            raise AttributeError(f"module 'gridscan' has no attribute {name!r}{hint}")
        module, attribute = _HOMES[name]
        value = getattr(importlib.import_module(module), attribute)
        self.__dict__[name] = value
        return value

    def __dir__(self) -> list[str]:
        return sorted({*self.__dict__, *__all__})


sys.modules[__name__].__class__ = _Package
register()
del register
