"""Comparison to the last digits, and exact arithmetic to compare with."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from reference import reference

from gridscan.units import Quantity

SCALAR = reference("boosted_dark_matter")["scalar"]


def near(value: Any, rel: float = 1e-15) -> Any:
    """Leave out the absolute tolerance of 1e-12 that pytest adds."""
    return pytest.approx(value, rel=rel, abs=0.0)


def cases(section: str) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Return inputs and expected numbers of a section of the reference."""
    return [(case["inputs"], case["expected"]) for case in SCALAR[section]["cases"]]


def exact(section: str) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Return the `cases` of a section whose numbers are all exact."""
    assert all(case["exact"] for case in SCALAR[section]["cases"])
    return cases(section)


def decimal_momentum(kinetic_energy: Decimal, mass: Decimal) -> Decimal:
    """Return sqrt(T (T + 2 m)) with the digits of the context."""
    return (kinetic_energy * (kinetic_energy + 2 * mass)).sqrt()


def cosine_and_sine(angle: float) -> tuple[Decimal, Decimal]:
    """Sum the series of exp(i x) with exact arithmetic."""
    x = Decimal(float(angle))
    sums, term = [Decimal(0)] * 4, Decimal(1)
    for order in range(1, 80):
        sums[(order - 1) % 4] += term
        term = term * x / order
    return sums[0] - sums[2], sums[1] - sums[3]


def keeps_units(function: Any, arguments: tuple[float, ...], unit: str, angle: tuple[float, ...] = ()) -> None:
    """Assert that energies and masses [MeV] with units give the numbers that they give without."""
    quantities = [
        Quantity(np.atleast_1d(value), "MeV").to(written)
        for value, written in zip(arguments, ("keV", "GeV", "MeV"), strict=False)
    ]
    found = function(*quantities, *(Quantity(np.atleast_1d(value), "1") for value in angle))
    expected = function(*arguments, *angle)
    np.testing.assert_allclose(found.to("" if unit == "1" else unit).magnitude, expected, rtol=1e-13)
