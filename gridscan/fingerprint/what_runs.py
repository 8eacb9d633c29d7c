"""The code of a source file that runs: without comments, layout, documentation and what only a type checker reads."""

from __future__ import annotations

import ast
from typing import Any

from gridscan.fingerprint import bytecode
from gridscan.fingerprint.digest import digest


def digest_of_code(content: bytes, *, hints: bool, parsed: ast.Module | None = None) -> str:
    """Return a digest of the parsed code of a file, which is changed; of the file itself where it is not Python."""
    try:
        tree = parsed or ast.parse(content)
        if b"__doc__" not in content:
            strip(tree, hints=hints)
        return digest(bytecode.content(compile(tree, "", "exec", dont_inherit=True))).hex()
    except (SyntaxError, ValueError, RecursionError):
        return digest(content).hex()


def strip(tree: ast.Module, *, hints: bool) -> None:
    """Remove documentation, code that only a type checker reads, and the hints of functions from parsed code.

    Parameters
    ----------
    tree
        Changed in place.
    hints
        Whether to keep the hints of functions, which libraries may read.
    """
    stack: list[Any] = [tree]
    while stack:
        node = stack.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not hints:
            node.returns = None
            for argument in ast.walk(node.args):
                if isinstance(argument, ast.arg):
                    argument.annotation = None
        for body in (getattr(node, name, None) for name in ("body", "orelse", "finalbody")):
            if isinstance(body, list):
                kept = [part for part in body if not _is_for_readers(part)]
                body[:] = kept or [ast.copy_location(ast.Pass(), part) for part in body[:1]]
                stack += body
        stack += [*getattr(node, "handlers", ()), *getattr(node, "cases", ())]


def _is_for_readers(statement: ast.stmt) -> bool:
    """Tell whether a statement does nothing when it runs: a text, or what only a type checker reads."""
    if isinstance(statement, ast.If):
        return is_for_type_checkers(statement) and not statement.orelse
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def is_for_type_checkers(node: ast.If) -> bool:
    """Tell whether a condition is true for type checkers only."""
    test = node.test
    return getattr(test, "id", getattr(test, "attr", "")) == "TYPE_CHECKING"
