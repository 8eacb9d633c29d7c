"""Values that a user gave in Python as they would be in a scenario file, so that a result can store them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import numpy as np

from gridscan.errors import ScenarioError, UnitError
from gridscan.units import in_words


def plain_overrides(overrides: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return the values that override those of a scenario as they would be in its file.

    Parameters
    ----------
    overrides
        Values by name.

    Returns
    -------
    dict
        Plain values by name.

    Raises
    ------
    ScenarioError
        If a value carries a unit or a mask that cannot be read.
    """
    kept = {}
    for name, value in (overrides or {}).items():
        try:
            kept[name] = plain(value)
        except UnitError as error:
            raise ScenarioError(f"--set {name}: {name!r}: {error}") from None
    return kept


def plain(value: Any) -> Any:
    """Return a raw value as it would be in a scenario file, so that it can be stored in a result.

    Values that carry a unit become texts with it, or a table of values with one; arrays become lists.

    Parameters
    ----------
    value
        The raw value.

    Returns
    -------
    object
        A value that TOML can represent.

    Raises
    ------
    UnitError
        If the value carries a unit or a mask that cannot be read.
    """
    value = in_words(value)
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, list | tuple | range) else value
