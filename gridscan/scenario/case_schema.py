"""JSON Schema of [[cases]]."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


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
