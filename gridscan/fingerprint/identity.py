"""The identity of the code behind a quantity, by content: a stored number is reused only if it is unchanged.

What counts:

- Of the file in which a function is defined: the code of the function that runs, its decorators, defaults and closure,
  and the functions, classes and values that it names, however indirectly. Statements of the module other than
  definitions, imports and assignments to names count for every function of the file, as nobody can tell what they
  change; ``model.parameter(…)`` and the like do not, as what they declare are inputs.
- Every other module that is named, and all that it imports, as a whole: where it is of gridscan, or where its file is
  neither of the standard library nor of an installed distribution (modules beside a model, PYTHONPATH, editable
  installs).
- Of installed distributions and of Python: the version.

Values are compared by what they hold. For what cannot be compared (an open file, a lock, an object of a compiled class)
the whole file counts in which it is made; if it is in no file, it counts as changed each time.

Not followed are files that functions read by themselves (declare them with ``model.table``), names of other modules
that are given another meaning from outside (use ``Model.replace``), edits of installed distributions that keep their
version, and the environment: variables, the machine, the libraries below Python.

A module can be edited after it was imported. Of functions, what runs is compared, and not what the file says now. Any
other module that may have been edited since this process began counts by what its file says and by what it runs, so
that numbers of old code never have the identity of the new one.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from gridscan.fingerprint.code import NEVER_AGAIN, Trace, innermost
from gridscan.fingerprint.modules import SourceLoader

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["SourceLoader", "changes", "code_of", "code_of_module", "incomparable"]


def code_of(function: Callable[..., Any], *classes: Any) -> dict[str, str]:
    """Return the identity of the code that a function runs.

    Parameters
    ----------
    function
        Of a model; what decorates it with units is not part of it, and has to be compared beside it.
    classes
        Of the arguments that it is given.

    Returns
    -------
    dict
        A digest, or a version, by name of what is used, such as ``"gridscan/physics/galaxy/distances.py"``, ``"function
        share of model.py"`` and ``"numpy"``. What cannot be compared has a new digest at each call.
    """
    trace = Trace(innermost(function))
    trace.start(function)
    for item in classes:
        trace.met(item)
    return trace.result()


def code_of_module(name: str) -> dict[str, str]:
    """Return the identity of a module and of all that it imports, in the form of :func:`code_of`.

    Raises
    ------
    ImportError
        If there is no such module.
    """
    trace = Trace(None)
    trace.met(importlib.import_module(name))
    return trace.result()


def incomparable(code: Mapping[str, str]) -> list[str]:
    """Return the names in an identity that count as changed each time, which say why."""
    return [name for name, found in code.items() if found.startswith(NEVER_AGAIN)]


def changes(old: Mapping[str, str], new: Mapping[str, str], limit: int = 3) -> str:
    """Say in words what is different in two identities of code; an empty text where nothing is.

    Examples
    --------
    >>> changes({"galaxy.py": "1f", "numpy": "1.26.4"}, {"galaxy.py": "2e", "numpy": "2.0.0"})
    'galaxy.py has changed, numpy 1.26.4 is now 2.0.0'
    """
    said = [f"{name} cannot be compared" for name in incomparable(new)]
    for name in [name for name in new if name not in incomparable(new)]:
        if name not in old:
            said.append(f"{name} is new")
        elif old[name] != new[name]:
            versions = "." in old[name] and "." in new[name]
            said.append(f"{name} {old[name]} is now {new[name]}" if versions else f"{name} has changed")
    said += [f"{name} is no longer used" for name in old if name not in new]
    more = len(said) - limit
    return ", ".join(said[:limit]) + (f", and {more} more" if more > 0 else "")
