"""Records in place of labels: ``imf = { exponents = [...], breaks = [...] }`` instead of the name of a record."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from gridscan.inputs.priors import is_prior
from gridscan.inputs.value_reader import AxisRange, Given

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from gridscan.definition.definition import Definition
    from gridscan.inputs.cases import Case
    from gridscan.inputs.faults import Fault, Path

#: Name of a record that has none.
OWN = "own"


class InlineRecords:
    """Takes records out of given values, and puts their names there.

    Parameters
    ----------
    model
        The model.

    Attributes
    ----------
    records
        Raw values of parameters, by catalogue and name.
    """

    def __init__(self, model: Definition) -> None:
        self.model = model
        self.records: dict[str, dict[str, Mapping[str, Any]]] = {}
        self._paths: dict[tuple[str, str], Path] = {}

    def named(self, given: Mapping[str, Given]) -> dict[str, Given]:
        """Return given values with the names of records in place of these.

        Parameters
        ----------
        given
            Raw values by name.

        Returns
        -------
        dict of str to Given
            Raw values by name.
        """
        return {name: self._named(name, item) if name in self.model.labels else item for name, item in given.items()}

    def _named(self, name: str, item: Given) -> Given:
        value = item.value
        if is_record(value):
            return dataclasses.replace(item, value=self._keep(name, OWN, value, item.path))
        listed_in = value.get("values") if isinstance(value, Mapping) else value
        if not isinstance(listed_in, list | tuple) or not any(map(is_record, listed_in)):
            return item
        path = (*item.path, "values") if isinstance(value, Mapping) else item.path
        names = [
            self._keep(name, f"{OWN} {index + 1}", one, (*path, index)) if is_record(one) else one
            for index, one in enumerate(listed_in)
        ]
        return dataclasses.replace(item, value={**value, "values": names} if isinstance(value, Mapping) else names)

    def of_cases(self, cases: Sequence[Case]) -> list[Case]:
        """Return cases with the names of records in place of these.

        Parameters
        ----------
        cases
            The cases.

        Returns
        -------
        list of Case
            Their records are named after them.
        """
        found = []
        for case in cases:
            own = {
                name: self._keep(name, f"{OWN} of {case.name}", value, (*case.path, name))
                for name, value in case.values.items()
                if name in self.model.labels and is_record(value)
            }
            found.append(dataclasses.replace(case, values={**case.values, **own}))
        return found

    def _keep(self, catalogue: str, label: str, record: Mapping[str, Any], path: Path) -> str:
        self.records.setdefault(catalogue, {})[label] = record
        self._paths[catalogue, label] = path
        return label

    def located(self, faults: Iterable[Fault]) -> list[Fault]:
        """Return faults in records where these are given.

        Parameters
        ----------
        faults
            Faults, with paths as if the records stood under [catalogue].

        Returns
        -------
        list of Fault
            The same, with other paths.
        """
        return [dataclasses.replace(fault, path=self._path(fault.path)) for fault in faults]

    def _path(self, path: Path) -> Path:
        if path[:1] != ("catalogue",) or len(path) < 3:
            return path
        given = self._paths.get((str(path[1]), str(path[2])))
        return path if given is None else (*given, *path[3:])


def is_record(value: Any) -> bool:
    """Tell whether a raw value of a label is a record.

    Parameters
    ----------
    value
        A raw value.

    Returns
    -------
    bool
        False for a range of values and for a distribution.
    """
    return (
        isinstance(value, Mapping) and not is_prior(value) and not any(key in AxisRange.model_fields for key in value)
    )
