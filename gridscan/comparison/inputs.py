"""What two results were made of: inputs, tables, formulas, code and versions, as far as they record it."""

from __future__ import annotations

import difflib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gridscan.errors import StoreError
from gridscan.fingerprint.digest import digest
from gridscan.fingerprint.identity import changes
from gridscan.sensitivity.recorded_units import EXPRESSION
from gridscan.storage.provenance import Provenance, provenance_in
from gridscan.storage.standing import record_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    import xarray as xr

_MOST_VALUES = 8


@dataclass(frozen=True)
class InputDifference:
    """Something that two results were made of, and that is not the same.

    Attributes
    ----------
    kind
        ``"model"``, ``"input"``, ``"override"``, ``"table"``, ``"replaced"``, ``"formula"``, ``"code"``, ``"version"``
        or ``"scenario"``.
    name
        Its name.
    first, second
        What it is in either result, in words.
    """

    kind: str
    name: str
    first: str
    second: str

    def __str__(self) -> str:
        return f"{self.kind} {self.name}: {self.first} in A, {self.second} in B"


def compare_inputs(first: xr.Dataset, second: xr.Dataset) -> list[InputDifference]:
    """Compare what two results record of how they were made.

    Parameters
    ----------
    first, second
        The results.

    Returns
    -------
    list of InputDifference
        Of what both record; the code only of files.
    """
    try:
        a, b = provenance_in(first, "A"), provenance_in(second, "B")
    except StoreError:
        return []
    found = _between("model", {"name": a.model}, {"name": b.model})
    found += _between("input", *({name: _setting(item) for name, item in side.settings.items()} for side in (a, b)))
    found += _between(
        "override", *({name: json.dumps(item) for name, item in side.overrides.items()} for side in (a, b))
    )
    found += _between("table", *({name: _content(text) for name, text in side.tables.items()} for side in (a, b)))
    found += _between("replaced", a.replaced, b.replaced)
    found += _between("formula", _formulas(first), _formulas(second))
    found += _code(first, second)
    found += _between("version", a.versions, b.versions)
    return [*found, *_scenario(a, b)]


def _between(kind: str, a: Mapping[str, str], b: Mapping[str, str]) -> list[InputDifference]:
    names = dict.fromkeys([*a, *b])
    return [
        InputDifference(kind, name, a.get(name, "none"), b.get(name, "none"))
        for name in names
        if a.get(name) != b.get(name)
    ]


def _setting(setting: Any) -> str:
    values = setting["value"] if isinstance(setting, dict) else setting
    unit = setting["unit"] if isinstance(setting, dict) else "1"
    if isinstance(values, dict):
        text = f"{values['size']:,} values from {values['first']!r} to {values['last']!r}"
    elif isinstance(values, list):
        shown = ", ".join(str(item) for item in values[:_MOST_VALUES])
        more = (
            ""
            if len(values) <= _MOST_VALUES
            else f", … ({len(values):,}, digest {digest(json.dumps(values)).hex()[:8]})"
        )
        text = f"{shown}{more}"
    else:
        text = str(values)
    return f"{text} {unit}".removesuffix(" 1")


def _content(text: str) -> str:
    return f"{len(text.splitlines()):,} lines, digest {digest(text).hex()[:8]}"


def _formulas(dataset: xr.Dataset) -> dict[str, str]:
    return {
        str(name): str(item.attrs[EXPRESSION]) for name, item in dataset.data_vars.items() if EXPRESSION in item.attrs
    }


def _code(first: xr.Dataset, second: xr.Dataset) -> list[InputDifference]:
    """Return for each quantity how the code behind it differs, once for quantities of which the same is to be said."""
    records = [_record(dataset) for dataset in (first, second)]
    if not all(records):
        return []
    a, b = (item for item in records if item is not None)
    said: dict[str, list[str]] = {}
    for name in a["variables"]:
        if name in b["variables"] and "/" not in name:
            one, other = ({part: side["code"][part] for part in side["variables"][name]["code"]} for side in (a, b))
            why = changes(one, other)
            if why:
                said.setdefault(why, []).append(name)
    return [InputDifference("code", ", ".join(names), "as it was", why) for why, names in said.items()]


def _record(dataset: xr.Dataset) -> Mapping[str, Any] | None:
    source = dataset.encoding.get("source")
    record = record_of(Path(source)) if source else None
    return None if record is None or not record.is_of_run else record.content


def _scenario(a: Provenance, b: Provenance) -> list[InputDifference]:
    lines = [
        line
        for line in difflib.unified_diff(a.scenario.splitlines(), b.scenario.splitlines(), lineterm="", n=0)
        if not line.startswith(("---", "+++", "@@"))
    ]
    gone, new = ([line[1:].strip() for line in lines if line.startswith(sign)] for sign in "-+")
    if not lines:
        return []
    return [InputDifference("scenario", "text", _lines(gone), _lines(new))]


def _lines(lines: list[str]) -> str:
    shown = " / ".join(lines[:3])
    return (shown or "none") + (f" / … ({len(lines)} lines)" if len(lines) > 3 else "")
