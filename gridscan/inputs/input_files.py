"""Files that parameters name: found and read beside the scenario, in a result, or among the shipped ones."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gridscan.errors import CatalogueError, nearest
from gridscan.limits import DEFAULT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gridscan.definition.nodes import Table
    from gridscan.limits import Limits


@dataclass(frozen=True)
class TableFiles:
    """Where the files are that a scenario names.

    Attributes
    ----------
    folder
        What names are relative to.
    kept
        Content by name of the files that a result carries; these win over files of the same name.
    limits
        The size of the largest file.
    """

    folder: Path = Path(".")
    kept: Mapping[str, str] = field(default_factory=dict)
    limits: Limits = DEFAULT

    def content(self, table: Table, name: str, folder: Path | None = None) -> str:
        """Return the content of a file.

        Parameters
        ----------
        table
            How the parameter reads its file.
        name
            As the scenario says it; the name of the shipped file means that one where there is no other.
        folder
            Instead of the own one.

        Returns
        -------
        str
            Its text.

        Raises
        ------
        CatalogueError
            If there is no such file, or it is not a text.
        """
        if name in self.kept:
            return self.kept[name]
        path = (self.folder if folder is None else folder) / name
        try:
            if not path.exists() and name == table.shipped.name:
                path = table.shipped
            if path.exists() and not path.is_file():
                raise CatalogueError(f"{path}: is no regular file; expected a table")
            if path.is_file() and path.stat().st_size > self.limits.table_bytes:
                raise CatalogueError(f"{path}: {path.stat().st_size:,} bytes are too many for a table")
            return path.read_text(encoding="utf-8-sig")
        except FileNotFoundError:
            beside = [other.name for other in path.parent.glob(f"*{path.suffix}")] if path.parent.is_dir() else []
            raise CatalogueError(f"{path}: there is no such file{nearest(path.name, beside)}") from None
        except UnicodeDecodeError as error:
            raise CatalogueError(f"{path}: not a text in UTF-8 (byte {error.start}); expected a table") from None
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or error
            raise CatalogueError(f"{path}: cannot be read: {reason}") from None

    def read(self, table: Table, name: str, folder: Path | None = None) -> tuple[str, Any]:
        """Return the content of a file and the table that it holds.

        Parameters
        ----------
        table
            How the parameter reads its file.
        name
            As the scenario says it.
        folder
            Instead of the own one.

        Returns
        -------
        content : str
            Its text.
        table : object
            What the reader of the parameter makes of it.

        Raises
        ------
        CatalogueError
            If there is no such file, or it does not hold such a table.
        """
        content = self.content(table, name, folder)
        return content, table.read(content, name)
