"""Line and column of each key and value of a TOML text, which tomllib does not give."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field

import tree_sitter
import tree_sitter_toml

Path = tuple[str | int, ...]
Position = tuple[int, int]

_KEYS = ("bare_key", "quoted_key", "dotted_key")


@dataclass
class Positions:
    """Line and column, both from 1, of keys and of values by path: ``("axes", "sfr", "linspace", 0)``."""

    keys: dict[Path, Position] = field(default_factory=dict)
    values: dict[Path, Position] = field(default_factory=dict)

    def find(self, path: Path, at_key: bool = False) -> Position:
        """Return the position of a path, or of the longest part of it that the text holds.

        Parameters
        ----------
        path
            Keys and indices, such as ``("axes", "sfr", "linspace", 0)``.
        at_key
            Whether the position is that of the key or of the value.

        Returns
        -------
        Position
            Line and column, both from 1.
        """
        for length in range(len(path), 0, -1):
            exact = length == len(path)
            first, second = (self.keys, self.values) if at_key and exact else (self.values, self.keys)
            found = first.get(path[:length]) or second.get(path[:length])
            if found is not None:
                return found
        return (1, 1)


def locate(text: str) -> Positions:
    """Return the positions of all keys and values of a valid TOML text.

    Parameters
    ----------
    text
        TOML.

    Returns
    -------
    Positions
        Positions by path.
    """
    source = text.encode()
    parser = tree_sitter.Parser(tree_sitter.Language(tree_sitter_toml.language()))
    walker = _Walker(source.split(b"\n"))
    for node in parser.parse(source).root_node.named_children:
        walker.statement(node)
    return walker.positions


class _Walker:
    def __init__(self, lines: list[bytes]) -> None:
        self.lines = lines
        self.positions = Positions()
        self.array_tables: dict[Path, int] = {}

    def statement(self, node: tree_sitter.Node) -> None:
        if node.type == "pair":
            self.pair(node, ())
        elif node.type in ("table", "table_array_element"):
            header, *rest = [child for child in node.named_children if child.type != "comment"]
            path = self.inside_arrays(self.key(header, ()))
            if node.type == "table_array_element":
                index = self.array_tables[path] = self.array_tables.get(path, -1) + 1
                path = (*path, index)
                self.positions.keys[path] = self.at(header)
            for child in rest:
                self.pair(child, path)

    def pair(self, node: tree_sitter.Node, prefix: Path) -> None:
        children = [child for child in node.named_children if child.type != "comment"]
        if node.type == "pair" and len(children) == 2 and children[0].type in _KEYS:
            self.value(children[1], self.key(children[0], prefix))

    def value(self, node: tree_sitter.Node, path: Path) -> None:
        self.positions.values[path] = self.at(node)
        children = [child for child in node.named_children if child.type != "comment"]
        if node.type == "array":
            for index, child in enumerate(children):
                self.value(child, (*path, index))
        elif node.type == "inline_table":
            for child in children:
                self.pair(child, path)

    def key(self, node: tree_sitter.Node, prefix: Path) -> Path:
        if node.type == "dotted_key":
            path = prefix
            for child in node.named_children:
                path = self.key(child, path)
            return path
        text = (node.text or b"").decode()
        name = next(iter(tomllib.loads(f"{text} = 0"))) if node.type == "quoted_key" else text
        path = (*prefix, name)
        self.positions.keys.setdefault(path, self.at(node))
        return path

    def inside_arrays(self, path: Path) -> Path:
        """Return the path of a header with the index of the array table that it continues: [[a]], then [a.b]."""
        full: Path = ()
        for part in path[:-1]:
            full = (*full, part)
            full = (*full, self.array_tables[full]) if full in self.array_tables else full
        return (*full, *path[-1:])

    def at(self, node: tree_sitter.Node) -> Position:
        row, column = node.start_point
        return row + 1, len(self.lines[row][:column].decode(errors="replace")) + 1
