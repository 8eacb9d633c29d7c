"""Modules as they are in this process: what their names stand for, and what of it does not follow from their files."""

from __future__ import annotations

import ast
import inspect
import sys
from functools import partial
from operator import itemgetter
from types import FunctionType, ModuleType
from typing import TYPE_CHECKING, Any

from gridscan.definition.definition import Definition
from gridscan.fingerprint.digest import digest
from gridscan.fingerprint.import_statements import resolved
from gridscan.fingerprint.modules import is_followed, runs_as_on_disk, source_file, title_of
from gridscan.fingerprint.values import Incomparable, Values

if TYPE_CHECKING:
    from collections.abc import Mapping


def innermost(function: Any) -> Mapping[str, Any] | None:
    """Return the names of the module in which a function is defined, whatever is wrapped around it."""
    seen: list[Any] = []
    while not any(function is item for item in seen):
        seen.append(function)
        function = getattr(function, "func" if isinstance(function, partial) else "__wrapped__", function)
        function = getattr(function, "__func__", function)
    if not isinstance(function, FunctionType):
        function = inspect.getattr_static(type(function), "__call__", None)
    namespace: Mapping[str, Any] | None = getattr(function, "__globals__", None)
    return namespace


def namespace_of(kind: type, home: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    """Return the names of the module in which a class is defined: `home`, or a loaded one."""
    if home is not None and kind.__module__ == home.get("__name__"):
        return home
    holder = sys.modules.get(kind.__module__)
    if holder is not None:
        return vars(holder)
    functions = (item for item in vars(kind).values() if isinstance(item, FunctionType))
    return next((function.__globals__ for function in functions), None)


class LoadedModule:
    """A loaded module, or the cells of a notebook."""

    def __init__(self, namespace: Mapping[str, Any]) -> None:
        self.namespace = namespace
        self.name = str(namespace.get("__name__", ""))
        self.package = str(namespace.get("__package__") or "")
        path = namespace.get("__file__")
        self.path = path if isinstance(path, str) else None
        #: Whether it is one of gridscan, whose values follow from its code and its data.
        self.is_own = self.name == "gridscan" or self.name.startswith("gridscan.")
        self.is_followed = is_followed(self.name, self.path)
        self.file = source_file(self.path) if self.path and self.is_followed else None
        self.title = title_of(self.name, self.path, "__path__" in namespace) if self.path and self.is_followed else ""

    def named(self, what: str) -> str:
        """Return the name of a definition for messages."""
        return f"{what} of {self.title}" if self.title else what

    def runs_as_on_disk(self) -> bool:
        """Whether it certainly runs the code that is in its file."""
        return self.file is not None and runs_as_on_disk(self.file, self.namespace)


def running_code(module: LoadedModule) -> tuple[bytes, bool]:
    """Return a digest of what a module runs besides its file, and whether something of it cannot be compared."""
    assert module.file is not None
    values = Values(lambda _: None)
    unsure = bool(module.file.statements_of(module.name))
    parts = []
    for name, item in sorted(module.namespace.items(), key=itemgetter(0)):
        if _is_internal(name) or isinstance(item, ModuleType):
            continue
        try:
            own = isinstance(item, type) and item.__module__ == module.name
            part, unknown = values.of_class(item) if own else (values.of(item), [])
        except Incomparable:
            part, unknown = b"", [name]
        unsure = unsure or bool(unknown)
        parts.append(digest(name, part))
    return digest("running", *parts), unsure


def state_of(module: LoadedModule, values: Values) -> tuple[list[bytes], dict[str, str]]:
    """Return digests of the values of a module that do not follow from its code, and what cannot be compared.

    They come from elsewhere: from files that it reads when it is imported, or from a session that sets them.
    """
    literals = module.file.literals if module.file is not None else {}
    found, unknown = [], {}
    for name, item in _values_of(module):
        if name in literals and _same(literals[name], item):
            continue
        try:
            found.append(digest(name, values.of(item)))
        except Incomparable as unsure:
            unknown[name] = str(unsure)
    return found, unknown


def _values_of(module: LoadedModule) -> list[tuple[str, Any]]:
    """Return what is not simply defined in the file of a module, also in its classes, by name."""
    found = []
    for name, item in sorted(module.namespace.items(), key=itemgetter(0)):
        if _is_internal(name) or isinstance(item, ModuleType | Definition) or _is_defined(module, name, item):
            continue
        if _is_imported(module, name, item):
            continue
        if isinstance(item, type) and item.__module__ == module.name and item.__qualname__ == name:
            inner = vars(item).items()
            named = [(f"{name}.{key}", part) for key, part in inner if not _is_internal(key)]
            found += [(key, part) for key, part in named if not _is_defined(module, key, part)]
        elif not isinstance(item, type) or is_followed(item.__module__, None):
            found.append((name, item))
    return found


def _is_imported(module: LoadedModule, name: str, item: Any) -> bool:
    """Whether something is what a module says that it imports from another, where it counts."""
    said = module.file.imported.get(name) if module.file is not None else None
    if said is None:
        return False
    holder = sys.modules.get(resolved(said, module.package))
    return holder is not None and vars(holder).get(said.names[0]) is item


def _is_internal(name: str) -> bool:
    return name.startswith("__") and name.endswith("__")


def _is_defined(module: LoadedModule, name: str, item: Any) -> bool:
    """Whether something is a function of a module, as its file defines it, which holds no values."""
    if isinstance(item, property):
        return all(part is None or _is_defined(module, name, part) for part in (item.fget, item.fset, item.fdel))
    function = getattr(item, "__func__", item)
    if not isinstance(function, FunctionType) or function.__globals__ is not module.namespace:
        return False
    held = (function.__defaults__, function.__kwdefaults__, function.__closure__, vars(function))
    return function.__qualname__ == name and not any(held)


def _same(written: Any, value: Any) -> bool:
    return type(written) is type(value) and repr(written) == repr(value)


def declares(statement: ast.stmt, namespace: Mapping[str, Any]) -> bool:
    """Whether a statement declares something of a model, such as ``model.parameter("radius", …)``.

    So do functions of gridscan that take a model first, such as ``declare_galaxy(model)``.
    """
    node: Any = statement.value if isinstance(statement, ast.Expr) else None
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args:
        called, node_of_model = namespace.get(node.func.id), node.args[0]
        own = str(getattr(called, "__module__", "")).startswith("gridscan.")
        if own and isinstance(node_of_model, ast.Name):
            return isinstance(namespace.get(node_of_model.id), Definition)
    while isinstance(node, ast.Call | ast.Attribute):
        node = node.func if isinstance(node, ast.Call) else node.value
    return isinstance(node, ast.Name) and isinstance(namespace.get(node.id), Definition)


def other_origin(module: LoadedModule, name: str, value: Any) -> tuple[str, str] | None:
    """Return where an attribute of a library is from, if under another name or of another library."""
    place, called = getattr(value, "__module__", None) or module.name, getattr(value, "__name__", name)
    return None if (place.partition(".")[0], called) == (module.name.partition(".")[0], name) else (place, called)
