"""JSON Schema of the scenarios of a model, for editors that complete and check them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gridscan.definition.nodes import Constant, Label, Parameter, Quantity
from gridscan.inputs.catalogue import RECORD_NOTES, catalogue_of
from gridscan.inputs.value_reader import AxisRange
from gridscan.scenario.case_schema import cases_schema, follower, follows_schema
from gridscan.scenario.schema import ScenarioSchema
from gridscan.scenario.uncertain_schema import correlated_schema, prior_schema
from gridscan.units import readable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from gridscan.definition.definition import Definition
    from gridscan.definition.nodes import Alternative


_FORMULA = {
    "anyOf": [
        {"type": "string"},
        {
            "type": "object",
            "properties": {
                "expression": {"description": "The formula", "type": "string"},
                "unit": {"description": "Unit of the result; by default that of the formula", "type": "string"},
                "long_name": {"description": "What it is", "type": "string"},
            },
            "required": ["expression"],
            "additionalProperties": False,
        },
    ]
}


def json_schema(model: Definition) -> dict[str, Any]:
    """Return the JSON Schema of the scenarios of a model, for editors that complete and check them.

    Parameters
    ----------
    model
        The model.

    Returns
    -------
    dict
        The schema, ready for `json.dumps`.

    Examples
    --------
    >>> import gridscan as gs
    >>> from gridscan.scenario.json_schema import json_schema
    >>> "sfr" in json_schema(gs.model("red_supergiants"))["properties"]["axes"]["propertyNames"]["enum"]
    True
    """
    schema = ScenarioSchema.model_json_schema()
    one = {name: _label_schema(label, catalogue_of(model, name)) for name, label in model.labels.items()}
    one |= {name: _value_schema(node) for name, node in model.nodes.items()}
    instead = {name: _stated_schema(other, name) for other in model.alternatives for name in other.inputs}
    records = {label: _record_schema(model, label, {**one, **instead}) for label in model.labels}
    one |= instead
    several = {name: _axis_schema(value) for name, value in one.items()}
    schema["$defs"] |= {"range": AxisRange.model_json_schema(), "axes": {"properties": several}}
    properties = schema["properties"]
    properties["model"]["const"] = model.name
    followers = {name: follower(value, model.nodes.get(name)) for name, value in one.items()}
    properties["parameters"] |= {"properties": followers, "additionalProperties": False}
    schema["$defs"]["follows"] = follows_schema(model)
    properties["cases"] |= cases_schema(one)
    numbers = [name for name, node in model.nodes.items() if not isinstance(node, Parameter) or not node.is_word]
    vectors = [name for name, node in model.parameters.items() if node.vector is not None]
    uncertain = [name for name in one if name not in vectors]
    schema["$defs"] |= {"prior": prior_schema()}
    properties["uncertain"] |= {
        "propertyNames": {"enum": uncertain},
        "properties": {name: {"description": one[name]["description"], "$ref": "#/$defs/prior"} for name in uncertain},
        "additionalProperties": False,
    }
    numbers = [name for name in [*numbers, *model.alternative_inputs] if name not in vectors]
    properties["correlated"] |= {"items": correlated_schema(numbers)}
    of_points = {"description": "Weight of each point, or 'equal'", "type": ["array", "string"]}
    zipped = {
        "description": "Axes that move together: [axes.zip.NAME]",
        "type": "object",
        "additionalProperties": {"type": "object", "$ref": "#/$defs/axes", "properties": {"weight": of_points}},
    }
    names = {"enum": [*several, "zip"]}
    properties["axes"] |= {"$ref": "#/$defs/axes", "propertyNames": names, "properties": {"zip": zipped}}
    of_file = {"description": "A comma-separated file of records, with a column 'name'", "type": "string"}
    properties["catalogue"] |= {
        "propertyNames": {"enum": list(model.labels)},
        "properties": {label: {"anyOf": [schema, of_file]} for label, schema in records.items()},
    }
    quantities = {"type": "string", "enum": list(model.quantities)}
    output = schema["$defs"]["Output"]["properties"]
    output["quantities"]["items"] = quantities
    output["derived"]["additionalProperties"] = _FORMULA
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": f"gridscan: {model.name}"}


def _label_schema(label: Label, records: Iterable[str]) -> dict[str, Any]:
    examples = list(records)
    record = {"$ref": f"#/properties/catalogue/properties/{label.name}/anyOf/0/additionalProperties"}
    shown = {"description": label.description, "default": label.default, "examples": examples}
    return {**shown, "anyOf": [{"type": "string"}, record]}


def _stated_schema(alternative: Alternative, name: str) -> dict[str, Any]:
    schema = _value_schema(alternative.inputs[name])
    return {**schema, "description": f"{schema['description']}; {alternative.beside(name)}"}


def _record_schema(model: Definition, label: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the schema of own records of a label by their names: what they may set."""
    shown = {name: values[name] for name in model.settable(label)}
    notes = {name: {"type": "string"} for name in RECORD_NOTES}
    return {"additionalProperties": {"type": "object", "properties": {**shown, **notes}}}


def _value_schema(node: Parameter | Constant | Quantity) -> dict[str, Any]:
    description = node.long_name if isinstance(node, Quantity) else node.description
    unit = readable(node.unit)
    if isinstance(node, Parameter) and node.choices:
        return {"description": description, "type": "string", "enum": list(node.choices), "default": node.default}
    if isinstance(node, Parameter) and node.table is not None:
        return {"description": f"{description}: the name of a file", "type": "string", "default": node.default}
    single: dict[str, Any] = {"type": "string"} if unit != "1" else {"type": ["number", "string"]}
    described = {"description": f"{description} [{unit}]"}
    if isinstance(node, Parameter) and node.vector is not None:
        return {**described, "type": "array", "items": single}
    default = None if isinstance(node, Quantity) else node.default
    shown = {} if default is None else {"default": default if unit == "1" else f"{default:.10g} {unit}"}
    return {**described, **single, **shown}


def _axis_schema(value: Mapping[str, Any]) -> dict[str, Any]:
    item = {key: value[key] for key in ("type", "anyOf", "enum", "items", "examples") if key in value}
    listed_values = {"type": "array", "items": item, "minItems": 1}
    return {"description": value["description"], "anyOf": [listed_values, {"$ref": "#/$defs/range"}]}
