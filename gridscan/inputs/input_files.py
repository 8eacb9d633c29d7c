"""Files that parameters name: found and read beside the scenario, in a result, or among the shipped ones."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gridscan.errors import CatalogueError, nearest
from gridscan.inputs.text_files import control_character, not_utf8, read_text
from gridscan.limits import DEFAULT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gridscan.definition.nodes import Table
    from gridscan.limits import Limits


@dataclass(frozen=True)
class TableFiles:
    """The files that a scenario names.

    Attributes
    ----------
    folder
        Folder that names are relative to.
    kept
        Content, by name, of the files inside a result; these take precedence over files of the same name.
    limits
        Largest size of a file.
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
            Name in the scenario; that of the shipped file, or of one beside it, means that if there is no other.
        folder
            Folder instead of that of the scenario.

        Returns
        -------
        str
            Its text.

        Raises
        ------
        CatalogueError
            If there is no such file, or it is not text.
        """
        if name in self.kept:
            return self.kept[name]
        path = (self.folder if folder is None else folder) / os.path.expanduser(name)
        try:
            if not path.exists() and Path(name).name == name and table.shipped.with_name(name).is_file():
                path = table.shipped.with_name(name)
            if path.exists() and not path.is_file():
                raise CatalogueError(f"{path}: not a regular file; expected a table")
            if path.is_file() and path.stat().st_size > self.limits.table_bytes:
                raise CatalogueError(f"{path}: {path.stat().st_size:,} bytes is too large for a table")
            return _lines_ended_by_line_feeds(path, read_text(path))
        except FileNotFoundError:
            beside = [other.name for other in path.parent.glob(f"*{path.suffix}")] if path.parent.is_dir() else []
            raise CatalogueError(f"{path}: no such file{nearest(path.name, beside)}") from None
        except UnicodeDecodeError as error:
            raise CatalogueError(f"{path}: {not_utf8(error)}; expected a table") from None
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
            Name in the scenario.
        folder
            Folder instead of that of the scenario.

        Returns
        -------
        content : str
            Its text.
        table : object
            The table as the parameter's reader returns it.

        Raises
        ------
        CatalogueError
            If there is no such file, or it is not a valid table.
        """
        content = self.content(table, name, folder)
        return content, table.read(content, name)


def _lines_ended_by_line_feeds(path: Path, text: str) -> str:
    control = control_character(text)
    if control is not None:
        raise CatalogueError(f"{path}:{control.line}: {control.message}")
    return text.replace("\r\n", "\n")
