"""Units that docstrings of physics give for arguments, and calls of its functions in their own examples."""

from __future__ import annotations

import contextlib
import copy
import doctest
import functools
import importlib
import inspect
import io
import pkgutil
import re
from typing import TYPE_CHECKING, Any

import gridscan.physics
from gridscan.errors import UnitError
from gridscan.units import parse_unit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MODULES = sorted(
    module.name for module in pkgutil.walk_packages(gridscan.physics.__path__, "gridscan.physics.") if not module.ispkg
)


def public() -> Iterator[tuple[str, Any]]:
    """Return the full names of the public functions and classes of physics, and these."""
    for name in MODULES:
        module = importlib.import_module(name)
        for public_name in module.__all__:
            item = getattr(module, public_name)
            if callable(item) and getattr(item, "__module__", None) == name:
                yield f"{name}.{public_name}", item


def documented_units(item: Any) -> dict[str, str]:
    """Return the units, by argument, that stand in brackets in the parameters or attributes of a docstring.

    Several arguments that are described together have the one unit of the description, or as many units, in order.
    """
    section = re.search(
        r"^(?:Parameters|Attributes)\n-+\n(.*?)(?=^[A-Z]\w+\n-+\n|\Z)", inspect.getdoc(item) or "", re.M | re.S
    )
    units: dict[str, str] = {}
    for names, text in re.findall(r"^(\*?\w[\w, *]*)\n((?:(?: {4}.*)?\n?)*)", section[1] if section else "", re.M):
        found = units_in(text)
        arguments = [name.strip() for name in names.split(",")]
        units |= dict(zip(arguments, found if len(found) > 1 else found * len(arguments), strict=False))
    return units


def units_in(text: str) -> list[str]:
    """Return the units in brackets in a text, in order."""
    return [unit for unit in re.findall(r"\[([^\[\]]+)\]", text) if _is_unit(unit)]


def _is_unit(text: str) -> bool:
    try:
        return text != "M/H" and (not parse_unit(text).dimensionless or text == "rad")
    except UnitError:
        return False


Call = tuple[tuple[Any, ...], dict[str, Any]]


@functools.cache
def calls_in_examples() -> dict[str, Call]:
    """Return the first call of each public function of physics while the examples of the docstrings of physics run."""
    calls: dict[str, Call] = {}
    modules = [importlib.import_module(name) for name in MODULES]
    with contextlib.ExitStack() as stack:
        for name, item in public():
            if not inspect.isclass(item):
                recorded = _recorded(name, item, calls)
                for module in modules:
                    for used in [used for used, value in vars(module).items() if value is item]:
                        stack.callback(setattr, module, used, item)
                        setattr(module, used, recorded)
        for module in modules:
            runner = doctest.DocTestRunner(verbose=False)
            for test in doctest.DocTestFinder().find(module):
                with contextlib.redirect_stdout(io.StringIO()):
                    runner.run(test, out=io.StringIO().write, clear_globs=False)
    return calls


def _recorded(name: str, function: Callable[..., Any], calls: dict[str, Call]) -> Callable[..., Any]:
    @functools.wraps(function)
    def call(*given: Any, **named: Any) -> Any:
        if name in calls:
            return function(*given, **named)
        kept = copy.deepcopy((given, named))
        result = function(*given, **named)
        calls.setdefault(name, kept)
        return result

    return call
