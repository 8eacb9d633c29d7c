"""Quantities that are asked for in place of those of a scenario, and recorded with the values that win over its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gridscan.scenario.schema import Output

#: What overrides call the quantities to evaluate; no input can have this name.
QUANTITIES = "output.quantities"


def wanted_in(output: Output, overrides: Mapping[str, Any]) -> list[str]:
    """Return the quantities to evaluate: those asked for, and those that are derived.

    Parameters
    ----------
    output
        What the scenario says of its output, with the quantities that overrides ask for.
    overrides
        Values by name; where they ask for quantities, only the derived ones among these are evaluated.

    Returns
    -------
    list of str
        Names, each once.
    """
    derived = [] if QUANTITIES in overrides else output.derived
    return list(dict.fromkeys([*output.quantities, *derived]))


def with_quantities(content: Mapping[str, Any], overrides: Mapping[str, Any]) -> dict[str, Any]:
    """Return the content of a scenario with the quantities that overrides ask for.

    Parameters
    ----------
    content
        Parsed TOML.
    overrides
        Values by name.

    Returns
    -------
    dict
        The same content if they ask for none.
    """
    output, wanted = content.get("output"), overrides.get(QUANTITIES)
    if wanted is None:
        return dict(content)
    output, wanted = (output if isinstance(output, dict) else {}), [wanted] if isinstance(wanted, str) else wanted
    if isinstance(output.get("types"), dict) and isinstance(wanted, list):
        output = {**output, "types": {name: kind for name, kind in output["types"].items() if name in wanted}}
    return {**content, "output": {**output, "quantities": wanted}}
