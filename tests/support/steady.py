"""A model of kernels and formulas for tests of shards.

It is not in a module of tests, whose code pytest rewrites, so that what ran is not what is in the file.
"""

from __future__ import annotations

import numpy as np

import gridscan as gs


def make_model(factor=1.0, fails_at=-1.0):
    """Return a model with kernels of several dimensions, formulas of these and of inputs, and a count."""
    model = gs.Model("steady", "A model")
    for axis in ("x", "y", "z"):
        model.parameter(axis, 1.0, f"Position along {axis}", unit="1")

    @model.kernel("1", long_name="kernel of one axis", z="1")
    def base(z):
        """Source: none."""
        return np.sqrt(z) * factor

    @model.kernel("1", long_name="kernel of a kernel", base="1", x="1", y="1")
    def part(base, x, y):
        """Source: none."""
        return np.where(x == fails_at, np.nan, base * x + y)

    @model.quantity("1", long_name="formula of both")
    def total(part, base, y):
        """Source: none."""
        return part * y + base

    @model.quantity("1", long_name="expected events", count=True)
    def events(base, y):
        """Source: none."""
        return base * y

    @model.quantity("1", long_name="formula of inputs")
    def plain(x, y):
        """Source: none."""
        return x * y

    return model
