"""Pictures of several panels: how they are written, and that they leave the dataset as it was."""

import matplotlib

matplotlib.use("Agg")

import pytest
import xarray as xr
from matplotlib import pyplot
from panels import DETECTORS, IMFS, TIMES, counts, grid_of, signal

from gridscan.errors import StoreError
from gridscan.plot import save


@pytest.fixture
def dataset():
    return grid_of(IMFS, TIMES, DETECTORS)


def test_panels_are_written_as_one_picture_eight_hundred_pixels_wide(dataset, tmp_path):
    axes = signal(dataset)
    for given in (axes, list(axes), axes[1]):
        path = save(given, tmp_path / "signal.png")
        assert pyplot.imread(path).shape[1] == 800
    assert path.stat().st_size < 120_000


def test_axes_of_several_figures_or_none_are_not_written(dataset, tmp_path):
    with pytest.raises(StoreError, match="expected axes of one figure; found 2 figures"):
        save([*signal(dataset), *counts(dataset)], tmp_path / "two.png")
    with pytest.raises(StoreError, match="found 0 figures"):
        save([], tmp_path / "none.png")
    assert list(tmp_path.iterdir()) == []


def test_lazy_datasets_are_drawn_and_left_as_they_were(dataset):
    lazy = dataset.chunk()
    before = lazy.copy(deep=True)
    counts(lazy)
    signal(lazy)
    xr.testing.assert_identical(lazy, before)
