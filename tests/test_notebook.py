"""The notebooks beside the scenarios run from top to bottom, and say what the text around them says."""

import math
import re

import nbformat
import numpy as np
import pytest
from notebooks import SCENARIOS, assert_current, code_cells, row, run_copy, shown
from scipy.special import gamma, gammainc

NOTEBOOKS = ["imf_scan.ipynb", "boosted_dark_matter.ipynb"]
ELSEWHERE = ["presupernova.ipynb", "uncertain_supergiants.ipynb"]
DRAWING = re.compile(r"^(draw|shares|matrix|tornado)\(|^figure, axes", re.MULTILINE)


@pytest.fixture(scope="module")
def executed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("copy") / "scenarios"
    notebook = run_copy(folder, "imf_scan.ipynb", "imf_scan.toml")
    assert (folder.parent / "results" / "imf_scan.nc").is_file()
    return notebook


@pytest.fixture(scope="module")
def boosted(tmp_path_factory):
    return run_copy(tmp_path_factory.mktemp("boosted") / "scenarios", "boosted_dark_matter.ipynb")


@pytest.mark.parametrize(("name", "fixture"), zip(NOTEBOOKS, ["executed", "boosted"], strict=True))
def test_the_stored_outputs_are_small_and_those_of_today(name, fixture, request):
    """After a change: python tests/support/refresh_notebooks.py."""
    stored = nbformat.read(SCENARIOS / name, as_version=4)
    nbformat.validate(stored)
    assert (SCENARIOS / name).stat().st_size < 600_000
    assert_current(stored, request.getfixturevalue(fixture))


def test_every_notebook_is_stored_with_outputs_of_each_picture_and_answer():
    for path in SCENARIOS.glob("*.ipynb"):
        cells = code_cells(nbformat.read(path, as_version=4))
        assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
        assert sum(bool(cell.outputs) for cell in cells) > len(cells) / 2
        assert not [one for cell in cells for one in cell.outputs if one.output_type == "error"]


def test_no_notebook_is_left_out():
    assert sorted(path.name for path in SCENARIOS.glob("*.ipynb")) == sorted([*NOTEBOOKS, *ELSEWHERE])


@pytest.mark.parametrize("name", ["executed", "boosted"])
def test_every_cell_ran_in_order(name, request):
    cells = code_cells(request.getfixturevalue(name))
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    assert not [output for cell in cells for output in cell.outputs if output.output_type == "error"]


@pytest.mark.parametrize(("name", "number"), [("executed", 6), ("boosted", 5)])
def test_every_picture_is_shown_once(name, number, request):
    drawing = [cell for cell in code_cells(request.getfixturevalue(name)) if DRAWING.search(cell.source)]
    pictures = [sum("image/png" in output.get("data", {}) for output in cell.outputs) for cell in drawing]
    assert pictures == [1] * number


def test_only_the_coarse_grid_is_warned_of(executed):
    cells = [cell for cell in code_cells(executed) if any(o.get("name") == "stderr" for o in cell.outputs)]
    assert cells
    assert all("variance_shares" in cell.source or ".rank(" in cell.source for cell in cells)
    assert all(
        re.search(r"too few points to tell how far shares are|shares may be off by up to", output.text)
        for cell in cells
        for output in cell.outputs
        if "text" in output
    )


@pytest.mark.parametrize(
    ("source", "label", "numbers"),
    [
        # The numbers of stars are those of tests/reference/red_supergiants_public.json, scaled to 2 Msun/yr.
        ("ds.carbon_burning_rsg.sel", "kroupa", [55.06]),
        ("ds.carbon_burning_rsg.sel", "top-heavy", [92.54]),
        ("carbon_to_red_ratio", "5.0", [math.nan]),
        ("carbon_to_red_ratio", "20.0", [0.009233]),
        ("gridscan.elasticity", "sfr:", [1.0]),
        ("gridscan.contrast", "20.0", [1.0, 0.909, 1.681, 0.410]),
        # Var(ln sfr) over Var(ln events), by numpy with the weights in the file.
        ("gridscan.rank", "sfr", [0.103]),
        ("gridscan.crossing", "kroupa", [11.32]),
        ('imf="top-heavy", detector="juno"', "kroupa", [1670.8, 5963.3]),
        ("[catalogue.imf.steep]", "steep", [10.08]),
    ],
)
def test_the_numbers_in_the_outputs(executed, source, label, numbers):
    assert row(shown(executed, source), label) == pytest.approx(numbers, abs=2e-12, rel=1e-6, nan_ok=True)


def test_the_derivative_and_the_quantified_flux_carry_their_units(executed):
    derivative = shown(executed, "gridscan.derivative")
    # Linear in the star formation rate: the number of stars over 2 Msun/yr.
    assert re.search(r"Quantity\(\[27\.530\d* .*'year / solar_mass'", derivative)
    flux = shown(executed, "pint.to")
    assert re.search(r"^5567900\d\d\.\d* / day / meter \*\* 2$", flux, re.MULTILINE)
    assert "DimensionalityError" in flux


def moment(order):
    """Return <E^order> in MeV^order of the spectrum E² exp(-3 E / 0.9 MeV) between 0.1 and 5 MeV."""
    weights = [np.diff(gammainc(3 + power, np.array([0.1, 5]) / 0.3)) for power in (order, 0)]
    return 0.3**order * gamma(3 + order) / gamma(3) * (weights[0] / weights[1]).item()


def test_the_rate_of_a_given_flux_is_targets_times_flux_times_cross_section(executed):
    (rate,) = re.findall(r"([\d.]+) per year", shown(executed, 'flux="1e5 / cm^2 / s"'))
    electrons, year = 22.5e9 * 10 / 18 * 6.02214076e23, 365.25 * 86400
    assert float(rate) == pytest.approx(electrons * 1e5 * 9.2e-45 * moment(1) * year, rel=1e-5)


def test_a_swapped_cross_section_changes_the_rate_as_the_moments_of_the_spectrum_say(executed):
    (ratio,) = re.findall(r"([\d.]+) times the rate", shown(executed, "def quadratic"))
    assert float(ratio) == pytest.approx(moment(2) / moment(1) / 0.51099895, abs=1e-4)


def test_a_formula_of_the_wrong_unit_is_refused_in_the_notebook(executed):
    assert "its formula gives 'cm^2*MeV', expected the declared unit 'cm^2'" in shown(executed, "wrong.evaluate")


LIGHT_YEARS = 3.5 * 3261.563777
MOMENTUM = math.sqrt(5 * (5 + 2 * 1))


def test_nothing_is_warned_of_in_the_boosted_notebook(boosted):
    assert not [o for cell in code_cells(boosted) for o in cell.outputs if o.get("name") == "stderr"]


def test_peak_and_vanishing_time_are_the_closed_forms(boosted):
    peak, vanishing, inner, outer = row(shown(boosted, '"peak_time"'), "1.00")
    assert peak == pytest.approx(LIGHT_YEARS * (6 / MOMENTUM - 1), abs=6e-4)
    assert vanishing == pytest.approx(LIGHT_YEARS * (math.sqrt(1 + 1 / 10) - 1), abs=6e-4)
    # The window: the angle of the last kick, plus and minus the arc cosine of the notes on the geometry.
    largest = math.atan(math.sqrt(2 / 5))
    centre = math.atan2(1 - 6 / MOMENTUM * math.cos(largest), 6 / MOMENTUM * math.sin(largest))
    half = math.acos((1 + 350 / LIGHT_YEARS) * math.sqrt(10 / 11))
    assert [inner, outer] == pytest.approx([math.degrees(centre - half), math.degrees(centre + half)], abs=6e-4)


def test_the_sky_adds_up_to_the_flux(boosted):
    text = shown(boosted, "solid_angle")
    added, integrated = map(float, re.findall(r"added up over the sky (\S+), integrated (\S+) ", text)[0])
    assert added / integrated == pytest.approx(1, abs=3e-3)
    assert float(re.findall(r"relative error estimate (\S+)", text)[0]) <= 1e-6


def test_every_flux_of_the_history_meets_its_accuracy(boosted):
    assert "points that miss the accuracy: 0\n" in shown(boosted, "history = ")


def test_light_particles_are_counted_by_their_number(boosted):
    slopes = shown(boosted, "gridscan.elasticity")
    assert row(slopes, "0.010000") == [-1, -1, -1]
    heavy = row(slopes, "1.000000")
    assert heavy == sorted(heavy)
    assert heavy[0] < -1.5 < heavy[2]


def test_the_events_are_known_better_than_was_asked_for(boosted):
    assert 0 < float(re.findall(r"estimate: (\S+)", shown(boosted, "grid = bdm"))[0]) <= 1e-4


def test_the_detector_has_no_interactions(boosted):
    text = shown(boosted, "gridscan.variance_shares")
    alone, total = np.transpose([row(text, axis) for axis in ("dark_matter_mass", "supernova", "detector")])
    assert alone[2] == total[2]
    assert (alone[:2] < total[:2]).all()
    # What the axes share is counted once for each of the two.
    assert sum(total) + sum(alone) == pytest.approx(2, abs=3e-3)


def test_factors_of_the_flux_have_the_elasticity_one(boosted):
    text = shown(boosted, "gs.local")
    for factor in ("scale_density", "luminosity", "emission_duration", "neutrino_cross_section"):
        assert row(text, factor) == [1]
    assert row(text, "scale_radius")[0] > 1


def test_an_amplitude_at_a_point_misses_the_propagator_of_a_light_mediator(boosted):
    lines = re.findall(r"m: (\S+) times", shown(boosted, "def contact"))
    # t is the same for all neutrinos: -2 m T.
    assert [float(line) for line in lines] == pytest.approx([(1 + 2 * 5 * 9) ** 2, 1], rel=1e-5)
    assert "its formula gives 'MeV^4', expected the declared unit '1'" in shown(boosted, "wrong.evaluate")


def test_the_published_flux_has_the_velocity_as_a_factor(boosted):
    text = shown(boosted, "by = both")
    assert row(text, "constant") == pytest.approx([MOMENTUM / 6], abs=6e-7)
    assert row(text, "lmu-ltau")[0] > 1
    table = shown(boosted, "both = bdm")
    (integrated,) = re.findall(r"integrated (\S+) ", shown(boosted, "solid_angle"))
    assert row(table, "standard")[0] / float(integrated) == pytest.approx(1, abs=1e-6)
