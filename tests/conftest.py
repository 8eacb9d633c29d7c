"""The fixtures of all tests, and what makes hypothesis deterministic."""

from __future__ import annotations

import os

import pytest
from hypothesis import settings
from planets import Counted, make_toy

from gridscan.model import Model

# The same examples in every run: what a search for new ones finds is kept with @example.
settings.register_profile("deterministic", derandomize=True, deadline=None)
settings.load_profile("deterministic")


@pytest.fixture(autouse=True, scope="session")
def no_wait_for_the_disk():
    """Do not wait until files are on the disk, which takes longer than what is tested and shows only at a power cut."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda _: None)
        yield


@pytest.fixture
def toy() -> Model:
    """Return the toy model, with its catalogue in place."""
    return make_toy()


@pytest.fixture
def count(toy):
    """Return a function that gives the toy model, proven, with counters in place of the formulas named."""

    def put_counters(*names: str) -> tuple[Model, dict[str, Counted]]:
        counters = {name: Counted(toy.quantities[name].function) for name in names}
        model = toy.replace(**counters)
        model.evaluate(list(counters))
        for counter in counters.values():
            counter.reset()
        return model, counters

    return put_counters
