"""The code that modules of this process have run: it can be compared with what is on disk now, at any clock."""

from __future__ import annotations

import sys
from types import CodeType, FunctionType
from typing import TYPE_CHECKING, Any

from gridscan.fingerprint import bytecode

if TYPE_CHECKING:
    from collections.abc import Mapping

_RUN: dict[str, list[CodeType]] = {}
_INSTALLED = ("site-packages", "dist-packages", sys.base_prefix)


def _note(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "exec":
        code = arguments[0]
        if isinstance(code, CodeType) and code.co_name == "<module>" and code.co_filename.endswith(".py"):
            path = code.co_filename
            if not any(part in path for part in _INSTALLED):
                _RUN.setdefault(path, []).append(code)


sys.addaudithook(_note)


def code_run(path: str, namespace: Mapping[str, Any]) -> CodeType | None:
    """Return the code that a module has run, or None where that is not known."""
    found = _RUN.get(path, [])
    own = [item.__code__ for item in namespace.values() if isinstance(item, FunctionType)]
    own = [code for code in own if code.co_filename == path]
    if not own:
        # Of modules that ran one after the other from a file, only functions tell which this is.
        return found[0] if found and all(code == found[0] for code in found) else None
    for code in reversed(found):
        inner = {id(item) for item in bytecode.nested(code)}
        if all(id(item) in inner for item in own):
            return code
    return None
