"""Pictures of a flux and its events: signals and spectra."""

import matplotlib

matplotlib.use("Agg")

import numpy as np
import pytest
import xarray as xr
from matplotlib import pyplot
from matplotlib.colors import to_hex
from panels import (
    DETECTORS,
    ENERGIES,
    IMFS,
    MASSES,
    TIMES,
    bars_of,
    grid_of,
    legend_texts,
    signal,
    spectra,
)
from pictures import assert_readable, attributes, subtitle

from gridscan.errors import SensitivityError


@pytest.fixture
def dataset():
    return grid_of(IMFS, TIMES, DETECTORS)


@pytest.fixture
def spectrum():
    flux = ENERGIES**2 * np.exp(-2 * ENERGIES)
    return xr.Dataset(
        {
            "flux_spectrum": ("energy", flux, attributes("1/cm^2/s/MeV", "neutrino flux per energy")),
            "event_spectrum": (
                ("detector", "flavor", "energy"),
                np.multiply.outer(np.outer(MASSES, [1, 0.5]), flux),
                attributes("1/yr/MeV", "expected events per year and neutrino energy"),
            ),
        },
        coords={
            "energy": ("energy", ENERGIES, attributes("MeV", "Neutrino energy")),
            "detector": DETECTORS,
            "flavor": ["nue", "numu"],
        },
    )


# Signals


def test_a_signal_is_the_flux_above_the_events_of_each_detector(dataset):
    axes = signal(dataset)
    np.testing.assert_array_equal(axes[0].lines[0].get_ydata(), dataset.flux.sel(imf="kroupa"))
    assert len(axes[0].lines) == 1
    for detector, line in zip(DETECTORS, axes[1].lines, strict=False):
        np.testing.assert_array_equal(line.get_ydata(), dataset.events_per_year.sel(imf="kroupa", detector=detector))
    assert legend_texts(axes[1]) == [*DETECTORS, "1 event per year"]
    assert axes[1].get_legend().get_title().get_text() == "detector"
    assert to_hex(axes[0].lines[0].get_color()) not in {to_hex(line.get_color()) for line in axes[1].lines}
    assert axes[0].get_legend() is None
    assert axes[0].get_ylabel().endswith("[cm$^{-2}$ s$^{-1}$]")
    assert axes[1].get_ylabel().endswith("[yr$^{-1}$]")
    assert subtitle(axes[0]) == "imf = kroupa"
    assert_readable(axes[0])


@pytest.mark.parametrize(
    ("scale", "yscale"), [(0.1, "log"), (1e-9, "log"), (1e9, "log"), (30.0, "linear"), (0.0, "linear")]
)
@pytest.mark.parametrize("along", ["time", "imf"])
def test_one_event_per_year_is_always_within_the_picture(scale, yscale, along):
    data = grid_of(["a", "b", "c"], [10.0, 12.0, 15.0], ["juno"], scale)
    one = signal(data, along=along)[1]
    (line,) = [item for item in one.lines if item.get_label() == "1 event per year"]
    assert list(line.get_ydata()) == [1, 1]
    low, high = one.get_ylim()
    shown = data.events_per_year.isel(imf=0) if along == "time" else data.events_per_year.sel(time=12)
    assert one.get_yscale() == yscale
    assert low < 1 < high
    assert low <= float(shown.min())
    assert float(shown.max()) <= high
    assert legend_texts(one) == ["1 event per year"]


def test_a_signal_far_below_one_event_per_year_says_how_far():
    data = grid_of(["a"], [10.0, 15.0], ["juno"], 5e-5)
    assert subtitle(signal(data)[0]).endswith("the highest stays 6.0 decades below one event per year")


@pytest.mark.parametrize("scale", [0.01, 1e9, 0.0])
def test_a_signal_that_is_not_far_below_says_nothing_of_it(scale):
    assert "decades" not in subtitle(signal(grid_of(["a"], [10.0, 15.0], ["juno"], scale))[0])


def test_one_event_per_year_is_in_the_unit_of_the_events(dataset):
    dataset["events_per_year"] = dataset.events_per_year.copy(data=dataset.events_per_year.data * 1e-2)
    dataset.events_per_year.attrs = attributes("1/d", "expected events per day")
    lines = signal(dataset)[1].lines
    assert lines[-1].get_label() == "1 event per year"
    assert lines[-1].get_ydata()[0] == pytest.approx(1 / 365.25)


def test_a_signal_along_labels_has_bars_and_the_line_last_in_the_legend(dataset):
    axes = signal(dataset, along="imf")
    np.testing.assert_array_equal([bar.get_height() for bar in bars_of(axes[0])[0]], dataset.flux.sel(time=12))
    heights = [[bar.get_height() for bar in group] for group in bars_of(axes[1])]
    np.testing.assert_array_equal(heights, dataset.events_per_year.sel(time=12).T)
    assert legend_texts(axes[1]) == [*DETECTORS, "1 event per year"]
    assert subtitle(axes[0]) == "time = 12 Myr"
    assert_readable(axes[0])


def test_a_signal_by_labels_has_lines_in_both_panels_and_holds_the_detector(dataset):
    axes = signal(dataset, by="imf")
    assert [line.get_label() for line in axes[0].lines] == IMFS
    assert [line.get_label() for line in axes[1].lines] == [*IMFS, "1 event per year"]
    assert legend_texts(axes[0]) == IMFS
    assert legend_texts(axes[1]) == ["1 event per year"]
    assert subtitle(axes[0]) == "detector = juno"


def test_a_signal_in_twelve_detectors_over_forty_times_can_be_read():
    data = grid_of(["a name of an initial mass function"], np.linspace(6, 45, 40), [f"detector-{k}" for k in range(12)])
    axes = signal(data)
    assert axes[1].get_legend().get_title().get_text() == "detector"
    assert legend_texts(axes[1]) == [*(f"detector-{k}" for k in range(12)), "1 event per year"]
    assert_readable(axes[0])


def test_a_signal_at_one_time_is_a_point(dataset):
    axes = signal(dataset.sel(time=[12]))
    assert [line.get_xdata().tolist() for line in axes[1].lines[:3]] == [[12.0]] * 3
    assert_readable(axes[0])
    one = signal(grid_of(["a"], [12.0], ["juno"], 1e-5))[1]
    assert one.get_yscale() == "log"
    assert one.get_ylim()[0] < 1.4e-7 < 1 < one.get_ylim()[1]
    one = signal(grid_of(["a"], [12.0], ["juno"], 3))[1]
    assert one.get_yscale() == "linear"
    assert one.get_ylim()[0] < 0.042 < 1 < one.get_ylim()[1]


def test_a_signal_along_the_detectors_has_a_bar_for_each(dataset):
    dataset["deposit"] = (2 * dataset.events_per_year).assign_attrs(attributes("MeV/yr", "energy"))
    axes = signal(dataset, along="detector", flux="deposit")
    assert [len(bars_of(one)[0]) for one in axes] == [3, 3]
    assert legend_texts(axes[1]) == ["1 event per year"]


def test_other_quantities_can_make_a_signal(dataset):
    other = dataset.rename(flux="reference_flux", events_per_year="reference_events_per_year")
    axes = signal(other, flux="reference_flux", events="reference_events_per_year")
    np.testing.assert_array_equal(axes[0].lines[0].get_ydata(), dataset.flux.sel(imf="kroupa"))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"events": "carbon_burning_rsg"}, "'carbon_burning_rsg' is in '1'; a signal is a number of events per time"),
        ({"along": "tim"}, "'flux' does not depend on an axis 'tim'; did you mean 'time'"),
        ({"along": "detector"}, "'flux' does not depend on an axis 'detector'"),
        ({"by": "time"}, "an axis can be shown once"),
        ({"flux": "fluxx"}, "unknown quantity 'fluxx'; did you mean 'flux'"),
        ({"events": "event_per_year"}, "unknown quantity 'event_per_year'; did you mean 'events_per_year'"),
    ],
)
def test_what_is_no_signal_is_refused_before_a_figure_is_made(dataset, options, message):
    with pytest.raises(SensitivityError, match=message):
        signal(dataset, **options)
    assert pyplot.get_fignums() == []


# Spectra


def test_spectra_are_the_flux_above_the_events_per_energy(spectrum):
    axes = spectra(spectrum)
    np.testing.assert_array_equal(axes[0].lines[0].get_ydata(), spectrum.flux_spectrum)
    for detector, line in zip(DETECTORS, axes[1].lines, strict=True):
        np.testing.assert_array_equal(line.get_xdata(), ENERGIES)
        np.testing.assert_array_equal(line.get_ydata(), spectrum.event_spectrum.sel(detector=detector, flavor="nue"))
    assert [one.get_xlabel() for one in axes] == ["", "Neutrino energy [MeV]"]
    assert axes[0].get_ylabel().endswith("[cm$^{-2}$ MeV$^{-1}$ s$^{-1}$]")
    assert legend_texts(axes[1]) == DETECTORS
    assert [one.get_yscale() for one in axes] == ["log", "log"]
    assert subtitle(axes[0]) == "flavor = nue"
    assert_readable(axes[0])


def test_a_spectrum_alone_has_one_panel(spectrum):
    for name, lines in (("flux_spectrum", 1), ("event_spectrum", 3)):
        axes = spectra(spectrum[[name]])
        assert axes.shape == (1,)
        assert len(axes[0].lines) == lines
        assert axes[0].get_xlabel() == "Neutrino energy [MeV]"


def test_spectra_are_drawn_by_another_axis_where_they_have_it(spectrum):
    axes = spectra(spectrum, by="flavor")
    assert len(axes[0].lines) == 1
    assert legend_texts(axes[1]) == ["nue", "numu"]
    assert subtitle(axes[0]) == "detector = juno"


def test_spectra_that_are_not_there_are_refused_with_the_nearest_name(spectrum):
    with pytest.raises(SensitivityError, match="neither 'flux_spectrun' nor 'y'; did you mean 'flux_spectrum'"):
        spectra(spectrum, flux="flux_spectrun", events="y")
    with pytest.raises(SensitivityError, match="does not depend on an axis 'energy'"):
        spectra(spectrum.rename(energy="e"))
    with pytest.raises(SensitivityError, match="does not depend on an axis 'flavour'; did you mean 'flavor'"):
        spectra(spectrum, by="flavour")
    assert pyplot.get_fignums() == []
