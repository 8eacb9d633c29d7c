"""Bytecode of a running function: its content without file, lines and documentation, and the names it uses.

Unlike the source on disk, this is what runs: a file may have been edited after it was imported.
"""

from __future__ import annotations

import dis
import functools
from types import CodeType
from typing import TYPE_CHECKING, Any, NamedTuple

from gridscan.fingerprint.digest import digest

if TYPE_CHECKING:
    from collections.abc import Iterator, Set

_EXTENDED = dis.opmap["EXTENDED_ARG"]
_IMPORT = dis.opmap["IMPORT_NAME"]
_WRITING = {"a", "w", "x", "ab", "wb", "xb", "at", "wt", "xt"}
_READING = {
    *("read_text", "read_bytes", "loadtxt", "genfromtxt", "fromfile", "memmap", "File", "glob", "iterdir", "scandir"),
    *("read_csv", "read_table", "read_parquet", "read_hdf", "read_feather", "read_excel", "read_json"),
    *("open_dataset", "open_dataarray", "load_dataset", "load_dataarray", "open_zarr", "open_mfdataset"),
}
_CALLS = {"PRECALL", "CALL", "KW_NAMES", "CALL_KW"}
# The argument of the first is twice the place of the name, and a bit that does not concern the name (since 3.11).
_TWICE = dis.opmap["LOAD_GLOBAL"]
_GLOBAL_NAMES = {dis.opmap[name] for name in ("LOAD_NAME", "LOAD_FROM_DICT_OR_GLOBALS") if name in dis.opmap}


class Import(NamedTuple):
    """An import statement: ``from <level dots><module> import <names>``; without names ``import <module>``."""

    module: str
    level: int = 0
    names: tuple[str, ...] = ()


@functools.lru_cache(maxsize=8192)
def content(code: CodeType) -> bytes:
    """Return a digest of what code does, equal for equal code in different files, lines and runs."""
    loaded = {argument for operation, argument in _operations(code) if operation in dis.hasconst}
    # A constant that no instruction loads is the documentation.
    constants = [_constant(item) if place in loaded else b"" for place, item in enumerate(code.co_consts)]
    counts = (code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount, code.co_flags)
    names = (code.co_names, code.co_varnames, code.co_cellvars, code.co_freevars)
    return digest(repr((counts, names, constants)), code.co_code, code.co_exceptiontable, size=16)


@functools.lru_cache(maxsize=8192)
def global_names(code: CodeType) -> tuple[str, ...]:
    """Return the names of the module (or the builtins) that code reads, also in the functions that it defines."""
    found = {}
    for one in nested(code):
        for operation, argument in _operations(one):
            if operation == _TWICE:
                found[one.co_names[argument >> 1]] = True
            elif operation in _GLOBAL_NAMES:
                found[one.co_names[argument]] = True
    return tuple(found)


@functools.lru_cache(maxsize=8192)
def all_names(code: CodeType) -> frozenset[str]:
    """Return the names that code reads anywhere, those of attributes included."""
    return frozenset(name for one in nested(code) for name in one.co_names)


@functools.lru_cache(maxsize=8192)
def imports_of(code: CodeType) -> tuple[Import, ...]:
    """Return what code imports when it runs."""
    found = []
    for one in nested(code):
        if any(operation == _IMPORT for operation, _ in _operations(one)):
            before: list[Any] = []
            for instruction in dis.get_instructions(one):
                if instruction.opcode == _IMPORT:
                    level, names = before[-2:]
                    found.append(Import(instruction.argval, level, tuple(names or ())))
                before.append(instruction.argval)
    return tuple(found)


@functools.lru_cache(maxsize=8192)
def written(code: CodeType) -> frozenset[str]:
    """Return the texts, and the names of texts, that code hands over just before a mode of writing, as to ``open``."""
    found = set()
    for one in nested(code):
        if _WRITING.isdisjoint(item for item in one.co_consts if isinstance(item, str)):
            continue
        steps = [item for item in dis.get_instructions(one) if item.opname != "CACHE"]
        for before, mode, call in zip(steps, steps[1:], steps[2:], strict=False):
            if mode.opname == "LOAD_CONST" and str(mode.argval) in _WRITING and call.opname in _CALLS:
                found.add(str(before.argval))
    return frozenset(found)


@functools.lru_cache(maxsize=8192)
def reads_files(code: CodeType) -> bool:
    """Whether code calls what reads files, by the names that Python, numpy and their like have for it.

    Files that are opened with a mode of writing do not count, nor those opened with flags, as by :func:`os.open`.
    """
    names = all_names(code)
    if names & _READING or ("load" in names and names & {"np", "numpy"}):
        return True
    return "open" in names and any(_opens(one) for one in nested(code) if "open" in one.co_names)


def _opens(code: CodeType) -> bool:
    modes = sum(isinstance(item, str) and item in _WRITING for item in code.co_consts)
    if any(name.startswith("O_") for name in code.co_names):
        return False
    return modes == 0 or sum(item.argval == "open" for item in dis.get_instructions(code)) > modes


def reached(code: CodeType, names: Set[str]) -> Iterator[CodeType]:
    """Yield the functions of a module that others use by these names, and those that these use."""
    inner, names = [one for one in nested(code) if one is not code], set(names)
    while found := [one for one in inner if one.co_name in names]:
        inner = [one for one in inner if one.co_name not in names]
        names |= {name for one in found for name in one.co_names}
        yield from found


def nested(code: CodeType) -> Iterator[CodeType]:
    """Return code and that of the functions and classes that it defines, at any depth."""
    yield code
    for item in code.co_consts:
        if isinstance(item, CodeType):
            yield from nested(item)


def _operations(code: CodeType) -> Iterator[tuple[int, int]]:
    high, raw = 0, code.co_code
    for operation, low in zip(raw[::2], raw[1::2], strict=True):
        argument = high | low
        high = argument << 8 if operation == _EXTENDED else 0
        yield operation, argument


def _constant(item: Any) -> bytes:
    if isinstance(item, CodeType):
        return content(item)
    if isinstance(item, tuple):
        return b"(" + b",".join(map(_constant, item)) + b")"
    if isinstance(item, frozenset):
        return b"{" + b",".join(sorted(map(_constant, item))) + b"}"
    return f"{type(item).__name__} {item!r}".encode("utf-8", "surrogatepass")
