"""Evaluate a physics model over a whole grid of scenarios: labelled, with units, exact."""

from __future__ import annotations

import importlib
import sys
import types
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from gridscan.draws import Sampling
    from gridscan.errors import GridscanError, GridscanWarning
    from gridscan.local import local
    from gridscan.model import Model
    from gridscan.models import load_model as model
    from gridscan.nodes import kernel
    from gridscan.run import evaluate, plan, run
    from gridscan.sample import sample
    from gridscan.scenario import Scenario
    from gridscan.store import open_result as open

__all__ = [
    "GridscanError",
    "GridscanWarning",
    "Model",
    "Sampling",
    "Scenario",
    "evaluate",
    "kernel",
    "local",
    "model",
    "open",
    "plan",
    "run",
    "sample",
]

# Public names are imported when they are first used, so that `gridscan --help` does not wait for xarray and dask.
_HOMES = {
    "GridscanError": ("gridscan.errors", "GridscanError"),
    "GridscanWarning": ("gridscan.errors", "GridscanWarning"),
    "Model": ("gridscan.model", "Model"),
    "Sampling": ("gridscan.draws", "Sampling"),
    "Scenario": ("gridscan.scenario", "Scenario"),
    "evaluate": ("gridscan.run", "evaluate"),
    "kernel": ("gridscan.nodes", "kernel"),
    "local": ("gridscan.local", "local"),
    "model": ("gridscan.models", "load_model"),
    "open": ("gridscan.store", "open_result"),
    "plan": ("gridscan.run", "plan"),
    "run": ("gridscan.run", "run"),
    "sample": ("gridscan.sample", "sample"),
}


class _Package(types.ModuleType):
    """Keeps ``gridscan.run`` the function when the module of the same name is imported."""

    def __setattr__(self, name: str, value: Any) -> None:
        if not (name in _HOMES and isinstance(value, types.ModuleType)):
            super().__setattr__(name, value)

    def __getattr__(self, name: str) -> Any:
        if name not in _HOMES:
            raise AttributeError(f"module 'gridscan' has no attribute {name!r}")
        importlib.import_module("gridscan.accessor")
        module, attribute = _HOMES[name]
        value = getattr(importlib.import_module(module), attribute)
        self.__dict__[name] = value
        return value

    def __dir__(self) -> list[str]:
        return sorted({*self.__dict__, *__all__})


sys.modules[__name__].__class__ = _Package
