"""Catalogues: labelled records, each with its source, in ``data/*.toml`` or of a model; each sets some parameters."""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gridscan.errors import CatalogueError, listed, nearest
from gridscan.inputs.shipped_files import folder
from gridscan.inputs.text_files import read_text

if TYPE_CHECKING:
    from gridscan.definition.definition import Definition

#: Keys of a record besides the parameters.
RECORD_NOTES = ("source", "description")


@dataclass(frozen=True)
class Record:
    """One labelled record: raw values of parameters by name, and where they come from."""

    label: str
    values: Mapping[str, Any]
    source: str
    description: str = ""


@dataclass(frozen=True)
class Catalogue(Mapping[str, Record]):
    """The records of one kind, by label."""

    name: str
    records: Mapping[str, Record] = field(default_factory=dict)

    def __getitem__(self, label: str) -> Record:
        if label not in self.records:
            own = f"write its record as [catalogue.{self.name}.{label}]"
            known = f"known are {listed(self, 20)}" if self.records else own
            raise CatalogueError(f"unknown {self.name} {label!r}{nearest(label, self)}; {known}")
        return self.records[label]

    def __contains__(self, label: object) -> bool:
        return label in self.records

    def __iter__(self) -> Iterator[str]:
        return iter(self.records)

    def __len__(self) -> int:
        return len(self.records)

    def extended(self, records: Mapping[str, Mapping[str, Any]]) -> Catalogue:
        """Return the catalogue with further records, which take precedence over shipped ones of the same label.

        Parameters
        ----------
        records
            Raw values of parameters, by label.

        Returns
        -------
        Catalogue
            A new catalogue.
        """
        own = {label: _record(label, values, "given in the scenario") for label, values in records.items()}
        return Catalogue(self.name, {**self.records, **own})

    def with_values(self, values: Mapping[str, Mapping[str, Any]]) -> Catalogue:
        """Return the catalogue with other values in some of its records.

        Parameters
        ----------
        values
            Raw values of parameters, by label.

        Returns
        -------
        Catalogue
            A new catalogue.
        """
        changed = {label: replace(self[label], values=new) for label, new in values.items()}
        return Catalogue(self.name, {**self.records, **changed})


def _record(label: str, values: Mapping[str, Any], source: str = "") -> Record:
    parameters = {name: value for name, value in values.items() if name not in RECORD_NOTES}
    return Record(label, parameters, str(values.get("source", source)), str(values.get("description", "")))


def read_catalogue(name: str, path: Path) -> Catalogue:
    """Read a catalogue from a TOML file of ``[label]`` tables.

    Parameters
    ----------
    name
        Name of the catalogue.
    path
        The file.

    Returns
    -------
    Catalogue
        Its records by label.

    Raises
    ------
    CatalogueError
        If the file cannot be read, is not TOML, or a record has no source.
    """
    try:
        tables = tomllib.loads(read_text(path))
    except OSError as error:
        raise CatalogueError(f"{path}: the catalogue {name!r} cannot be read: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CatalogueError(f"{path}: the catalogue {name!r} is not TOML: {error}") from None
    for label, values in tables.items():
        if not isinstance(values, dict) or not values.get("source"):
            raise CatalogueError(f"{path}: the record {label!r} has no source")
    return Catalogue(name, {label: _record(label, values) for label, values in tables.items()})


def shipped_catalogue(name: str) -> Catalogue:
    """Return the catalogue ``data/<name>.toml``.

    Parameters
    ----------
    name
        Name of the catalogue.

    Returns
    -------
    Catalogue
        Empty if none ships.
    """
    path = folder("data") / f"{name}.toml"
    return _read_once(name, path) if path.is_file() else Catalogue(name)


def catalogue_of(model: Definition, name: str) -> Catalogue:
    """Return the records of a label of a model: its own, or those that ship under the name of the label.

    Parameters
    ----------
    model
        The model.
    name
        Name of the label.

    Returns
    -------
    Catalogue
        Records by label.

    Raises
    ------
    CatalogueError
        If the records of the model cannot be read, or do not fit its parameters.
    """
    label = model.labels[name]
    if label.records is None:
        return shipped_catalogue(name)
    if not isinstance(label.records, Mapping | Path):
        expected = f"must be a mapping of labels, or the Path of a TOML file, found {label.records!r:.60}"
        raise CatalogueError(f"model {model.name!r}: the records of {name!r} {expected}")
    if isinstance(label.records, Mapping):
        where = f"model {model.name!r}"
        for key, values in label.records.items():
            if not isinstance(values, Mapping):
                found = f"found {values!r:.60}"
                raise CatalogueError(f"{where}: the record {key!r} of {name!r} must map parameters to values, {found}")
        records = {key: _record(key, values, "given in the model") for key, values in label.records.items()}
        catalogue = Catalogue(name, records)
    else:
        where = str(label.records)
        catalogue = _read_once(name, label.records)
    _check_keys(catalogue, model, where)
    if label.default not in catalogue:
        hint = nearest(label.default, catalogue)
        raise CatalogueError(f"{where}: {name!r} has no record {label.default!r}, its default{hint}")
    return catalogue


def _check_keys(catalogue: Catalogue, model: Definition, where: str) -> None:
    """Refuse records of a model with unknown parameters; a missing one is refused where the record is selected."""
    allowed = model.settable(catalogue.name)
    for label, record in catalogue.items():
        # A parameter replaced by a formula is no longer one.
        gone = {*model.quantities, *model.dropped}
        wrong = [key for key in record.values if key not in allowed and key not in gone]
        if wrong:
            hint = nearest(wrong[0], allowed)
            what = f"the record {label!r} of {catalogue.name!r} sets the unknown parameter {wrong[0]!r}{hint}"
            raise CatalogueError(f"{where}: {what}; allowed are {listed(allowed)}")


def _read_once(name: str, path: Path) -> Catalogue:
    """Read a catalogue, from a cache if its file is unchanged."""
    try:
        state = path.stat()
    except OSError:
        return read_catalogue(name, path)
    return _read(name, path, (state.st_mtime_ns, state.st_ctime_ns, state.st_size, state.st_ino))


@functools.lru_cache(maxsize=64)
def _read(name: str, path: Path, _state: tuple[int, ...]) -> Catalogue:
    return read_catalogue(name, path)
