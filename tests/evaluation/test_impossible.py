"""Combinations that a model rules out: one reason for all their cells, in grids, chunks, runs, draws and questions."""

from __future__ import annotations

import re

import numpy as np
import pytest

import gridscan as gs
from gridscan.errors import GridscanError, GridscanWarning, ScenarioError
from gridscan.limits import Limits

TEXT = "the arms must end outside where they begin"


def make_model(text=TEXT):
    """Return arms whose length refuses what is impossible, with a message for each cell."""
    model = gs.Model("arms", "Arms of a galaxy")
    model.parameter("inner", "3 kpc", "Inner end", above=0)
    model.parameter("outer", "13 kpc", "Outer end", above=0)
    model.parameter("sfr", "2 Msun/yr", "Star formation rate", minimum=0)

    @model.require(text)
    def ends(outer, inner):
        return outer > inner

    @model.kernel("kpc", inner="kpc", outer="kpc")
    def length(inner, outer):
        """Length."""
        if (outer <= inner).any():
            cell = np.broadcast_to(inner, np.broadcast_shapes(inner.shape, outer.shape))[outer <= inner][0]
            raise gs.errors.EvaluationError(f"inner is {cell}")
        return outer - inner

    @model.quantity("kpc Msun/yr")
    def product(length, sfr):
        """Something made of it."""
        return length * sfr

    return model.check()


ARMS = make_model()
INNER, OUTER = np.linspace(1, 30, 30), np.linspace(1, 30, 30)
SAID = f"465 of 900 cells are left out: {TEXT}"


def test_cells_are_masked_at_once_with_a_warning():
    """A triangle of a grid is left out; the rest is as it was."""
    with pytest.warns(GridscanWarning, match=re.escape(f"'length': {SAID}")):
        length = ARMS.evaluate("length", inner=INNER, outer=OUTER)
    expected = np.where(INNER[:, None] < OUTER, OUTER - INNER[:, None], np.nan)
    assert length.values == pytest.approx(expected, rel=1e-12, nan_ok=True)
    assert length.attrs["left_out"] == SAID


def test_chunks_are_masked_alike():
    """Large grids are evaluated lazily."""
    with pytest.warns(GridscanWarning, match="left out"):
        at_once = ARMS.evaluate("product", inner=INNER, outer=OUTER, sfr=[1.0, 2.0])
    with pytest.warns(GridscanWarning, match="left out"):
        lazily = ARMS.evaluate(
            "product", inner=INNER, outer=OUTER, sfr=[1.0, 2.0], limits=Limits(eager_cells=10, chunk_cells=100)
        )
    assert np.array_equal(at_once.values, lazily.values, equal_nan=True)


def test_a_run_has_one_status_for_all(tmp_path):
    """One message, and a small attribute, where every cell had its own."""
    path = tmp_path / "arms.toml"
    path.write_text(
        'model = "arms"\naxes.inner = { linspace = [1, 30, 30], unit = "kpc" }\n'
        'axes.outer = { linspace = [1, 30, 30], unit = "kpc" }\noutput.quantities = ["product"]\n'
    )
    with pytest.warns(GridscanWarning, match="must end outside"):
        gs.run(path, model=ARMS)
    result = gs.open(tmp_path / "arms.nc")
    assert int(np.isnan(result.product).sum()) == 465
    status = result.run_status
    assert sorted(np.unique(status.values)) == [0, 1]
    assert TEXT in str(status.attrs)
    assert len(str(status.attrs)) < 1000
    changed = make_model("the arms must have a length")
    with pytest.warns(GridscanWarning, match="must have a length"):
        gs.run(path, model=changed)
    assert "must have a length" in str(gs.open(tmp_path / "arms.nc").run_status.attrs)


def test_what_is_impossible_everywhere_is_refused(tmp_path):
    """By evaluate and by check, with a position and what was found."""
    with pytest.raises(ScenarioError, match=f"^{TEXT}; found outer = 2 kpc with inner = 3 kpc$"):
        ARMS.evaluate("length", outer="2 kpc")
    path = tmp_path / "arms.toml"
    path.write_text('model = "arms"\nparameters.outer = "2 kpc"\noutput.quantities = ["product"]\n')
    with pytest.raises(ScenarioError, match=rf"arms\.toml:2:20: {TEXT}; found outer = 2 kpc"):
        gs.Scenario.load(path, model=ARMS)


def test_draws_that_are_impossible_are_left_out():
    """The others keep their values."""
    with pytest.warns(GridscanWarning, match=rf"of 1,024 cells are left out: {TEXT}"):
        drawn = ARMS.evaluate(["length"], inner=gs.uniform("1 kpc", "20 kpc"), outer=gs.uniform("1 kpc", "20 kpc"))
    possible = (drawn.outer > drawn.inner).values
    assert (np.isfinite(drawn.length.values) == possible).all()
    assert drawn.length.values[possible] == pytest.approx((drawn.outer - drawn.inner).values[possible], rel=1e-12)


def test_questions_skip_them():
    """A mean is that of the cells that are possible, and says so."""
    with pytest.warns(GridscanWarning, match="left out"):
        drawn = ARMS.evaluate(["length"], inner=gs.uniform("1 kpc", "20 kpc"), outer=gs.uniform("1 kpc", "20 kpc"))
    mean = drawn.gridscan.mean("length", over=["draw"])
    assert float(mean["mean"]) == pytest.approx(float(np.nanmean(drawn.length.values)), rel=1e-12)
    assert "left out" in str(mean.attrs)


def test_units_are_proven():
    """A length is not compared with a time, nor with a bare number."""
    model = gs.Model("wrong", "A wrong requirement")
    model.parameter("length", "3 kpc", "Length", above=0)
    model.parameter("age", "3 Gyr", "Age", above=0)
    model.require("nonsense must be")(lambda length, age: length > age)

    @model.quantity("kpc Gyr")
    def product(length, age):
        """Both."""
        return length * age

    with pytest.raises(GridscanError, match="nonsense must be"):
        model.evaluate("product")
