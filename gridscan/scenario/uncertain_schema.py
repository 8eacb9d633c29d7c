"""JSON Schema of what a scenario says of what is not known, for editors."""

from __future__ import annotations

from typing import Any

from gridscan.inputs.prior_laws import NUMBERS
from gridscan.inputs.priors import CHOICE, TABLE
from gridscan.uncertainty.scipy_laws import SHAPES

_VALUE: dict[str, Any] = {"type": ["number", "string"]}
_MATRIX: dict[str, Any] = {"type": "array", "items": {"type": "array", "items": {"type": "number"}}}


def prior_schema() -> dict[str, Any]:
    """Return the schema of a distribution.

    Returns
    -------
    dict
        Of a table with exactly one word of a distribution.
    """
    lists = {
        word: {
            "description": f"[{', '.join(names)}]",
            "type": "array",
            "items": _VALUE,
            "minItems": len(names),
            "maxItems": len(names),
        }
        for word, names in NUMBERS.items()
    }
    laws = {
        name: {
            "description": f"{name} of scipy.stats",
            "type": "object",
            "properties": {**{key: {"type": "number"} for key in shapes}, "loc": _VALUE, "scale": _VALUE},
            "required": list(shapes),
            "additionalProperties": False,
        }
        for name, shapes in SHAPES.items()
    }
    others = {
        CHOICE: {"description": "Values to choose from", "type": "array", "minItems": 1},
        TABLE: {"description": "A comma-separated file of samples, a row for each", "type": "string"},
    }
    beside = {
        "unit": {"description": "Unit of the numbers", "type": "string"},
        "minimum": {"description": "The distribution is cut off below this", **_VALUE},
        "maximum": {"description": "The distribution is cut off above this", **_VALUE},
        "weights": {
            "description": "Of a choice: how probable each value is; of a table: the column of the weights of its rows",
            "anyOf": [{"type": "array", "items": {"type": "number", "minimum": 0}}, {"type": "string"}],
        },
        "column": {"description": "Column of the table; the name of the parameter by default", "type": "string"},
    }
    words = {**lists, **laws, **others}
    return {
        "description": "What is known: exactly one distribution",
        "type": "object",
        "properties": {**words, **beside},
        "additionalProperties": False,
        "oneOf": [{"required": [word]} for word in words],
    }


def correlated_schema(names: list[str]) -> dict[str, Any]:
    """Return the schema of a table of correlated parameters.

    Parameters
    ----------
    names
        Parameters of the model that are numbers.

    Returns
    -------
    dict
        Of a table with either a covariance or a correlation.
    """
    return {
        "type": "object",
        "properties": {
            "parameters": {
                "description": "Names of the parameters",
                "type": "array",
                "items": {"enum": names},
                "minItems": 2,
            },
            "covariance": {"description": "Of parameters that are normal together", **_MATRIX},
            "correlation": {
                "description": "Of parameters with distributions in [uncertain], joined by a normal copula",
                "anyOf": [{"type": "number"}, _MATRIX],
            },
            "mean": {
                "description": "Means, beside a covariance; the defaults if left out",
                "type": "array",
                "items": _VALUE,
            },
            "unit": {"description": "Unit of all parameters in the covariance", "type": "string"},
            "units": {"description": "Unit of each", "type": "array", "items": {"type": "string"}},
        },
        "required": ["parameters"],
        "additionalProperties": False,
        "oneOf": [{"required": ["covariance"]}, {"required": ["correlation"]}],
    }
