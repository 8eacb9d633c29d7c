"""Provenance: how a result was computed, as attributes of its file."""

from __future__ import annotations

import importlib.metadata
import json
import platform
import re
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gridscan._version import __version__
from gridscan.definition.replacement import in_words
from gridscan.errors import StoreError
from gridscan.evaluation.layout import Layout, input_settings
from gridscan.inputs.catalogue import catalogue_of
from gridscan.sensitivity.recorded_units import UNITS, record_of_units
from gridscan.units import base_factor, base_unit, parse_unit, readable, spelled_on_disk

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import xarray as xr

    from gridscan.scenario.reader import Scenario

_CONVENTIONS = "CF-1.11"


# A source with a year is a publication; others are laws and definitions.
_PUBLISHED = re.compile(r"\b(1[89]|20)\d\d\b|\barXiv:")
_SOURCE = re.compile(r"\bSource:\s(.+?)(\n\s*\n|\Z)", re.DOTALL)
_REPLACED = "gridscan_replaced"
_NOT_COPIED = {"gridscan_settings": "{}", "gridscan_versions": "{}", "gridscan_tables": "{}"}
_RECORDED_PACKAGES = ("numpy", "scipy", "xarray", "dask", "netCDF4", "pint")


@dataclass(frozen=True)
class Provenance:
    """How a result was computed; `replaced` says by what quantities of the model were, in words."""

    scenario: str
    scenario_name: str
    overrides: dict[str, Any]
    model: str
    settings: dict[str, Any]
    versions: dict[str, str]
    identity: str
    tables: dict[str, str]
    references: str = ""
    replaced: dict[str, str] = field(default_factory=dict)


def provenance_of(scenario: Scenario, layout: Layout, identity: str) -> Provenance:
    """Gather the provenance of the result of a scenario.

    Parameters
    ----------
    scenario
        The scenario.
    layout
        Its layout.
    identity
        Fingerprint of the code and inputs.

    Returns
    -------
    Provenance
        For the attributes of the result.
    """
    versions = {"gridscan": __version__, "python": platform.python_version()}
    versions |= {name: importlib.metadata.version(name) for name in _RECORDED_PACKAGES}
    return Provenance(
        scenario.text,
        scenario.file,
        dict(scenario.overrides),
        scenario.model.name,
        input_settings(layout),
        versions,
        identity,
        dict(scenario.tables),
        "; ".join(_references(layout)),
        {node.name: in_words(node) for node in layout.graph.formulas if node.replaced},
    )


def _references(layout: Layout) -> list[str]:
    """Return the publications that the formulas in use and the records of the labels in use name."""
    model, coordinates = layout.resolved.model, layout.resolved.coordinates
    sources = [found[1] for node in layout.graph.formulas if (found := _SOURCE.search(node.documentation))]
    for label in layout.resolved.with_labels(layout.graph.inputs_of(*layout.graph.targets)) & {*model.labels}:
        records = catalogue_of(model, label).records
        sources += [records[name].source for name in map(str, coordinates[label].values.ravel()) if name in records]
    parts = (" ".join(part.split()).rstrip(".") for source in sources for part in source.split("; "))
    return sorted({part for part in parts if _PUBLISHED.search(part)})


def describe_dataset(dataset: xr.Dataset, provenance: Provenance, command: str = "run") -> xr.Dataset:
    """Return the Dataset with global attributes that say what it is and how it was computed.

    Parameters
    ----------
    dataset
        The quantities.
    provenance
        Their provenance.
    command
        The command of gridscan that computed them.

    Returns
    -------
    xarray.Dataset
        The Dataset with attributes.
    """
    settings = [f"--set {name}={json.dumps(value)}" for name, value in provenance.overrides.items()]
    attributes = {
        "Conventions": _CONVENTIONS,
        "title": _title(provenance),
        "source": f"gridscan {provenance.versions['gridscan']}, model {provenance.model}",
        # No date, so that the same scenario gives the same file.
        "history": " ".join([f"gridscan {command}", provenance.scenario_name, *settings]),
        "references": provenance.references,
        "comment": _unit_definitions(dataset),
        "gridscan_model": provenance.model,
        "gridscan_scenario": provenance.scenario,
        "gridscan_scenario_name": provenance.scenario_name,
        "gridscan_overrides": json.dumps(provenance.overrides),
        "gridscan_settings": json.dumps(provenance.settings),
        "gridscan_versions": json.dumps(provenance.versions),
        "gridscan_identity": provenance.identity,
        "gridscan_tables": json.dumps(provenance.tables),
        UNITS: record_of_units(dataset),
        _REPLACED: json.dumps(provenance.replaced, ensure_ascii=False) if provenance.replaced else "",
    }
    wanted = {name: value for name, value in attributes.items() if name not in ("references", _REPLACED) or value}
    return dataset.assign_attrs(wanted)


def _title(provenance: Provenance) -> str:
    content = tomllib.loads(provenance.scenario.replace("\r\n", "\n"))
    return str(content.get("title") or f"{provenance.model} over the grid of {provenance.scenario_name}")


def _unit_definitions(dataset: xr.Dataset) -> str:
    """Say what the units mean exactly: UDUNITS has a tropical year and an electronvolt of 1986."""
    texts = {
        item.attrs.get("unit_name", item.attrs["units"]) for item in dataset.variables.values() if "units" in item.attrs
    }
    names = sorted({name for text in texts for name in parse_unit(text)._units})
    shown = []
    for name in names:
        unit = parse_unit(name)
        base = base_unit(unit)
        if unit != base:
            value = f"{base_factor(unit):.16g} {spelled_on_disk(base)}"
            shown.append(f"{readable(unit)} = {value.removesuffix(' 1')}")
    return "Units: " + "; ".join(shown) if shown else "Units are SI."


def provenance_in(dataset: xr.Dataset, path: str | Path) -> Provenance:
    """Read the provenance of a result from its attributes.

    What is in the record of a result alone, copies that others make of it do not have.

    Parameters
    ----------
    dataset
        The result.
    path
        Its file, for messages.

    Returns
    -------
    Provenance
        The provenance as written.

    Raises
    ------
    NoProvenance
        If the file was not written by ``gridscan run``.
    StoreError
        If what it says is damaged.
    """
    attributes = dataset.attrs
    try:
        return Provenance(
            _text(attributes, "gridscan_scenario"),
            _text({"gridscan_scenario_name": Path(path).name} | attributes, "gridscan_scenario_name"),
            _record(attributes, "gridscan_overrides", _anything),
            _text(attributes, "gridscan_model"),
            _record(_NOT_COPIED | attributes, "gridscan_settings", _is_setting),
            _record(_NOT_COPIED | attributes, "gridscan_versions", _is_text),
            _text(attributes, "gridscan_identity"),
            _record(_NOT_COPIED | attributes, "gridscan_tables", _is_text),
            str(attributes.get("references", "")),
            _record({_REPLACED: "{}"} | attributes, _REPLACED, _is_text),
        )
    except KeyError as error:
        raise NoProvenance(f"{path}: was not written by gridscan run: it has no attribute {error.args[0]!r}") from None
    except _Damaged as error:
        raise StoreError(f"{path}: its provenance is damaged: {error}") from None


class NoProvenance(StoreError):
    """A file that lacks what each result says of how it was computed."""


class _Damaged(Exception):
    """What an attribute holds is not what gridscan writes there."""


def _text(attributes: Mapping[Any, Any], name: str) -> str:
    value = attributes[name]
    if not isinstance(value, str):
        raise _Damaged(f"the attribute {name!r} is no text")
    return value


def _record(attributes: Mapping[Any, Any], name: str, is_valid: Callable[[Any], bool]) -> dict[str, Any]:
    """Read an attribute that holds names with values as JSON."""
    try:
        found = json.loads(_text(attributes, name))
    except (ValueError, RecursionError) as error:
        why = "nested too deeply" if isinstance(error, RecursionError) else f"not JSON ({error})"
        raise _Damaged(f"the attribute {name!r} is {why}") from None
    if not isinstance(found, dict) or not all(map(is_valid, found.values())):
        raise _Damaged(f"the attribute {name!r} does not hold what gridscan writes there")
    return found


def _anything(_: Any) -> bool:
    return True


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_setting(value: Any) -> bool:
    """Tell whether a value is a word, words, or numbers with their unit."""
    if not isinstance(value, dict):
        return _is_text(value) or (isinstance(value, list) and all(map(_is_text, value)))
    if not isinstance(value.get("unit"), str) or "value" not in value:
        return False
    ends = value["value"]
    return not isinstance(ends, dict) or all(
        isinstance(ends.get(name), int | float) for name in ("size", "first", "last")
    )
