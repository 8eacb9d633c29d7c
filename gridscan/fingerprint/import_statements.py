"""Import statements in the text of a module."""

from __future__ import annotations

import ast
import functools
import importlib.util
import re
from typing import TYPE_CHECKING, Any

from gridscan.fingerprint.bytecode import Import
from gridscan.fingerprint.what_runs import is_for_type_checkers

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

# A line that is one import statement; any other use of these words needs the parser.
IMPORT_LINE = re.compile(rb"^[ \t]*(?:import|from)[ \t]", re.MULTILINE)

# Where a statement holds others.
_PARTS = ("body", "handlers", "orelse", "finalbody", "cases")


def imports_of_lines(content: bytes) -> tuple[Import, ...] | None:
    """Read import statements line by line, which is faster than parsing the module; None where that fails."""
    found = []
    for match in IMPORT_LINE.finditer(content):
        end = content.find(b"\n", match.start())
        line = content[match.start() : end if end >= 0 else len(content)].partition(b"#")[0]
        if b"(" in line:
            line = content[match.start() : content.find(b")", match.start()) + 1]
        found.append(line.strip())
    try:
        return tuple(imports_in(ast.parse(b"\n".join(found)).body))
    except (SyntaxError, ValueError):
        return None


def imports_in(statements: Sequence[ast.stmt]) -> Iterator[Import]:
    """Yield import statements, also inside functions, except those that only a type checker reads."""
    stack: list[Any] = list(statements)
    while stack:
        node = stack.pop()
        if isinstance(node, ast.Import):
            yield from (Import(alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield Import(node.module or "", node.level, tuple(alias.name for alias in node.names))
        elif isinstance(node, ast.If) and is_for_type_checkers(node):
            stack += node.orelse
        else:
            # Expressions, of which most of a module consists, hold no statements.
            for name in _PARTS:
                stack += getattr(node, name, ())


def imports_by_calls_in(tree: ast.Module) -> tuple[Import | None, ...]:
    """Return what is imported by calls of functions, None for a name that is only known when it runs."""
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and _is_import(node)]
    names = [_literal(call) for call in calls]
    return tuple(
        None if name is None else Import(name.lstrip("."), len(name) - len(name.lstrip("."))) for name in names
    )


def _is_import(call: ast.Call) -> bool:
    function = call.func
    return getattr(function, "id", getattr(function, "attr", "")) in ("import_module", "__import__")


def _literal(call: ast.Call) -> str | None:
    first = call.args[0] if call.args else None
    return first.value if isinstance(first, ast.Constant) and isinstance(first.value, str) else None


@functools.lru_cache(maxsize=8192)
def resolved(item: Import, package: str) -> str:
    """Return the full name of the module in an import statement; empty where there can be none."""
    try:
        return importlib.util.resolve_name("." * item.level + item.module, package or None)
    except ImportError:
        return ""


def named_in(item: Import, package: str) -> set[str]:
    """Return the names of the modules that an import statement may load."""
    base = resolved(item, package)
    return {base, *(f"{base}.{name}" for name in item.names if name != "*")} if base else set()


def names_read(nodes: Iterable[ast.AST]) -> tuple[dict[str, None], frozenset[str]]:
    """Return the names in parts of a file, in their order, and those of attributes."""
    parts = [part for node in nodes for part in ast.walk(node)]
    names = dict.fromkeys(part.id for part in parts if isinstance(part, ast.Name))
    return names, frozenset(part.attr for part in parts if isinstance(part, ast.Attribute))
