"""Import statements in the text of a module."""

from __future__ import annotations

import ast
import functools
import importlib.util
import re
from typing import TYPE_CHECKING

from gridscan.fingerprint.bytecode import Import
from gridscan.fingerprint.what_runs import is_for_type_checkers

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

# A line that is one import statement; any other use of these words needs the parser.
IMPORT_LINE = re.compile(rb"^[ \t]*(?:import|from)[ \t]", re.MULTILINE)


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
    stack: list[ast.AST] = list(statements)
    while stack:
        node = stack.pop()
        if isinstance(node, ast.Import):
            yield from (Import(alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield Import(node.module or "", node.level, tuple(alias.name for alias in node.names))
        elif isinstance(node, ast.If) and is_for_type_checkers(node):
            stack += node.orelse
        else:
            stack += ast.iter_child_nodes(node)


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
