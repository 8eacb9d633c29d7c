"""Scenario files: TOML to validated inputs, each error with its line and column.

A scenario is data: nothing in it is executed.
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ValidationError

from gridscan.definition.nodes import Parameter
from gridscan.errors import ModelError, ScenarioError
from gridscan.inputs.cases import CASE
from gridscan.inputs.chosen_cases import Chosen
from gridscan.inputs.dependent import is_dependent
from gridscan.inputs.faults import MOST_TOLD, Fault, InputFaults, schema_fault, shown, untold
from gridscan.inputs.inline_records import is_record
from gridscan.inputs.input_files import TableFiles
from gridscan.inputs.plain_values import plain_overrides
from gridscan.inputs.priors import is_prior
from gridscan.inputs.requirements import requirement_faults
from gridscan.inputs.resolve import resolve
from gridscan.inputs.sampling import Sampling
from gridscan.inputs.value_reader import Given
from gridscan.model_loader import is_code, load_model
from gridscan.scenario.derived import with_derived
from gridscan.scenario.output_checks import check_output
from gridscan.scenario.own_quantities import QUANTITIES, wanted_in, with_quantities
from gridscan.scenario.schema import Output, ScenarioSchema, Uses
from gridscan.scenario.toml_positions import Positions, locate
from gridscan.scenario.toml_text import parse_toml, read_file
from gridscan.scenario.uncertain_tables import of_design, uncertain_values, uncertainty_of
from gridscan.scenario.used_files import UsedFiles
from gridscan.uncertainty.designs import Design

if TYPE_CHECKING:
    from gridscan.inputs.resolved import Resolved
    from gridscan.inputs.uncertain import Uncertainty
    from gridscan.model import Model
    from gridscan.uncertainty.designs import Uniforms


_NESTED: dict[str | int, type[BaseModel]] = {"output": Output, "sampling": Sampling, "design": Design, "uses": Uses}


@dataclass(frozen=True)
class Scenario:
    """A valid scenario: its text, its model, and the inputs that it resolves to.

    Attributes
    ----------
    name
        Name in messages: the path as given.
    file
        Name of its file, which is stored in the result.
    text
        Content of the file.
    folder
        Base of its output path.
    schema
        The keys of the file.
    model
        The model that it names.
    resolved
        Its values as arrays in base units.
    overrides
        Values that win over those of the file.

    Examples
    --------
    >>> import gridscan as gs
    >>> scenario = gs.Scenario.parse('''
    ... model = "red_supergiants"
    ... axes.sfr = { linspace = [1, 3, 5], unit = "Msun/yr" }
    ... output.quantities = ["carbon_burning_rsg"]
    ... ''')
    >>> scenario.quantities, scenario.resolved.sizes
    (['carbon_burning_rsg'], {'sfr': 5})
    """

    name: str
    file: str
    text: str
    folder: Path
    schema: ScenarioSchema
    model: Model
    resolved: Resolved
    overrides: Mapping[str, Any]

    @property
    def tables(self) -> Mapping[str, str]:
        """Contents of the files that it names."""
        return self.resolved.tables

    @property
    def quantities(self) -> list[str]:
        """The quantities to evaluate."""
        return wanted_in(self.schema.output, self.overrides)

    @property
    def output_path(self) -> Path:
        """Where the result goes."""
        suffix = "zarr" if self.schema.output.format == "zarr" else "nc"
        path = os.path.expanduser(self.schema.output.path or f"{Path(self.file).stem}.{suffix}")
        return Path(os.path.normpath(self.folder / path))

    @classmethod
    def load(
        cls, path: str | Path, *, model: Model | None = None, overrides: Mapping[str, Any] | None = None
    ) -> Scenario:
        """Read and validate a scenario file.

        Parameters
        ----------
        path
            The TOML file.
        model
            Used instead of the model that the file names.
        overrides
            Values by name that win over those of the file; a list makes an axis.

        Returns
        -------
        Scenario
            Valid: every name, value and unit fits the model.

        Raises
        ------
        ScenarioError
            With a line ``file:line:column: …`` for each error.
        """
        path = Path(path).expanduser()
        return cls.parse(read_file(path), name=str(path), folder=path.parent, model=model, overrides=overrides)

    @classmethod
    def parse(
        cls,
        text: str,
        *,
        name: str = "scenario.toml",
        file: str | None = None,
        folder: str | Path = ".",
        model: Model | None = None,
        overrides: Mapping[str, Any] | None = None,
        tables: Mapping[str, str] | None = None,
    ) -> Scenario:
        """Validate the text of a scenario.

        Parameters
        ----------
        text
            TOML.
        name
            Name in messages.
        file
            Name of its file, which is stored in the result.
        folder
            Base of relative paths: of its output and of the files that it names.
        model
            Used instead of the model that the text names.
        overrides
            Values by name that win over those of the text; a list makes an axis.
        tables
            Contents of files that the text names, which win over those in the folder.

        Returns
        -------
        Scenario
            Valid: every name, value and unit fits the model.

        Raises
        ------
        ScenarioError
            With a line ``name:line:column: …`` for each error.
        """
        file = Path(name).name if file is None else file
        kept = plain_overrides(overrides)
        return _Reader(text, name, file, TableFiles(Path(folder), dict(tables or {})), kept).read(model)

    def drawn_with(
        self, design: Design, numbers: Callable[[Design, Mapping[str, int]], Mapping[str, Uniforms]]
    ) -> Resolved:
        """Resolve the scenario again, with other random numbers for all that is uncertain.

        Parameters
        ----------
        design
            With the number of draws.
        numbers
            Makes the numbers of each name, from the design and the dimension of each name.

        Returns
        -------
        Resolved
            Its values as arrays in base units.

        Raises
        ------
        ScenarioError
            If a draw is not allowed.
        """
        reader = _Reader(self.text, self.name, self.file, TableFiles(self.folder, dict(self.tables)), self.overrides)
        reader.drawing = lambda found: dataclasses.replace(found, design=design, numbers=numbers)
        return reader.read(self.model).resolved


class _Reader:
    """Reads one text, and returns the scenario or raises all its errors at once."""

    def __init__(self, text: str, name: str, file: str, files: TableFiles, overrides: Mapping[str, Any]) -> None:
        self.text, self.name, self.file, self.files, self.overrides = text, name, file, files, overrides
        self.faults: list[Fault] = []
        self.zip_weights: dict[str, Given] = {}
        self.used = UsedFiles()
        self.drawing: Callable[[Uncertainty], Uncertainty] = lambda found: found

    def read(self, model: Model | None) -> Scenario:
        try:
            return self._scenario(model)
        except RecursionError:
            raise ScenarioError(f"{self.name}:1:1: not valid TOML: nested too deeply") from None

    def _scenario(self, model: Model | None) -> Scenario:
        content = with_quantities(parse_toml(self.text, self.name), self.overrides)
        content = self.used.added(content, self.files, self.faults)
        schema = self._schema(content)
        model = model or self._model(content.get("model"))
        if model is not None:
            model = with_derived(model, content, self.faults)
        resolved = None
        if model is not None:
            given = self._given(model, content)
            resolved = self._resolve(model, given, content)
            check_output(model, content, given, self.faults)
            if not self.faults and schema is not None and resolved is not None:
                self.faults += requirement_faults(resolved, wanted_in(schema.output, self.overrides), given)
        if self.faults or schema is None or model is None or resolved is None:
            raise self._error(locate(self.text))
        text = self.text.replace("\r\n", "\n")
        return Scenario(self.name, self.file, text, self.files.folder, schema, model, resolved, self.overrides)

    def _error(self, positions: Positions) -> ScenarioError:
        lines = []
        for fault in self.faults[:MOST_TOLD]:
            if QUANTITIES in self.overrides and fault.path[:2] == ("output", "quantities"):
                lines.append(((0, 0), f"--quantities: {fault.message}"))
            elif fault.path[:1] == ("--set",):
                lines.append(((0, 0), f"--set {fault.path[1]}: {fault.message}"))
            elif (place := self.used.located(fault)) is not None:
                lines.append((place[1:], f"{place[0]}:{place[1]}:{place[2]}: {fault.message}"))
            else:
                line, column = positions.find(fault.path, fault.at_key)
                lines.append(((line, column), f"{self.name}:{line}:{column}: {fault.message}"))
        told = list(dict.fromkeys(message for _, message in sorted(lines)))
        return ScenarioError("\n".join(told + untold(len(self.faults))))

    def _schema(self, content: dict[str, Any]) -> ScenarioSchema | None:
        if isinstance(content.get("catalogue"), dict):
            # The records of a file are checked with the model.
            here = {kind: records for kind, records in content["catalogue"].items() if not isinstance(records, str)}
            content = {**content, "catalogue": here}
        try:
            return ScenarioSchema.model_validate(content)
        except ValidationError as error:
            for item in error.errors():
                location = item["loc"]
                if len(self.faults) >= MOST_TOLD:
                    self.faults.append(Fault(tuple(location), "not told"))
                    continue
                nested = _NESTED.get(location[0], ScenarioSchema) if len(location) > 1 else ScenarioSchema
                if item["type"] in ("extra_forbidden", "missing"):
                    path, message, at_key = schema_fault({**item, "loc": location[-1:]}, tuple(location[:-1]), nested)
                    self.faults.append(Fault(path, message, at_key))
                else:
                    found = "a table" if isinstance(item["input"], dict) else shown(item["input"])
                    what = item["msg"].partition(" or instance of ")[0].lower().replace("dictionary", "table")
                    name = next(part for part in reversed(location) if isinstance(part, str))
                    self.faults.append(Fault(tuple(location), f"{name!r}: {what}, found {found}"))
            return None

    def _model(self, name: Any) -> Model | None:
        if not isinstance(name, str):
            return None
        if is_code(name):
            message = f"a scenario cannot name Python code; write a plain name here, and run it with --model {name}"
            self.faults.append(Fault(("model",), message))
            return None
        try:
            return load_model(name)
        except ModelError as error:
            self.faults.append(Fault(("model",), str(error)))
            return None

    def _given(self, model: Model, content: dict[str, Any]) -> dict[str, Given]:
        uncertain = uncertain_values(content, self.faults)
        given = {**self._axes(model, content), **uncertain, **self._parameters(model, content)}
        axes_of_file = _table(content, "axes")
        for name, value in self.overrides.items():
            if of_design(name) or name == QUANTITIES or (name == CASE and "cases" in content):
                continue
            stays_in_place = name in axes_of_file and isinstance(value, list | Mapping)
            if not stays_in_place:
                given.pop(name, None)
            given[name] = Given(value, ("--set", name))
        return given

    def _resolve(self, model: Model, given: dict[str, Given], content: dict[str, Any]) -> Resolved | None:
        records = {
            kind: {label: one for label, one in of.items() if isinstance(one, dict)} if isinstance(of, dict) else of
            for kind, of in _table(content, "catalogue").items()
            if isinstance(of, dict | str)
        }
        try:
            how: dict[str, Any] = {"own_records": records, "units_required": True, "files": self.files}
            how["uncertainty"] = self.drawing(uncertainty_of(content, self.overrides, self.faults))
            cases = content.get("cases")
            if cases is not None and CASE in self.overrides:
                cases = Chosen(cases, self.overrides[CASE])
            found = resolve(model, given, **how, zip_weights=self.zip_weights, cases=cases)
            return dataclasses.replace(found, tables={**found.tables, **self.used.contents})
        except InputFaults as error:
            self.faults += error.faults
            return None

    def _axes(self, model: Model, content: dict[str, Any]) -> dict[str, Given]:
        given: dict[str, Given] = {}
        for name, value in _table(content, "axes").items():
            path = ("axes", name)
            if name == "zip":
                zipped = self._zipped(model, value)
                for twice in [key for key in zipped if key in _table(content, "axes")]:
                    message = f"{twice!r} is given twice, here and in [axes]"
                    self.faults.append(Fault(zipped[twice].path, message, at_key=True))
                given |= zipped
            elif is_prior(value):
                self.faults.append(Fault(path, f"a distribution, such as that of {name!r}, belongs in [uncertain]"))
            elif isinstance(value, list | dict):
                given[name] = Given(value, path)
            else:
                message = f"an axis takes a list of values, found {value!r}; a single value belongs in [parameters]"
                self.faults.append(Fault(path, message))
        return given

    def _zipped(self, model: Model, tables: Any) -> dict[str, Given]:
        given: dict[str, Given] = {}
        if not isinstance(tables, dict) or not all(isinstance(members, dict) for members in tables.values()):
            self.faults.append(Fault(("axes", "zip"), "zipped axes are written [axes.zip.NAME]", at_key=True))
            return given
        for dimension, members in tables.items():
            path = ("axes", "zip", dimension)
            if dimension in model.names or not dimension.isidentifier():
                message = (
                    f"{dimension!r} cannot name the zipped axis; use an identifier that is not a name of the model"
                )
                self.faults.append(Fault(path, message, at_key=True))
            for name, value in members.items():
                if name == "weight" and name not in model.names:
                    self.zip_weights[dimension] = Given(value, (*path, name))
                elif name in given or not isinstance(value, list | dict):
                    what = "is zipped twice" if name in given else f"takes a list of values here, found {value!r}"
                    self.faults.append(Fault((*path, name), f"{name!r} {what}"))
                else:
                    given[name] = Given(value, (*path, name), dimension)
        return given

    def _parameters(self, model: Model, content: dict[str, Any]) -> dict[str, Given]:
        given = {}
        axes = _table(content, "axes")
        zips = [members for members in _table(axes, "zip").values() if isinstance(members, dict)]
        for name, value in _table(content, "parameters").items():
            path = ("parameters", name)
            node = model.nodes.get(name)
            vector = isinstance(node, Parameter) and node.vector is not None
            if name in axes or any(name in members for members in zips):
                message = f"{name!r} is given twice, here and in [axes]"
                self.faults.append(Fault(path, message, at_key=True))
            elif name in _table(content, "uncertain"):
                self.faults.append(Fault(path, f"{name!r} is given twice, here and in [uncertain]", at_key=True))
            elif is_prior(value):
                self.faults.append(Fault(path, f"a distribution, such as that of {name!r}, belongs in [uncertain]"))
            elif is_dependent(value) or (name in model.labels and is_record(value)):
                given[name] = Given(value, path)
            elif isinstance(value, dict) or (isinstance(value, list) and not vector):
                message = f"{name!r} takes one value here; several values make an axis and belong in [axes]"
                self.faults.append(Fault(path, message))
            else:
                given[name] = Given(value, path)
        return given


def _table(content: Mapping[str, Any], key: str) -> dict[str, Any]:
    value = content.get(key)
    return value if isinstance(value, dict) else {}
