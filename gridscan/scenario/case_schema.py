"""JSON Schema of [[cases]], and of values that follow other parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gridscan.inputs.dependent import can_follow

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gridscan.definition.definition import Definition
    from gridscan.definition.nodes import Node


def cases_schema(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the schema of cases: rows of values, or the name of a file.

    Parameters
    ----------
    values
        Schemas of single values, by name.

    Returns
    -------
    dict
        What stands at the key.
    """
    name = {"description": "Name of the case", "type": "string"}
    properties = {"name": name, **{key: {"$ref": f"#/properties/parameters/properties/{key}"} for key in values}}
    row = {"type": "object", "properties": properties, "required": ["name"], "additionalProperties": False}
    file = {"description": "A comma-separated file, with units in its header and a column 'name'", "type": "string"}
    table = {"type": "object", "properties": {"table": file}, "required": ["table"], "additionalProperties": False}
    return {"anyOf": [{"type": "array", "items": row, "minItems": 1}, table]}


def follows_schema(model: Definition) -> dict[str, Any]:
    """Return the schema of a value that follows another parameter.

    Parameters
    ----------
    model
        The model.

    Returns
    -------
    dict
        What parameters that are numbers may be, beside a number.
    """
    names = [name for name, node in model.nodes.items() if can_follow(node)]
    properties = {
        "of": {"description": "The other parameter", "enum": names},
        "plus": {"description": "What is added, with its unit", "type": ["string", "number"]},
        "times": {"description": "What the other is multiplied by, before that", "type": "number"},
    }
    return {"type": "object", "properties": properties, "required": ["of"], "additionalProperties": False}


def follower(value: Mapping[str, Any], node: Node | None) -> dict[str, Any]:
    """Return the schema of a value that may follow another parameter.

    Parameters
    ----------
    value
        Schema of the value alone.
    node
        What it is a value of.

    Returns
    -------
    dict
        The same where it cannot follow another.
    """
    if node is None or not can_follow(node):
        return dict(value)
    rest = {key: item for key, item in value.items() if key != "type"}
    return {**rest, "anyOf": [{"type": value["type"]}, {"$ref": "#/$defs/follows"}]}
