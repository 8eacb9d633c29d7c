"""Following code from name to name: from a function of a model to everything that determines its results."""

from __future__ import annotations

import ast
import builtins
import contextlib
import importlib
import os
import platform
import sys
from functools import partial
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np

from gridscan.definition.definition import Definition
from gridscan.fingerprint import bytecode, outside
from gridscan.fingerprint.digest import NEVER_AGAIN, digest, joined, told_apart
from gridscan.fingerprint.import_statements import imports_in, named_in, names_read, resolved
from gridscan.fingerprint.loaded import LoadedModule, declares, namespace_of, other_origin, running_code, state_of
from gridscan.fingerprint.modules import SourceFile, find_path, is_followed, source_file, title_of, version_of
from gridscan.fingerprint.values import Incomparable, Values

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from gridscan.fingerprint.bytecode import Import

_SIMPLE = (bool, int, float, complex, np.ndarray)
_REACH_ANYTHING = {"eval", "exec", "globals", "__import__"}


class Trace:
    """Everything that code uses, followed from name to name; `called` is the quantity that it computes.

    Parameters
    ----------
    home
        The names of the module of which only the definitions that are used count.
    """

    def __init__(self, home: Mapping[str, Any] | None, called: str = "") -> None:
        self._home, self._called = home, called
        self._found: dict[str, set[str]] = {}
        self._modules: dict[int, LoadedModule] = {}
        self._pending: list[Callable[[], None]] = []
        # The objects are kept, so that no other can have the identity of one that is gone.
        self._seen: dict[tuple[Any, ...], Any] = {}
        self._values = Values(self.met)
        self._stateful: list[LoadedModule] = []
        self._read: set[str] = set()
        self._readers: set[str] = set()
        #: Modules that are only imported when functions run.
        self.late: set[str] = set()

    def start(self, function: Any) -> None:
        """Follow the function that is asked for."""
        name = getattr(function, "__name__", type(function).__name__)
        if isinstance(function, FunctionType) and self._is_home(self._module_of(function.__globals__)):
            self._later(partial(self._follow_function, function, name), "function", function, name)
            return
        module = self._module_of(self._home or {})
        self._compare(module, f"function {told_apart(function, name, self._called)}", function)
        if self._home is not None:
            self._follow_statements(module)

    def result(self) -> dict[str, str]:
        """Return what was found, when all is followed."""
        while self._pending or self._stateful:
            # What is read is known when all code is.
            if self._pending:
                self._pending.pop()()
            else:
                self._state(self._stateful.pop())
        self._count_readers()
        code = {name: joined(found) for name, found in sorted(self._found.items())}
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
        namespace = namespace_of(kind, self._home)
        if namespace is None:
            self._never_again(f"class {kind.__qualname__} (of a module that is not loaded)")
        elif self._is_home(module := self._module_of(namespace)):
            self._later(partial(self._follow_class, module, kind), "class", kind)
        else:
            self._whole(module)

    def _module_of(self, namespace: Mapping[str, Any]) -> LoadedModule:
        found = self._modules.get(id(namespace))
        if found is None:
            found = self._modules[id(namespace)] = LoadedModule(namespace)
        return found

    def _is_home(self, module: LoadedModule) -> bool:
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
        title = module.named(f"function {told_apart(function, name, self._called)}")
        try:
            own = self._values.of_function(function)
        except Incomparable as unsure:
            self._never_again(f"{title} (which holds a {unsure})")
            return
        text, decorators = module.file.decorators(function.__qualname__) if module.file else ("", ())
        code = function.__code__
        self._read |= bytecode.all_names(code)
        used = self._names(module, bytecode.global_names(code), bytecode.all_names(code))
        self._add(title, digest(own, text, used, self._names_in(module, decorators)))
        for item in bytecode.imports_of(code):
            self._import(item, module.package, load=not module.is_own)
        if not module.is_own:
            self.late |= {name for item in bytecode.imports_of(code) for name in named_in(item, module.package)}
            self._several("file", outside.files_of(function))
            self._outside(title, code, module.namespace)
            if bytecode.reads_files(code):
                self._readers.add(title)
        if "import_module" in bytecode.all_names(code):
            self._never_again(f"{title} (which imports by a name that is worked out)")
        self._follow_statements(module)

    def _count_readers(self) -> None:
        """Count what reads files as new each time, where no file is named from which it could read."""
        for module in [item for item in self._modules.values() if ("module", id(item)) in self._seen]:
            self._readers |= outside.readers_in(module, self._read)
        if not any(name.startswith("file ") for name in self._found):
            for title in self._readers:
                self._never_again(f"{title} (which reads a file by a name that is worked out)")

    def _outside(self, title: str, code: CodeType, namespace: Mapping[str, Any]) -> None:
        """Count the environment variables, files and modules that code names."""
        variables = outside.environment(code, namespace)
        self._several("environment variable", variables)
        if not variables and outside.reads_environment(code):
            self._never_again(f"{title} (which reads the environment)")
        self._several("file", outside.files_named(code, os.path.dirname(code.co_filename), namespace))
        modules, others = outside.modules_named(code)
        for name in modules:
            self._named(name)
        if others:
            self._never_again(f"{title} (which takes modules by names that are worked out)")

    def _several(self, kind: str, found: Mapping[str, str]) -> None:
        for name, content in found.items():
            self._add(f"{kind} {name}", content)

    def _follow_class(self, module: LoadedModule, kind: type) -> None:
        title = module.named(f"class {told_apart(kind, kind.__qualname__, self._called)}")
        own, unknown = self._values.of_class(kind)
        if unknown:
            self._never_again(f"{title} (which holds a {unknown[0]})")
        statements = module.file.bindings.get(kind.__name__, []) if module.file else []
        texts = [module.file.code_of(statement) for statement in statements] if module.file else []
        decorators = [part for one in statements for part in getattr(one, "decorator_list", ())]
        self._add(title, digest(own, *texts, self._names_in(module, decorators)))
        self._follow_statements(module)

    def _follow_statements(self, module: LoadedModule) -> None:
        """Count the statements of a module that are not definitions."""
        if module.file is None or ("statements", id(module)) in self._seen:
            return
        self._seen["statements", id(module)] = module
        counted = [one for one in module.file.statements_of(module.name) if not declares(one, module.namespace)]
        if counted:
            title = module.named("statements")
            texts = [module.file.code_of(one) for one in counted]
            self._add(title, digest(*texts, self._names_in(module, counted)))
            if not module.runs_as_on_disk():
                self._never_again(f"{title} (edited after this process began, perhaps after they ran)")

    def _names_in(self, module: LoadedModule, nodes: Sequence[ast.AST]) -> str:
        return self._names(module, *names_read(nodes), declared=True)

    def _names(
        self, module: LoadedModule, names: Iterable[str], attributes: frozenset[str], declared: bool = False
    ) -> str:
        """Follow the names of a module, and return their meanings in short."""
        meanings = []
        for name in names:
            if name in module.namespace:
                meanings.append(f"{name} {self._meaning(module, name, attributes, declared)}")
            elif name in _REACH_ANYTHING and module.file is not None:
                self._whole(module)
            elif name in _REACH_ANYTHING:
                self._never_again(f"use of {name} (which can reach anything)")
            elif not hasattr(builtins, name):
                meanings.append(f"{name} is unknown")
        return "\n".join(meanings)

    def _meaning(self, module: LoadedModule, name: str, attributes: frozenset[str], declared: bool) -> str:
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

    def _compare(self, module: LoadedModule, what: str, value: Any) -> None:
        """Count a value by its content, or by the installed module that it is imported from."""
        title = module.named(what)
        try:
            self._add(title, self._values.of(value))
        except Incomparable as unsure:
            bindings = module.file.bindings.get(what.partition(" ")[2], []) if module.file else []
            if len(bindings) == 1 and isinstance(bindings[0], ast.Import | ast.ImportFrom):
                for item in imports_in(bindings):
                    self._import(item, module.package)
            else:
                self._never_again(f"{title} (a {unsure})")

    def _attributes(self, module: ModuleType, names: frozenset[str]) -> None:
        """Follow attributes of a module that it takes from others, as a package does, or that a session sets."""
        key = ("attributes", id(module), names)
        if key in self._seen:
            return
        self._seen[key] = module
        loaded = self._module_of(vars(module))
        if not loaded.is_followed or loaded.is_own:
            for name in sorted(name for name in names & vars(module).keys() if not name.startswith("__")):
                self._attribute_set(loaded, name, vars(module)[name], names)
        if not loaded.is_followed:
            return
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

    def _attribute_set(self, module: LoadedModule, name: str, value: Any, names: frozenset[str]) -> None:
        """Count an attribute that a session can have given to a module which counts by its version or its file."""
        if isinstance(value, ModuleType):
            if value.__name__ == f"{module.name}.{name}":
                self._attributes(value, names)
            return
        title = f"{name} of {module.name}"
        function = isinstance(value, FunctionType) and value.__globals__ is not module.namespace
        foreign = function and self._module_of(value.__globals__)
        if type(value) in _SIMPLE or (foreign and foreign.is_followed and not foreign.is_own):
            self._add(title, self._values.of(value))
        elif callable(value) and (origin := other_origin(module, name, value)):
            # Perhaps put there for the one that was.
            self._add(title, digest(*origin))

    def _whole(self, module: LoadedModule) -> None:
        key = ("module", id(module))
        if key in self._seen:
            return
        self._seen[key] = module
        if not module.is_followed:
            self._version(module.name, module.path)
            return
        self._named(module.name.rpartition(".")[0])
        if module.file is not None:
            self._file(module.title, module.file, module.package, module.namespace)
            if not module.runs_as_on_disk():
                found, unsure = running_code(module)
                self._add(module.title, found)
                if unsure:
                    reason = "edited after this process began, perhaps after it was imported"
                    self._never_again(f"{module.title} ({reason})")
            if not module.is_own:
                self._stateful.append(module)
        elif "__path__" not in module.namespace:
            self._never_again(f"module {module.name} (which has no file)")

    def _state(self, module: LoadedModule) -> None:
        """Count what a module holds that does not follow from its code."""
        assert module.file is not None
        for item in list(module.namespace.values()):
            if isinstance(item, ModuleType):
                self._attributes(item, module.file.names)
        self._several("file", outside.files_held(module.file.compiled, module.namespace))
        found, unknown = state_of(module, self._values)
        if found:
            self._add(f"values of {module.title}", digest(*found))
        for name, kind in unknown.items():
            if name.rpartition(".")[2] in module.file.names_in_functions | self._read:
                self._never_again(f"value {name} of {module.title} (a {kind})")

    def _file(self, title: str, file: SourceFile, package: str, namespace: Mapping[str, Any]) -> None:
        # Nothing in gridscan reads hints, but a library may read those of other modules.
        own = package.partition(".")[0] == "gridscan"
        self._add(title, file.digest_without_hints if own else file.digest)
        if not own:
            self._read |= file.names_of_others
            self._outside(title, file.compiled, namespace)
            self.late |= {name for item in file.late_imports for name in named_in(item, package)}
        for base, names in file.imports_within(package):
            self._imported(base, names)
        # The package of gridscan itself imports by name only what is asked of it.
        for found in () if own else file.imports_by_call:
            if found is None:
                self._never_again(f"{title} (which imports by a name that is worked out)")
            else:
                self._import(found, package)

    def _import(self, item: Import, package: str, load: bool = False) -> None:
        self._imported(resolved(item, package), item.names, load)

    def _imported(self, base: str, names: Sequence[str], load: bool = False) -> None:
        """Follow a module that is imported, and what is imported from it, where these are modules too."""
        if ("name", base) not in self._seen:
            self._named(base, load=load)
        if not names:
            return
        loaded = sys.modules.get(base)
        for name in getattr(loaded, "__all__", ()) if names == ("*",) else names:
            within = None if loaded is None else vars(loaded).get(name)
            if within is None or isinstance(within, ModuleType):
                self._named(f"{base}.{name}", required=False, load=load)

    def _named(self, name: str, required: bool = True, load: bool = False) -> None:
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
        if file is not None and top != "gridscan" and (load or not file.statements_of(name)):
            # It will be when the function runs; what it holds then is not in its file alone.
            with contextlib.suppress(Exception, SystemExit):
                self._whole(self._module_of(vars(importlib.import_module(name))))
                return
        if file is not None and path is not None:
            is_package = Path(path).stem == "__init__"
            self._file(title_of(name, path, is_package), file, name if is_package else parent, {})
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
