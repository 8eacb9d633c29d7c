"""Sending the workload of a run to other processes: as bytes, with the code that they cannot import.

Functions of gridscan, of installed distributions and of Python are imported there, and so is what functions import when
they run; those of a model file, of modules beside it, of a script or of a notebook are inside the bytes. Workers whose
imported code differs from the code here are refused: their numbers would be those of other code.
"""

from __future__ import annotations

import functools
import io
import pickle
import re
import socket
import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

import cloudpickle

from gridscan.engine.reuse.fingerprint import CORE
from gridscan.errors import GridscanError, StoreError
from gridscan.fingerprint.identity import changes, code_of, code_of_module, imported_late
from gridscan.fingerprint.modules import is_followed
from gridscan.units import Unit, unit_of_powers

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gridscan.definition.graph import Step
    from gridscan.engine.compute import Workload

_OWN = "gridscan"
_OWN_FILE = re.compile(rf"\b({_OWN}/[\w/]+)\.py$")


class _Pickler(cloudpickle.Pickler):
    """A pickler that can also send cached functions, and units, which belong to the registry of a process."""

    def reducer_override(self, item: Any) -> Any:
        if isinstance(item, Unit):
            return unit_of_powers, (tuple(item._units.items()),)
        if isinstance(item, functools._lru_cache_wrapper) and _is_sent(item.__wrapped__):
            # Pickle takes it for an importable name.
            return _cached, (item.__wrapped__, item.cache_parameters())
        return super().reducer_override(item)


def _cached(function: Any, parameters: dict[str, Any]) -> Any:
    return functools.lru_cache(**parameters)(function)


def packed(workload: Workload) -> bytes:
    """Return a workload as bytes.

    Raises
    ------
    GridscanError
        If a function uses something that cannot be sent.
    """
    modules = [module for module in list(sys.modules.values()) if _has_to_be_sent(module)]
    for module in modules:
        cloudpickle.register_pickle_by_value(module)
    try:
        content = _dumped(workload)
    except Exception as error:
        raise GridscanError(_culprit(workload, error)) from error
    finally:
        for module in modules:
            cloudpickle.unregister_pickle_by_value(module)
    names = _modules_imported(_steps(workload))
    return pickle.dumps((names, _code(names), content))


def unpacked(content: bytes) -> Workload:
    """Return the workload that :func:`packed` turned into bytes in another process.

    Raises
    ------
    StoreError
        If the code here differs from the code there.
    """
    names, code, inner = pickle.loads(content)
    advice = "use workers of the same installation, and restart them after changes"
    try:
        different = changes(code, _code(names))
        if not different:
            workload: Workload = pickle.loads(inner)
            return workload
    except (ImportError, AttributeError) as error:
        different = f"{type(error).__name__}: {error}"
    raise StoreError(f"a worker on {socket.gethostname()} has different code ({different}); {advice}")


def _dumped(item: Any) -> bytes:
    buffer = io.BytesIO()
    _Pickler(buffer).dump(item)
    return buffer.getvalue()


def _has_to_be_sent(module: Any) -> bool:
    """Tell whether a module is neither part of gridscan nor installed, so that workers may not have it."""
    if not isinstance(module, ModuleType) or module.__name__.partition(".")[0] in (_OWN, "__main__"):
        return False
    path = getattr(module, "__file__", None)
    return isinstance(path, str) and module.__name__ in sys.modules and is_followed(module.__name__, path)


def _is_sent(function: Any) -> bool:
    module = sys.modules.get(getattr(function, "__module__", ""))
    return module is None or module.__name__ == "__main__" or _has_to_be_sent(module)


def _steps(workload: Workload) -> list[Step]:
    """Return all steps, nested ones first."""
    steps = [step for group in workload.groups for step in group.steps]
    for step in steps:
        steps += [*step.inner, *(inner for part in step.functions.values() for inner in part)]
    return steps[::-1]


def _culprit(workload: Workload, error: Exception) -> str:
    """Say which function cannot be sent."""
    for step in _steps(workload):
        try:
            _dumped(step.node.function)
        except Exception as own:
            return (
                f"{step.name!r} ({step.node.where}) cannot be sent to workers: {type(own).__name__}: {own};"
                " run without --workers and --scheduler"
            )
    return f"the model cannot be sent to workers: {type(error).__name__}: {error}"


def _modules_imported(steps: Iterable[Step]) -> list[str]:
    """Return the modules that functions of steps use and workers import: of gridscan, installed, and of the user."""
    names = {CORE}
    for node in {id(step.node.function): step.node for step in steps}.values():
        found = (_OWN_FILE.search(title) for title in code_of(*node.callables))
        names |= {match[1].replace("/", ".").removesuffix(".__init__") for match in found if match}
        installed = (function.__module__ for function in node.callables if not _is_sent(function))
        names |= {module for module in installed if module.partition(".")[0] != _OWN}
        # The bytes do not hold what functions import when they run: a worker takes what it has.
        names |= {module for function in node.callables for module in imported_late(function)}
    return sorted(names)


def _code(names: Iterable[str]) -> dict[str, str]:
    code: dict[str, str] = {}
    for name in names:
        code |= code_of_module(name)
    return code
