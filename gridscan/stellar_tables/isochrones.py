"""Isochrones in the format of CMD 3.9, and a reader that recognises a stellar table by its content."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import xarray as xr

from gridscan.atomic import reason
from gridscan.errors import CatalogueError, GridscanWarning, StoreError, listed
from gridscan.numerics.double_double import power_of_ten
from gridscan.stellar_tables.text_columns import Columns, read_columns, words_in_front
from gridscan.stellar_tables.tracks import TRACK_COLUMNS, read_track, refuse_outside, variable

ISOCHRONE_COLUMNS = ("Zini", "logAge", "Mini", "logL", "logTe")
_LABEL = "label"

#: What the labels 0 to 9 of CMD say, as CF ``flag_meanings``.
EVOLUTIONARY_PHASES = (
    "pre_main_sequence",
    "main_sequence",
    "subgiant_branch",
    "red_giant_branch",
    "core_helium_burning_begin",
    "core_helium_burning_blueward",
    "core_helium_burning_redward",
    "early_asymptotic_giant_branch",
    "thermally_pulsing_asymptotic_giant_branch",
    "post_asymptotic_giant_branch",
)

_LIMITS = {
    "Zini": (0.0, 1.0),
    "logAge": (0.0, 12.0),
    "Mini": (0.0, 1e4),
    "logL": (-20.0, 20.0),
    "logTe": (0.0, 10.0),
}
_LAST_WORDS = "isochrone terminated"


def read_isochrones(path: str | Path) -> xr.Dataset:
    """Read one or several isochrones from a table of CMD.

    Parameters
    ----------
    path
        The table.

    Returns
    -------
    xarray.Dataset
        Along the dimension ``point``, in the order of the file: ``initial_mass`` [Msun], ``age`` [Myr],
        ``metallicity`` [1], ``effective_temperature`` [K], ``luminosity`` [Lsun], and the integer flag
        ``evolutionary_phase`` where the table has a column ``label``. They are the columns Mini, logAge, Zini, logTe
        and logL. Title, source and references come from the comments above the table.

    Raises
    ------
    StoreError
        If the file cannot be read.
    CatalogueError
        If a column is missing, a row does not have as many cells as there are columns or is cut off, a cell is not a
        finite number or one that no star has, or a label is not an integer from 0 to 9; it gives file and line.

    Warns
    -----
    GridscanWarning
        Where CMD wrote the table, and the line with which it ends one is missing.
    """
    path = Path(path)
    try:
        with path.open("rb") as stream:
            columns = read_columns(stream, str(path), ISOCHRONE_COLUMNS, [_LABEL])
    except OSError as error:
        raise StoreError(f"{path}: cannot be read: {reason(error)}") from None
    refuse_outside(columns, _LIMITS)
    values = columns.values
    columns.refuse(values["Mini"] == 0.0, "Mini", "a mass above zero")
    variables = {
        "initial_mass": variable(values["Mini"], "Msun", "initial mass"),
        "age": variable(power_of_ten(values["logAge"] - 6.0), "Myr", "age"),
        "metallicity": variable(values["Zini"], "1", "initial mass fraction of metals"),
        "effective_temperature": variable(power_of_ten(values["logTe"]), "K", "effective temperature"),
        "luminosity": variable(power_of_ten(values["logL"]), "Lsun", "luminosity"),
    }
    if _LABEL in values:
        variables["evolutionary_phase"] = _phases(columns)
    attributes = _attributes(path, columns.comments)
    if "CMD" in attributes.get("source", "") and columns.ending != _LAST_WORDS:
        warnings.warn(
            f"{path}: does not end with '#{_LAST_WORDS}', as CMD ends a table; rows may be missing",
            GridscanWarning,
            stacklevel=2,
        )
    return xr.Dataset(variables, attrs=attributes)


def read_stellar_table(path: str | Path) -> xr.Dataset:
    """Read a table of isochrones or a track, whichever it is by its column names.

    Parameters
    ----------
    path
        The table.

    Returns
    -------
    xarray.Dataset
        Of `read_isochrones` or `read_track`; the attribute ``kind`` is ``"isochrone"`` or ``"track"``.

    Raises
    ------
    StoreError
        If the file cannot be read.
    CatalogueError
        If it is neither, or a faulty one.
    """
    path = Path(path)
    try:
        with path.open("rb") as stream:
            if stream.peek(4)[:4] == b"PK\x03\x04":
                raise CatalogueError(f"{path}: is a ZIP; give one table, of isochrones or of a track")
            words = words_in_front(stream, str(path))
    except OSError as error:
        raise StoreError(f"{path}: cannot be read: {reason(error)}") from None
    isochrone, track = (len(words.intersection(names)) for names in (ISOCHRONE_COLUMNS, TRACK_COLUMNS))
    # Half of the columns show which of the two was meant; its reader then names the missing ones.
    if max(isochrone, track) < 2:
        raise CatalogueError(
            f"{path}: neither a table of isochrones (with columns {listed(ISOCHRONE_COLUMNS)}) nor a track "
            f"({listed(TRACK_COLUMNS)})"
        )
    return read_isochrones(path) if isochrone > track else read_track(path)


def _phases(columns: Columns) -> xr.Variable:
    labels = columns.values[_LABEL]
    count = len(EVOLUTIONARY_PHASES)
    wrong = (labels != np.round(labels)) | (labels < 0) | (labels >= count)
    columns.refuse(wrong, _LABEL, f"an integer from 0 to {count - 1}")
    attributes = {
        "long_name": "evolutionary phase",
        "flag_values": np.arange(count, dtype=np.int8),
        "flag_meanings": " ".join(EVOLUTIONARY_PHASES),
    }
    return xr.Variable("point", labels.astype(np.int8), attributes)


def _attributes(path: Path, comments: list[str]) -> dict[str, str]:
    """Return title, source and references from the comments of CMD; the title is the name of the file otherwise."""
    attributes = {"title": path.name, "kind": "isochrone"}
    for comment in comments:
        lowered = comment.lower()
        if lowered.startswith("file generated by"):
            attributes["source"] = comment
        elif lowered.startswith("isochrones based on"):
            attributes["title"] = _sentence(comment)
        elif lowered.startswith("basic references:"):
            attributes["references"] = comment.partition(":")[2].strip()
    return attributes


def _sentence(text: str) -> str:
    text = " ".join(text.split())
    return text[:1].upper() + text[1:]
