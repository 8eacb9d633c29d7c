"""Cases of the reference numbers of stars before collapse."""

from typing import Any

from reference import reference

REFERENCE = reference("presupernova_population")
CONSTANTS = REFERENCE["constants"]


def cases(section: str) -> list[dict[str, Any]]:
    """Return the cases of a section, by the names of their columns."""
    return [dict(zip(REFERENCE[section]["columns"], row, strict=True)) for row in REFERENCE[section]["rows"]]


def tolerance(section: str) -> Any:
    """Return the relative tolerance of a section, or of each of its columns."""
    return REFERENCE[section]["relative_tolerance"]
