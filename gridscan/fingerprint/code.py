"""Following code from name to name: from a function of a model to everything that determines its results."""

from __future__ import annotations

import ast
import builtins
import contextlib
import importlib.util
import inspect
import os
import platform
import sys
from functools import partial
from operator import itemgetter
from pathlib import Path
from types import FunctionType, ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np

from gridscan.definition.definition import Definition
from gridscan.fingerprint import bytecode
from gridscan.fingerprint.digest import digest
from gridscan.fingerprint.modules import (
    SourceFile,
    find_path,
    imports_in,
    is_followed,
    runs_as_on_disk,
    source_file,
    title_of,
    version_of,
)
from gridscan.fingerprint.values import Incomparable, Values

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from gridscan.fingerprint.bytecode import Import

#: Prefix of a digest that differs each time.
NEVER_AGAIN = "?"

_REACH_ANYTHING = {"eval", "exec", "globals", "__import__"}


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


class _Module:
    """A loaded module, or the cells of a notebook."""

    def __init__(self, namespace: Mapping[str, Any]) -> None:
        self.namespace = namespace
        self.name = str(namespace.get("__name__", ""))
        self.package = str(namespace.get("__package__") or "")
        path = namespace.get("__file__")
        self.path = path if isinstance(path, str) else None
        self.is_followed = is_followed(self.name, self.path)
        self.file = source_file(self.path) if self.path and self.is_followed else None
        self.title = title_of(self.name, self.path, "__path__" in namespace) if self.path and self.is_followed else ""

    def named(self, what: str) -> str:
        """Return the name of a definition for messages."""
        return f"{what} of {self.title}" if self.title else what

    def runs_as_on_disk(self) -> bool:
        """Whether it certainly runs the code that is in its file."""
        return self.file is not None and runs_as_on_disk(self.file, self.namespace)


class Trace:
    """Everything that some code uses, followed from name to name.

    Parameters
    ----------
    home
        The names of the module of which only the definitions that are used count.
    """

    def __init__(self, home: Mapping[str, Any] | None) -> None:
        self._home = home
        self._found: dict[str, set[str]] = {}
        self._modules: dict[int, _Module] = {}
        self._pending: list[Callable[[], None]] = []
        # The objects are kept, so that no other can have the identity of one that is gone.
        self._seen: dict[tuple[Any, ...], Any] = {}
        self._values = Values(self.met)

    def start(self, function: Any) -> None:
        """Follow the function that is asked for."""
        name = getattr(function, "__name__", type(function).__name__)
        if isinstance(function, FunctionType) and self._is_home(self._module_of(function.__globals__)):
            self._later(partial(self._follow_function, function, name), "function", function, name)
            return
        module = self._module_of(self._home or {})
        self._compare(module, f"function {name}", function)
        if self._home is not None:
            self._follow_statements(module)

    def result(self) -> dict[str, str]:
        """Return what was found, when all is followed."""
        while self._pending:
            self._pending.pop()()
        code = {name: _joined(found) for name, found in sorted(self._found.items())}
        # Every formula gets numpy arrays, whether or not it names numpy.
        return {**code, "numpy": np.__version__, "Python": platform.python_version()}

    def met(self, thing: Any) -> None:
        """Follow a function, class or module that something uses."""
        if isinstance(thing, ModuleType):
            self._whole(self._module_of(vars(thing)))
        elif isinstance(thing, type):
            self._met_class(thing)
        elif self._is_home(module := self._module_of(thing.__globals__)):
            self._later(partial(self._follow_function, thing, thing.__qualname__), "function", thing, None)
        else:
            self._whole(module)

    def _met_class(self, kind: type) -> None:
        namespace = self._namespace_of(kind)
        if namespace is None:
            self._never_again(f"class {kind.__qualname__} (of a module that is not loaded)")
        elif self._is_home(module := self._module_of(namespace)):
            self._later(partial(self._follow_class, module, kind), "class", kind)
        else:
            self._whole(module)

    def _namespace_of(self, kind: type) -> Mapping[str, Any] | None:
        if self._home is not None and kind.__module__ == self._home.get("__name__"):
            return self._home
        holder = sys.modules.get(kind.__module__)
        if holder is not None:
            return vars(holder)
        functions = (item for item in vars(kind).values() if isinstance(item, FunctionType))
        return next((function.__globals__ for function in functions), None)

    def _module_of(self, namespace: Mapping[str, Any]) -> _Module:
        if id(namespace) not in self._modules:
            self._modules[id(namespace)] = _Module(namespace)
        return self._modules[id(namespace)]

    def _is_home(self, module: _Module) -> bool:
        return module.is_followed and (module.namespace is self._home or module.file is None)

    def _later(self, task: Callable[[], None], kind: str, thing: Any, *rest: Any) -> None:
        key = (kind, id(thing), *rest)
        if key not in self._seen:
            self._seen[key] = thing
            self._pending.append(task)

    def _add(self, name: str, found: str | bytes) -> None:
        self._found.setdefault(name, set()).add(found if isinstance(found, str) else found.hex())

    def _never_again(self, name: str) -> None:
        self._add(name, NEVER_AGAIN + os.urandom(8).hex()[1:])

    def _follow_function(self, function: FunctionType, name: str) -> None:
        module = self._module_of(function.__globals__)
        title = module.named(f"function {name}")
        try:
            own = self._values.of_function(function)
        except Incomparable as unsure:
            self._never_again(f"{title} (which holds a {unsure})")
            return
        text, decorators = module.file.decorators(function.__qualname__) if module.file else ("", ())
        code = function.__code__
        used = self._names(module, bytecode.global_names(code), bytecode.all_names(code))
        self._add(title, digest(own, text, used, self._names_in(module, decorators)))
        for item in bytecode.imports_of(code):
            self._import(item, module.package)
        if "import_module" in bytecode.all_names(code):
            self._never_again(f"{title} (which imports by a name that is worked out)")
        self._follow_statements(module)

    def _follow_class(self, module: _Module, kind: type) -> None:
        title = module.named(f"class {kind.__qualname__}")
        own, unknown = self._values.of_class(kind)
        if unknown:
            self._by_file(module, title, f"which holds a {unknown[0]}")
        statements = module.file.bindings.get(kind.__name__, []) if module.file else []
        texts = [module.file.code_of(statement) for statement in statements] if module.file else []
        decorators = [part for one in statements for part in getattr(one, "decorator_list", ())]
        self._add(title, digest(own, *texts, self._names_in(module, decorators)))
        self._follow_statements(module)

    def _follow_statements(self, module: _Module) -> None:
        """Count the statements of a module that are not definitions."""
        if module.file is None or ("statements", id(module)) in self._seen:
            return
        self._seen["statements", id(module)] = module
        counted = [one for one in module.file.statements_of(module.name) if not _declares(one, module.namespace)]
        if counted:
            title = module.named("statements")
            texts = [module.file.code_of(one) for one in counted]
            self._add(title, digest(*texts, self._names_in(module, counted)))
            if not module.runs_as_on_disk():
                self._never_again(f"{title} (edited after this process began, perhaps after they ran)")

    def _names_in(self, module: _Module, nodes: Sequence[ast.AST]) -> str:
        parts = [part for node in nodes for part in ast.walk(node)]
        names = dict.fromkeys(part.id for part in parts if isinstance(part, ast.Name))
        attributes = frozenset(part.attr for part in parts if isinstance(part, ast.Attribute))
        return self._names(module, names, attributes, declared=True)

    def _names(self, module: _Module, names: Iterable[str], attributes: frozenset[str], declared: bool = False) -> str:
        """Follow the names of a module, and return their meanings in short."""
        meanings = []
        for name in names:
            if name in module.namespace:
                meanings.append(f"{name} {self._meaning(module, name, attributes, declared)}")
            elif name in _REACH_ANYTHING:
                self._by_file(module, module.named(f"use of {name}"), "which can reach anything")
            elif not hasattr(builtins, name):
                meanings.append(f"{name} is unknown")
        return "\n".join(meanings)

    def _meaning(self, module: _Module, name: str, attributes: frozenset[str], declared: bool) -> str:
        value = module.namespace[name]
        if isinstance(value, Definition):
            if not declared:
                self._never_again(f"{module.named(f'model {name}')} (which a formula uses)")
            return "model"
        if isinstance(value, ModuleType):
            self.met(value)
            self._attributes(value, attributes)
            return f"module {value.__name__}"
        if isinstance(value, FunctionType) and value.__globals__ is module.namespace and not value.__closure__:
            self._later(partial(self._follow_function, value, name), "function", value, name)
            return f"function {value.__qualname__}"
        if isinstance(value, type):
            self.met(value)
            return f"class {value.__module__}.{value.__qualname__}"
        if isinstance(value, FunctionType) and not value.__closure__:
            self.met(value)
            return f"function {value.__module__}.{value.__qualname__}"
        kind = "function" if callable(value) else "value"
        self._compare(module, f"{kind} {name}", value)
        return kind

    def _compare(self, module: _Module, what: str, value: Any) -> None:
        """Count a value by its content, or by the code that makes it."""
        title = module.named(what)
        try:
            self._add(title, self._values.of(value))
        except Incomparable as unsure:
            self._by_file(module, title, f"a {unsure}", what.partition(" ")[2])

    def _by_file(self, module: _Module, title: str, reason: str, name: str = "") -> None:
        """Count the whole file instead of something in it that cannot be compared."""
        if module.file is None:
            self._never_again(f"{title} ({reason})")
            return
        bindings = module.file.bindings.get(name, [])
        if len(bindings) == 1 and isinstance(bindings[0], ast.Import | ast.ImportFrom):
            for item in imports_in(bindings):
                self._import(item, module.package)
            return
        self._whole(module)

    def _attributes(self, module: ModuleType, names: frozenset[str]) -> None:
        """Follow attributes that a module takes from others, as a package does from its modules."""
        key = ("attributes", id(module), names)
        if key in self._seen or not self._module_of(vars(module)).is_followed:
            return
        self._seen[key] = module
        lazy = "__getattr__" in vars(module) or "__getattr__" in vars(type(module))
        for name in names:
            value = vars(module).get(name)
            if value is None and lazy:
                with contextlib.suppress(Exception):
                    value = getattr(module, name)
            if isinstance(value, ModuleType):
                self.met(value)
                self._attributes(value, names)
            elif getattr(value, "__module__", module.__name__) != module.__name__:
                with contextlib.suppress(Incomparable):
                    self._values.of(value)

    def _whole(self, module: _Module) -> None:
        key = ("module", id(module))
        if key in self._seen:
            return
        self._seen[key] = module
        if not module.is_followed:
            self._version(module.name, module.path)
            return
        self._named(module.name.rpartition(".")[0])
        if module.file is not None:
            self._file(module.title, module.file, module.package)
            if not module.runs_as_on_disk():
                self._running(module)
        elif "__path__" not in module.namespace:
            self._never_again(f"module {module.name} (which has no file)")

    def _file(self, title: str, file: SourceFile, package: str) -> None:
        # Nothing in gridscan reads hints, but a library may read those of other modules.
        own = package.partition(".")[0] == "gridscan"
        self._add(title, file.digest_without_hints if own else file.digest)
        for item in file.imports:
            self._import(item, package)
        # The package of gridscan itself imports by name only what is asked of it.
        for found in file.imports_by_call if package.partition(".")[0] != "gridscan" else ():
            if found is None:
                self._never_again(f"{title} (which imports by a name that is worked out)")
            else:
                self._import(found, package)

    def _running(self, module: _Module) -> None:
        """Count the code that a module runs besides that in its file, which may be newer."""
        assert module.file is not None
        values = Values(lambda _: None)
        unsure = bool(module.file.statements_of(module.name))
        parts = []
        for name, item in sorted(module.namespace.items(), key=itemgetter(0)):
            if (name.startswith("__") and name.endswith("__")) or isinstance(item, ModuleType):
                continue
            try:
                own = isinstance(item, type) and item.__module__ == module.name
                part, unknown = values.of_class(item) if own else (values.of(item), [])
            except Incomparable:
                part, unknown = b"", [name]
            unsure = unsure or bool(unknown)
            parts.append(digest(name, part))
        self._add(module.title, digest("running", *parts))
        if unsure:
            self._never_again(f"{module.title} (edited after this process began, perhaps after it was imported)")

    def _import(self, item: Import, package: str) -> None:
        try:
            base = importlib.util.resolve_name("." * item.level + item.module, package or None)
        except ImportError:
            return
        self._named(base)
        loaded = sys.modules.get(base)
        names = getattr(loaded, "__all__", ()) if item.names == ("*",) else item.names
        for name in names:
            within = None if loaded is None else vars(loaded).get(name)
            if within is None or isinstance(within, ModuleType):
                self._named(f"{base}.{name}", required=False)

    def _named(self, name: str, required: bool = True) -> None:
        """Follow a module by its name, loaded or not, and the packages that contain it."""
        if not name or ("name", name) in self._seen:
            return
        self._seen["name", name] = name
        loaded = sys.modules.get(name)
        if loaded is not None:
            self._whole(self._module_of(vars(loaded)))
            return
        parent, _, _ = name.rpartition(".")
        self._named(parent)
        top = name.partition(".")[0]
        exists, path = find_path(top)
        if exists and (top in sys.builtin_module_names or (path is not None and not is_followed(top, path))):
            self._version(top, path)
            return
        exists, path = find_path(name)
        file = source_file(path) if path else None
        if file is not None and path is not None:
            is_package = Path(path).stem == "__init__"
            self._file(title_of(name, path, is_package), file, name if is_package else parent)
        elif not exists and required:
            self._add(f"module {name}", "absent")

    def _version(self, name: str, path: str | None) -> None:
        top = name.partition(".")[0]
        if top in sys.stdlib_module_names:
            return
        version = version_of(top)
        if version is not None:
            self._add(top, version)
        else:
            self._never_again(f"module {top} (of no distribution, at {path})")


def _declares(statement: ast.stmt, namespace: Mapping[str, Any]) -> bool:
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


def _joined(found: set[str]) -> str:
    """Return one digest for everything under one name."""
    never = [item for item in found if item.startswith(NEVER_AGAIN)]
    return [*never, *found][0] if never or len(found) == 1 else digest(*sorted(found)).hex()
