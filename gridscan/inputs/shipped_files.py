"""Shipped files: in the package when installed, beside it in a source tree."""

from __future__ import annotations

from pathlib import Path

from gridscan.errors import GridscanError, nearest

#: The group of entry points by which packages offer their models.
ENTRY_POINTS = "gridscan.models"
_PACKAGE = Path(__file__).resolve().parents[1]


def folder(name: str) -> Path:
    """Return the shipped folder ``data`` or ``scenarios``.

    Parameters
    ----------
    name
        ``"data"`` or ``"scenarios"``.

    Returns
    -------
    pathlib.Path
        Its path.

    Raises
    ------
    GridscanError
        If the installation does not have it.
    """
    for place in (_PACKAGE / name, _PACKAGE.parent / name):
        if place.is_dir():
            return place
    raise GridscanError(f"the installation of gridscan has no folder {name!r} beside {_PACKAGE}; reinstall it")


def data_path(name: str) -> Path:
    """Return the path of a shipped table or catalogue.

    Parameters
    ----------
    name
        Such as ``"stellar_phases.csv"``.

    Returns
    -------
    pathlib.Path
        Its path.

    Raises
    ------
    GridscanError
        If there is no such file.
    """
    path = folder("data") / name
    if not path.is_file():
        raise GridscanError(
            f"gridscan has no data file {name!r}{nearest(name, [p.name for p in path.parent.iterdir()])}"
        )
    return path


def shipped_scenarios() -> dict[str, Path]:
    """Return the shipped scenario files by name, without their suffix."""
    return {path.stem: path for path in sorted(folder("scenarios").glob("*.toml"))}
