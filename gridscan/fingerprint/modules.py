"""Modules on disk: which are followed, what they contain and import, and whether they are the code that runs."""

from __future__ import annotations

import ast
import contextlib
import copy
import functools
import importlib
import importlib.machinery
import importlib.metadata
import importlib.util
import marshal
import os
import re
import sys
import sysconfig
import time
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import CodeType
from typing import TYPE_CHECKING, Any

from gridscan.fingerprint import bytecode
from gridscan.fingerprint.bytecode import Import
from gridscan.fingerprint.digest import digest
from gridscan.fingerprint.executed import code_run
from gridscan.fingerprint.import_statements import (
    IMPORT_LINE,
    imports_by_calls_in,
    imports_in,
    imports_of_lines,
    resolved,
)
from gridscan.fingerprint.what_runs import digest_of_code, is_for_type_checkers, strip

if TYPE_CHECKING:
    from collections.abc import Mapping

_INSTALLED = {"site-packages", "dist-packages"}
_STANDARD = tuple({os.path.realpath(sysconfig.get_path(name)) + os.sep for name in ("stdlib", "platstdlib")})
_OWN = "gridscan"
_IMPORT_WORD = re.compile(rb"\bimport\b")
_CHECKER_WORD = re.compile(rb"\bTYPE_CHECKING\b")
_CALL_WORD = re.compile(rb"\bimport_module\b|\b__import__\b")
# Times of files are those of a clock that ticks up to a hundred times a second.
_TICK = 0.02

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


@dataclass(frozen=True)
class SourceFile:
    """A file of a module as it is on disk.

    Attributes
    ----------
    changed
        Time of the last change [s since 1970].
    """

    path: str
    content: bytes
    changed: float
    modified: int

    @cached_property
    def digest(self) -> str:
        """Digest of the code that runs: comments, layout and documentation do not count."""
        return digest_of_code(self.content, hints=True)

    @cached_property
    def digest_without_hints(self) -> str:
        """The same without the hints of functions, where nothing reads these."""
        # First, since it leaves the parsed content to be taken apart here: parsing is what takes the time.
        assert self.imports is not None
        return digest_of_code(self.content, hints=False, parsed=self.__dict__.pop("_parsed_for_imports", None))

    @cached_property
    def tree(self) -> ast.Module:
        """The parsed content; empty where it is not Python."""
        try:
            return ast.parse(self.content)
        except (SyntaxError, ValueError):
            return ast.Module([], [])

    @cached_property
    def imports(self) -> tuple[Import, ...]:
        """Imports of the module, also inside functions, except those that only a type checker reads."""
        lines = len(IMPORT_LINE.findall(self.content))
        if lines == len(_IMPORT_WORD.findall(self.content)) and not _CHECKER_WORD.search(self.content):
            found = imports_of_lines(self.content)
            if found is not None:
                return found
        parsed = self._parsed_for_imports
        return tuple(imports_in(parsed.body)) if parsed is not None else ()

    @cached_property
    def _parsed_for_imports(self) -> ast.Module | None:
        """The parsed content; None where it is not Python."""
        try:
            return ast.parse(self.content)
        except (SyntaxError, ValueError, RecursionError):
            return None

    def imports_within(self, package: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """Return the full names of the modules that the file imports as one of a package, and what it takes of them."""
        if package not in self._within:
            self._within[package] = tuple(dict.fromkeys((resolved(item, package), item.names) for item in self.imports))
        return self._within[package]

    @cached_property
    def _within(self) -> dict[str, tuple[tuple[str, tuple[str, ...]], ...]]:
        return {}

    @cached_property
    def imports_by_call(self) -> tuple[Import | None, ...]:
        """Imports of the module by a function call, None for a name that is only known when it runs."""
        if not _CALL_WORD.search(self.content):
            return ()
        return imports_by_calls_in(self.tree)

    @cached_property
    def bindings(self) -> dict[str, list[ast.stmt]]:
        """The statements of the module that only assign or define a name, by name."""
        found: dict[str, list[ast.stmt]] = {}
        for statement in self.tree.body:
            for name in _bound_names(statement):
                found.setdefault(name, []).append(statement)
        return found

    @cached_property
    def other_statements(self) -> tuple[ast.stmt, ...]:
        """All other statements of the module, except texts and those that only a type checker reads."""
        return tuple(
            statement
            for statement in self.tree.body
            if not _bound_names(statement)
            and not isinstance(statement, ast.Import | ast.ImportFrom | ast.Pass)
            and not (isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant))
            and not (isinstance(statement, ast.If) and is_for_type_checkers(statement))
        )

    @cached_property
    def literals(self) -> dict[str, Any]:
        """The numbers, texts and the like that the file gives to names once, also those of its classes."""
        classes = [item for item in self.tree.body if isinstance(item, ast.ClassDef)]
        inner = [(f"{item.name}.", part) for item in classes for part in item.body]
        given: dict[str, list[Any]] = {}
        for before, part in [*(("", part) for part in self.tree.body), *inner]:
            for name in _bound_names(part):
                given.setdefault(before + name, []).append(getattr(part, "value", None))
        found = {}
        for name, (value, *others) in given.items():
            if isinstance(value, ast.expr) and not others:
                with contextlib.suppress(ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
                    found[name] = ast.literal_eval(value)
        return found

    @cached_property
    def imported(self) -> dict[str, Import]:
        """By name, the only thing that the file imports under it from another module."""
        found = {}
        for name, (statement, *others) in self.bindings.items():
            if not isinstance(statement, ast.ImportFrom) or others:
                continue
            for alias in statement.names:
                if name == (alias.asname or alias.name):
                    found[name] = Import(statement.module or "", statement.level, (alias.name,))
        return found

    @cached_property
    def compiled(self) -> CodeType:
        """The code of the module; empty where it is not Python."""
        try:
            return compile(self.content, self.path, "exec", dont_inherit=True)
        except (SyntaxError, ValueError):
            return compile("", self.path, "exec")

    @cached_property
    def late_imports(self) -> tuple[Import, ...]:
        """What functions of the file import when they run."""
        inner = [item for item in self.compiled.co_consts if isinstance(item, CodeType)]
        return tuple(found for item in inner for found in bytecode.imports_of(item))

    @cached_property
    def names(self) -> frozenset[str]:
        """All names that the module reads or gives."""
        return bytecode.all_names(self.compiled)

    @cached_property
    def names_in_functions(self) -> frozenset[str]:
        """Names that its functions and classes read."""
        inner = [item for item in self.compiled.co_consts if isinstance(item, CodeType)]
        return frozenset(name for item in inner for name in bytecode.all_names(item))

    @cached_property
    def names_of_others(self) -> frozenset[str]:
        """Names that may be those of other modules: what it imports by name, and all attributes."""
        imported = {name for item in self.imports for name in item.names}
        return frozenset(imported | (self.names - set(self.bindings)))

    def statements_of(self, name: str) -> tuple[ast.stmt, ...]:
        """Return the other statements that run when the file is the module `name`."""
        return tuple(item for item in self.other_statements if name == "__main__" or not _is_for_scripts(item))

    def code_of(self, node: ast.stmt | ast.expr) -> str:
        """Return the code of a part of the file, without comments, layout and documentation."""
        if isinstance(node, ast.stmt) and b"__doc__" not in self.content:
            tree = ast.Module([copy.deepcopy(node)], [])
            strip(tree, hints=True)
            return ast.unparse(tree)
        return ast.unparse(node)

    def decorators(self, name: str) -> tuple[str, tuple[ast.expr, ...]]:
        """Return the text and the nodes of the decorators of a function or class of the module."""
        for statement in self.bindings.get(name, ()):
            if isinstance(statement, Definition) and statement.decorator_list:
                parts = tuple(statement.decorator_list)
                return "\n".join(self.code_of(part) for part in parts), parts
        return "", ()


class SourceLoader(importlib.machinery.SourceFileLoader):
    """Runs a module from its source, never from older bytecode, and remembers the digest of what it read."""

    digest: str | None = None

    def get_code(self, fullname: str) -> CodeType | None:  # noqa: ARG002
        """Compile the source as it is now."""
        content = self.get_data(self.path)
        self.digest = digest(content).hex()
        code: CodeType = self.source_to_code(content, self.path)
        return code


def source_file(path: str) -> SourceFile | None:
    """Return a file as it is on disk now, or None if there is none."""
    try:
        state = os.stat(path)
        return _read(path, state.st_mtime_ns, state.st_ctime_ns, state.st_size, state.st_ino)
    except OSError:
        return None


@functools.lru_cache(maxsize=1024)
def _read(path: str, modified: int, changed: int, _size: int, _node: int) -> SourceFile:
    # On Windows this is the time of creation instead of that of change.
    return SourceFile(path, Path(path).read_bytes(), (modified if os.name == "nt" else changed) / 1e9, modified)


@functools.lru_cache(maxsize=4096)
def title_of(name: str, path: str, is_package: bool) -> str:
    """Return the part of a path below the folder from which a module of this name is imported."""
    return "/".join(Path(path).parts[-1 - name.count(".") - is_package :])


def is_followed(name: str, path: str | None) -> bool:
    """Whether a module counts by its content: one of gridscan, or neither installed nor of the standard library."""
    top = name.partition(".")[0]
    if top == _OWN or path is not None:
        return top == _OWN or not _is_foreign(str(path))
    if top == name:
        # The cells of a notebook, or code run by `exec`.
        return name not in sys.stdlib_module_names
    return is_followed(top, getattr(sys.modules.get(top), "__file__", None))


@functools.lru_cache(maxsize=4096)
def _is_foreign(path: str) -> bool:
    real = os.path.realpath(path)
    if not _INSTALLED.isdisjoint(Path(real).parts):
        return distribution_of(real) is not None
    return real.startswith(_STANDARD) or not os.path.isfile(path)


def distribution_of(path_or_name: str) -> str | None:
    """Return the top-level name of an installed module that belongs to a distribution, from its name or its path."""
    name = path_or_name
    if os.sep in name:
        parts = Path(name).parts
        place = max(index for index, part in enumerate(parts) if part in _INSTALLED)
        name = parts[place + 1].partition(".")[0] if place + 1 < len(parts) else ""
    return name if version_of(name) is not None else None


@functools.lru_cache(maxsize=1024)
def version_of(name: str) -> str | None:
    """Return the version of the distribution of an installed top-level module, or None if it belongs to none."""
    try:
        return importlib.metadata.version(name)
    except (importlib.metadata.PackageNotFoundError, ValueError):
        owners = _owners().get(name, ())
        return " ".join(sorted({f"{owner} {importlib.metadata.version(owner)}" for owner in owners})) or None


@functools.cache
def _owners() -> Mapping[str, list[str]]:
    return importlib.metadata.packages_distributions()


def find_path(name: str) -> tuple[bool, str | None]:
    """Return whether a module can be loaded, and its file, without running its code."""
    places = None
    for end in [*(match.start() for match in re.finditer(r"\.", name)), len(name)]:
        finders = (finder for finder in sys.meta_path if hasattr(finder, "find_spec"))
        specification = None
        found = (finder.find_spec(name[:end], places) for finder in finders)
        with contextlib.suppress(ImportError, ValueError):
            specification = next((item for item in found if item is not None), None)
        if specification is None:
            return False, None
        places = specification.submodule_search_locations
        if places is None and end < len(name):
            return False, None
    assert specification is not None
    return True, specification.origin if specification.has_location else None


def runs_as_on_disk(file: SourceFile, namespace: Mapping[str, Any]) -> bool:
    """Whether a loaded module certainly runs the code that is in its file now."""
    loader = namespace.get("__loader__")
    if isinstance(loader, SourceLoader):
        return loader.digest == digest(file.content).hex()
    # What ran tells it whatever clocks say; of gridscan, which has many modules, it is not asked.
    own = str(namespace.get("__name__", "")).partition(".")[0] == _OWN
    run = None if own else code_run(file.path, namespace)
    if run is not None:
        return run == file.compiled
    if file.changed >= _BEGAN + _TICK:
        return False
    compiled = namespace.get("__cached__")
    try:
        state = os.stat(compiled) if compiled else None
    except OSError:
        return True
    return state is None or _is_bytecode_of(file, compiled, state.st_mtime)


@functools.lru_cache(maxsize=1024)
def _is_bytecode_of(file: SourceFile, path: str, written: float) -> bool:
    """Whether bytecode is that of the source: Python judges by the size of the source and the second of its change."""
    raw = Path(path).read_bytes()
    flags, modified, size = (int.from_bytes(raw[start : start + 4], "little") for start in (4, 8, 12))
    if flags == 0 and (modified, size) != (file.modified // 10**9 & 0xFFFFFFFF, len(file.content) & 0xFFFFFFFF):
        return True
    if flags == 0 and written > file.changed + _TICK:
        return True
    try:
        code = compile(file.content, file.path, "exec", dont_inherit=True)
        return bool(marshal.loads(raw[16:]) == code)
    except (SyntaxError, ValueError, EOFError, TypeError):
        return False


def _time_of_start() -> float:
    """Return when this process began [s since 1970], or minus infinity if that is unknown."""
    parent = getattr(sys.modules.get("multiprocessing.process"), "parent_process", lambda: None)()
    if parent is not None and "--multiprocessing-fork" not in sys.orig_argv:
        # A forked process has modules older than itself; a spawned one has not.
        return -float("inf")
    try:
        fields = Path("/proc/self/stat").read_bytes().rpartition(b")")[2].split()
        age = time.clock_gettime(time.CLOCK_BOOTTIME) - int(fields[19]) / os.sysconf("SC_CLK_TCK")
        return time.time() - age
    except (OSError, AttributeError, ValueError, IndexError):
        pass
    try:
        return float(importlib.import_module("psutil").Process().create_time())
    except Exception:
        return -float("inf")


_BEGAN = _time_of_start()


def _is_for_scripts(node: ast.stmt) -> bool:
    test = node.test if isinstance(node, ast.If) else None
    return isinstance(test, ast.Compare) and ast.unparse(test) in ("__name__ == '__main__'", "'__main__' == __name__")


def _bound_names(statement: ast.stmt) -> list[str]:
    """Return the names that a statement assigns or defines, if it does nothing else."""
    if isinstance(statement, Definition):
        return [statement.name]
    if isinstance(statement, ast.Import | ast.ImportFrom):
        return [(alias.asname or alias.name).partition(".")[0] for alias in statement.names if alias.name != "*"]
    if isinstance(statement, ast.AnnAssign):
        return [statement.target.id] if isinstance(statement.target, ast.Name) else []
    if isinstance(statement, ast.Assign):
        targets = [
            item
            for target in statement.targets
            for item in (target.elts if isinstance(target, ast.Tuple | ast.List) else [target])
        ]
        names = [item.id for item in targets if isinstance(item, ast.Name)]
        return names if len(names) == len(targets) else []
    return []
