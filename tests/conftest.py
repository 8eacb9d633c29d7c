"""The fixtures of all tests, and what makes hypothesis deterministic."""

from __future__ import annotations

import pytest
from hypothesis import settings
from planets import Counted, make_toy

import gridscan.engine.partition
import gridscan.evaluation.layout
from gridscan.model import Model

# The same examples in every run: what a search for new ones finds is kept with @example.
settings.register_profile("deterministic", derandomize=True, deadline=None)
settings.load_profile("deterministic")


@pytest.fixture
def toy() -> Model:
    """Return the toy model, with its catalogue in place."""
    return make_toy()


@pytest.fixture
def set_cells(monkeypatch):
    """Return a function that sets up to how many cells a quantity is computed at once, and how many a block holds."""

    def put(eager: int, chunk: int = 2) -> None:
        monkeypatch.setattr(gridscan.evaluation.layout, "EAGER_CELLS", eager)
        monkeypatch.setattr(gridscan.evaluation.layout, "CHUNK_CELLS", chunk)
        monkeypatch.setattr(gridscan.engine.partition, "EAGER_CELLS", eager)
        monkeypatch.setattr(gridscan.evaluation.block_shape, "LARGEST_BLOCK", chunk)
        monkeypatch.setattr(gridscan.evaluation.block_shape, "_SMALLEST_BLOCK", 1)

    return put


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
