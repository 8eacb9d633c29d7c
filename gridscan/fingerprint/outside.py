"""What code names of the world outside itself: environment variables, files, and modules by name."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

from gridscan.fingerprint import bytecode
from gridscan.fingerprint.contents import digest_of_file
from gridscan.fingerprint.digest import digest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Set
    from types import CellType, CodeType, FunctionType

    from gridscan.fingerprint.loaded import LoadedModule

_ENVIRONMENT = {"environ", "environb", "getenv", "getenvb", "expandvars"}
_VARIABLE = re.compile(r"\$?\{?([A-Za-z_][A-Za-z0-9_]*)\}?")
_BY_NAME = {"run_path", "run_module"}


def environment(code: CodeType, namespace: Mapping[str, Any]) -> dict[str, str]:
    """Return digests of the environment variables that code names, by name; of a digest no value can be read.

    Parameters
    ----------
    namespace
        The module of the code, whose texts may be the names.
    """
    found = {}
    for one in bytecode.nested(code):
        if _ENVIRONMENT.isdisjoint(one.co_names):
            continue
        held = [item for name in one.co_names if isinstance(item := namespace.get(name), str)]
        for text in [*_texts(one.co_consts), *held]:
            for name in _VARIABLE.findall(text) if len(text) < 200 else ():
                value = os.environ.get(name)
                found[name] = "unset" if value is None else digest("set", name, value).hex()
    # Shells set this one anew for each command.
    found.pop("_", None)
    return {name: value for name, value in found.items() if value != "unset" or name.isupper()}


def reads_environment(code: CodeType) -> bool:
    """Whether code reads environment variables."""
    return any(not _ENVIRONMENT.isdisjoint(one.co_names) for one in bytecode.nested(code))


def files_named(code: CodeType, folder: str, namespace: Mapping[str, Any]) -> dict[str, str]:
    """Return digests of the files that texts in code name, by the names of the files without their folders.

    Parameters
    ----------
    folder
        That of the code, from which its names may be meant, besides the working directory.
    namespace
        The module of the code. Files that the code writes, by a text or by a name in it, do not count.
    """
    written = bytecode.written(code)
    texts = {text for one in bytecode.nested(code) for text in _texts(one.co_consts)}
    texts -= written | {str(namespace.get(name)) for name in written}
    beside = [os.path.join(folder, text.lstrip(os.sep)) for text in texts if folder and 2 < len(text) < 200]
    return files_among(texts) | files_among(beside)


def files_held(code: CodeType, namespace: Mapping[str, Any]) -> dict[str, str]:
    """Return digests of the files that values of a module name which code reads, but those that it writes."""
    names = bytecode.all_names(code) - bytecode.written(code)
    return files_among(
        value for name in names if not name.startswith("__") and (value := namespace.get(name)) is not None
    )


def files_of(function: FunctionType) -> dict[str, str]:
    """Return digests of the files that its module, its defaults and its closure name for a function that reads them."""
    cells = [item for cell in function.__closure__ or () for item in _content_of(cell)]
    held = [*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values(), *cells]
    return files_held(function.__code__, function.__globals__) | files_among(held)


def _content_of(cell: CellType) -> list[Any]:
    try:
        return [cell.cell_contents]
    except ValueError:
        return []


def readers_in(module: LoadedModule, names: Set[str]) -> set[str]:
    """Return the functions of a user's module that read files, among those that others reach by some names."""
    if module.file is None or module.is_own or not bytecode.reads_files(module.file.compiled):
        return set()
    found = bytecode.reached(module.file.compiled, names)
    return {f"function {one.co_name} of {module.title}" for one in found if bytecode.reads_files(one)}


def files_among(values: Iterable[Any], depth: int = 4) -> dict[str, str]:
    """Return digests of the files that texts and paths name, also those in lists and tables of such."""
    found: dict[str, str] = {}
    for value in values:
        if type(value) is dict and depth:
            found |= files_among(value.values(), depth - 1)
        elif type(value) in (list, tuple) and depth:
            found |= files_among(value, depth - 1)
        elif isinstance(value, str | PurePath) and 2 < len(name := os.fspath(value)) < 4096 and "\n" not in name:
            try:
                if ("." in name or os.sep in name) and os.path.isfile(name):
                    short = Path(name).name
                    found[short] = digest_of_file(name).hex()
            except (OSError, ValueError):
                pass
    return found


def modules_named(code: CodeType) -> tuple[list[str], bool]:
    """Return the modules that code takes by their names, and whether there may be others.

    It may take them from ``sys.modules``, or run them with :mod:`runpy`.
    """
    names = bytecode.all_names(code)
    if not ({"sys", "modules"} <= names or names & _BY_NAME):
        return [], False
    texts = [text for one in bytecode.nested(code) for text in _texts(one.co_consts)]
    found = [text for text in texts if text in sys.modules or ("run_module" in names and text.isidentifier())]
    return found, not found and not files_among(texts)


def _texts(constants: Iterable[Any]) -> list[str]:
    found = []
    for item in constants:
        if isinstance(item, str):
            found.append(item)
        elif isinstance(item, bytes):
            found.append(item.decode("utf-8", "replace"))
        elif isinstance(item, tuple | frozenset):
            found += _texts(item)
    return found
