"""Shards of a run, each of which computes a part of its blocks: their names, their files, and whose cells they take.

A shard is a run over a part of the blocks. Its file has the form of the working file of the whole run, in which the
other blocks are holes that take no space on the disk.
"""

from __future__ import annotations

import glob
import os
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gridscan.engine.files.paths import Lenders, remains
from gridscan.errors import StoreError
from gridscan.storage.record import SHARD

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from gridscan.engine.file_layout import FileLayout

_TEXT = re.compile(r"\s*(\d{1,6})\s*/\s*(\d{1,6})\s*")
_SUFFIX = re.compile(r"\.shard-(\d{3,6})-of-(\d{3,6})")


@dataclass(frozen=True, order=True)
class Shard:
    """One of the parts into which the blocks of a run are divided.

    Attributes
    ----------
    of
        Number of parts.
    number
        From 1 on.
    """

    of: int
    number: int

    def __post_init__(self) -> None:
        if not 1 <= self.number <= self.of:
            raise StoreError(f"there is no shard {self}; of {self.of} shards, the first is 1 and the last {self.of}")

    def __str__(self) -> str:
        return f"{self.number}/{self.of}"

    @classmethod
    def read(cls, text: str | Sequence[int] | Shard) -> Shard:
        """Return the shard that a text such as ``"3/40"``, or a pair, means.

        Raises
        ------
        StoreError
            If there is no such shard.
        """
        if isinstance(text, Shard):
            return text
        if isinstance(text, str):
            found = _TEXT.fullmatch(text)
            pair: Sequence[object] = [int(part) for part in found.groups()] if found else ()
        else:
            pair = list(text) if isinstance(text, list | tuple) else ()
        if len(pair) != 2 or any(type(item) is not int for item in pair):
            raise StoreError(f"{text!r} is not a shard; the third of 40 is '3/40', or (3, 40) in Python")
        number, of = pair
        assert isinstance(number, int)
        assert isinstance(of, int)
        return cls(of, number)

    @classmethod
    def of_path(cls, path: Path, output: Path) -> Shard | None:
        """Return which shard of an output a file is by its name, if any."""
        found = _SUFFIX.fullmatch(path.name.removeprefix(output.name)) if path.name.startswith(output.name) else None
        number, of = (int(part) for part in found.groups()) if found else (0, 0)
        return cls(of, number) if 1 <= number <= of else None

    def path(self, output: Path) -> Path:
        """Return where the file of this shard is."""
        return output.with_name(f"{output.name}.shard-{self.number:03d}-of-{self.of:03d}")

    def marked(self, file_layout: FileLayout) -> FileLayout:
        """Return the layout of the file of this shard, which has the identity of the whole run."""
        return replace(file_layout, record={**file_layout.record, SHARD: [self.number, self.of]})


def shard_of(record: Mapping[str, Any]) -> Shard | None:
    """Return the shard whose file has this record; None for that of a whole run."""
    number, of = record.get(SHARD, (0, 0))
    return Shard(of, number) if of else None


def shards_at(output: Path) -> dict[Shard, Path]:
    """Return the finished shards of an output, by their names."""
    return {shard: path for path, shard in _named(output, f"{glob.escape(output.name)}.shard-*-of-*", str)}


def unfinished_at(output: Path) -> dict[Shard, list[Path]]:
    """Return the working files of the shards of an output, by their names."""
    found: dict[Shard, list[Path]] = {}
    for path, shard in _named(output, f".{glob.escape(output.name)}.shard-*-of-*.work", _without_ends):
        found.setdefault(shard, []).append(path)
    return found


def lenders_to(output: Path, shard: Shard | None, named: Sequence[Path] = ()) -> Lenders:
    """Return the files whose cells a run of an output, or of a shard of it, may take.

    The run takes those of all shards, and a shard those of the result and of other shards that are finished.
    """
    shards = shards_at(output)
    if shard is None:
        beside = [*shards.values(), *(path for paths in unfinished_at(output).values() for path in paths)]
    else:
        beside = [output, *remains(output, "work"), *(path for other, path in shards.items() if other != shard)]
    return Lenders(beside, [Path(path).expanduser() for path in named])


def _without_ends(name: str) -> str:
    """Return the name of the file that a working file becomes."""
    return name[1:].rpartition(".")[0].rpartition(".")[0]


def _named(output: Path, pattern: str, told: Callable[[str], str]) -> list[tuple[Path, Shard]]:
    found = output.parent.glob(pattern) if os.path.isdir(output.parent) else ()
    shards = [(path, Shard.of_path(output.with_name(told(path.name)), output)) for path in found]
    return sorted([(path, shard) for path, shard in shards if shard is not None], key=lambda item: (item[1], item[0]))
