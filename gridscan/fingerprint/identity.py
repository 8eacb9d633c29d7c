"""The identity of the code of a quantity, by content: a stored number is reused only if this is unchanged.

What counts:

- Of the file in which a function is defined: the code of the function that runs, its decorators, defaults and closure,
  and the functions, classes and values that it names, however indirectly. Statements of the module other than
  definitions, imports and assignments to names count for every function of the file, since they may change
  anything; ``model.parameter(…)`` and the like do not, as what they declare are inputs.
- Every other module that is named, and all that it imports, as a whole: where it is of gridscan, or where its file is
  neither of the standard library nor of an installed distribution (modules beside a model, PYTHONPATH, editable
  installs).
- Of installed distributions and of Python: the version.

Values are compared by content (see :mod:`gridscan.fingerprint.contents` for those of libraries), and so is what modules
of the user hold that does not follow from their code: what they read when they are imported, or what a session sets.
What cannot be compared (an open text file, a generator, an object of a compiled class) counts as changed each time.

Of the world outside, what code names counts: environment variables, by a digest, files by their content, modules in
``sys.modules``, constants and functions of libraries that a session has replaced, libraries loaded by ctypes.
docs/developer/how-a-run-works.md says what is out of sight.

A module can be edited after it was imported. Of functions, the running code is compared, not the file. A module of the
user is compared with the code that it ran. Any other that may have been edited since this process began counts by its
file and by its running code, so that numbers of old code never get the identity of the new code.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from gridscan.fingerprint.code import Trace
from gridscan.fingerprint.digest import NEVER_AGAIN
from gridscan.fingerprint.loaded import innermost
from gridscan.fingerprint.modules import SourceLoader, find_path, is_followed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["SourceLoader", "changes", "code_of", "code_of_module", "imported_late", "incomparable"]


def code_of(function: Callable[..., Any], *classes: Any, called: str = "") -> dict[str, str]:
    """Return the identity of the code of a function.

    Parameters
    ----------
    function
        A function of a model; its declaration, such as units, is not part of it and has to be compared separately.
    classes
        Classes of its arguments.
    called
        The quantity that it computes. Functions made by another function, lambdas, partial functions and instances of a
        class can share a name with others of a model, whose digests theirs must not take the place of.

    Returns
    -------
    dict
        A digest, or a version, by name of what is used, such as ``"gridscan/physics/galaxy/distances.py"``, ``"function
        share of model.py"`` and ``"numpy"``. What cannot be compared has a new digest at each call.
    """
    trace = Trace(innermost(function), called)
    trace.start(function)
    for item in classes:
        trace.met(item)
    return trace.result()


def imported_late(function: Callable[..., Any]) -> set[str]:
    """Return the modules of the user that a function, or what it calls, imports when it runs."""
    trace = Trace(innermost(function))
    trace.start(function)
    trace.result()
    found = set()
    for name in trace.late:
        exists, path = find_path(name)
        if exists and path is not None and is_followed(name, path) and name.partition(".")[0] != "gridscan":
            found.add(name)
    return found


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
    """Return the names in an identity that count as changed each time; they say why."""
    return [name for name, found in code.items() if found.startswith(NEVER_AGAIN)]


def changes(old: Mapping[str, str], new: Mapping[str, str], limit: int = 3) -> str:
    """Say in words how two identities of code differ; an empty text where they do not.

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
