"""Limits: what is allowed, and what is said of anything else."""

from __future__ import annotations

import pytest

import gridscan as gs
from gridscan.errors import GridscanError
from gridscan.limits import DEFAULT


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"fewest_blocks": 0}, "the limit 'fewest_blocks' is 0; it must be a whole number of at least 1"),
        ({"eager_cells": "10"}, "the limit 'eager_cells' is '10'; it must be a whole number of at least 0"),
        ({"eager_cells": -1}, "the limit 'eager_cells' is -1; it must be a whole number of at least 0"),
        ({"largest_block": 1.5}, "the limit 'largest_block' is 1.5; it must be a whole number of at least 1"),
        ({"smallest_block": True}, "the limit 'smallest_block' is True; it must be a whole number of at least 1"),
        ({"worker_seconds": -1}, "the limit 'worker_seconds' is -1; it must be a number of seconds of at least 0"),
        ({"fetch_seconds": float("nan")}, "the limit 'fetch_seconds' is nan; it must be a number of seconds of at"),
    ],
)
def test_a_limit_that_makes_no_sense_is_refused(given, message):
    with pytest.raises(GridscanError) as caught:
        gs.Limits(**given)
    assert str(caught.value).startswith(message)


def test_limits_show_what_was_chosen():
    assert repr(DEFAULT) == "Limits()"
    assert repr(gs.Limits(eager_cells=0, fetch_seconds=2)) == "Limits(eager_cells=0, fetch_seconds=2)"


@pytest.mark.parametrize(
    "use",
    [
        lambda limits: gs.evaluate("detectors", limits=limits),
        lambda limits: gs.plan("detectors", limits=limits),
        lambda limits: gs.run("detectors", limits=limits),
        lambda limits: gs.model("red_supergiants").evaluate("flux", limits=limits),
    ],
    ids=["evaluate", "plan", "run", "model"],
)
@pytest.mark.parametrize("given", [3, {"eager_cells": 3}, None])
def test_something_else_than_limits_is_refused(use, given, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(GridscanError, match=r"^limits takes gs\.Limits\(\.\.\.\), found "):
        use(given)
    assert list(tmp_path.iterdir()) == []


def test_a_misspelt_public_name_gets_the_nearest_one():
    with pytest.raises(AttributeError, match="has no attribute 'evalute'; did you mean 'evaluate'"):
        gs.evalute  # noqa: B018
