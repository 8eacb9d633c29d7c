"""Values that are given in Python, as a scenario gives them in a file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from gridscan.errors import ScenarioError
from gridscan.inputs.faults import Fault, InputFaults, shown
from gridscan.inputs.resolve import resolve
from gridscan.inputs.uncertain import Uncertainty
from gridscan.inputs.value_reader import Given

if TYPE_CHECKING:
    from gridscan.definition.definition import Definition
    from gridscan.inputs.record_files import OwnRecords
    from gridscan.inputs.resolved import Resolved


@dataclass(frozen=True)
class Together:
    """What is given beside single values and axes.

    Attributes
    ----------
    zipped
        Values by name of axes that move together, by their dimension.
    cases
        Rows of values by name, each with a ``name``; or a DataFrame of them.
    catalogue
        Records by catalogue and label, or the name of a file.
    uncertainty
        What is said of all uncertain parameters together.
    """

    zipped: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    cases: Any = None
    catalogue: OwnRecords = field(default_factory=dict)
    uncertainty: Uncertainty = field(default_factory=Uncertainty)


def resolve_values(model: Definition, values: Mapping[str, Any], together: Together) -> Resolved:
    """Turn values that are given in Python into labelled arrays.

    Parameters
    ----------
    model
        The model.
    values
        Raw values by name.
    together
        What is given beside these.

    Returns
    -------
    Resolved
        Every input of the model.

    Raises
    ------
    ScenarioError
        With all faults.
    """
    given = {name: Given(value, (name,)) for name, value in values.items()}
    zipped, weights = zipped_values(model, together.zipped)
    twice = sorted(zipped.keys() & given.keys())
    if twice:
        raise ScenarioError(f"{twice[0]!r} is given twice, in zip and by itself")
    if not isinstance(together.catalogue, Mapping):
        raise ScenarioError(f"catalogue maps labels to their records, found {shown(together.catalogue)}")
    return resolve(
        model,
        {**zipped, **given},
        own_records=together.catalogue,
        uncertainty=together.uncertainty,
        zip_weights=weights,
        cases=together.cases,
    )


def zipped_values(
    model: Definition, tables: Mapping[str, Mapping[str, Any]]
) -> tuple[dict[str, Given], dict[str, Given]]:
    """Return the values of zipped axes, and the weights of these.

    Parameters
    ----------
    model
        The model.
    tables
        Values by name of axes that move together, by their dimension.

    Returns
    -------
    given : dict of str to Given
        Raw values by name.
    weights : dict of str to Given
        Raw weights by dimension.

    Raises
    ------
    InputFaults
        If a dimension or a value cannot be zipped.
    """
    given: dict[str, Given] = {}
    weights: dict[str, Given] = {}
    faults = []
    if not isinstance(tables, Mapping) or not all(isinstance(members, Mapping) for members in tables.values()):
        raise InputFaults([Fault(("zip",), f"zip maps a dimension to values by name, found {shown(tables)}")])
    for dimension, members in tables.items():
        path = ("zip", dimension)
        if dimension in model.names or not str(dimension).isidentifier():
            message = f"{dimension!r} cannot name the zipped axis; use an identifier that is not a name of the model"
            faults.append(Fault(path, message, at_key=True))
        for name, value in members.items():
            if name == "weight" and name not in model.names:
                weights[dimension] = Given(value, (*path, name))
            elif name in given or isinstance(value, str | int | float):
                what = "is zipped twice" if name in given else f"takes a list of values here, found {shown(value)}"
                faults.append(Fault((*path, name), f"{name!r} {what}"))
            else:
                given[name] = Given(value, (*path, name), dimension)
    if faults:
        raise InputFaults(faults)
    return given, weights
