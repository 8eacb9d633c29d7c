"""The notebook of stars before collapse runs, and says what the text around it says."""

import re

import nbformat
import pytest
from notebooks import SCENARIOS, assert_current, code_cells, row, run_copy, shown

NAME = "presupernova.ipynb"


@pytest.fixture(scope="module")
def executed(tmp_path_factory):
    return run_copy(tmp_path_factory.mktemp("notebook") / "scenarios", NAME)


def outputs(notebook):
    return [output for cell in code_cells(notebook) for output in cell.outputs]


def test_every_cell_ran_in_order_and_warned_of_nothing_but_what_is_doubtful(executed):
    cells = code_cells(executed)
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    assert not [one for one in outputs(executed) if one.output_type == "error"]
    said = [(cell.source, one.text) for cell in cells for one in cell.outputs if one.get("name") == "stderr"]
    early, light = ("1000 yr before collapse", "lighter or heavier than the progenitors")
    for source, expected in (("mean_energy", [light, early]), ("number_remaining", [early]), ("antares", [light])):
        (text,) = [text for cell, text in said if source in cell]
        assert text.count("ModelWarning: doubtful:") == len(expected)
        assert all(part in text for part in expected)
    assert len(said) == 3


def test_each_picture_is_shown_once(executed):
    drawing = [cell for cell in code_cells(executed) if re.search(r"\.figure\(|^shares\(", cell.source, re.MULTILINE)]
    pictures = [sum("image/png" in output.get("data", {}) for output in cell.outputs) for cell in drawing]
    assert pictures == [1] * 6


def test_the_stored_outputs_are_small_and_say_the_same(executed):
    stored = nbformat.read(SCENARIOS / NAME, as_version=4)
    nbformat.validate(stored)
    assert (SCENARIOS / NAME).stat().st_size < 600_000
    assert_current(stored, executed)


def test_the_mean_is_ten_times_the_median(executed):
    text = shown(executed, "quantile=[")
    # Computed independently: the notes of the model and Monte Carlo of 10^6 galaxies.
    assert re.search(r"mean flux 318 / cm", text)
    assert [row(text, label) for label in ("0.05", "0.50")] == [[6.7], [32.0]]
    assert row(text, "0.95")[0] == pytest.approx(456, abs=1)


def test_most_neutrinos_come_in_the_last_year(executed):
    text = shown(executed, "number_remaining")
    share = [float(part) for part in re.findall(r"neutrinos +\[(.*)\]", text)[0].split()]
    assert share[0] > 0.5
    assert share == sorted(share)


def test_no_mass_reveals_carbon_burning_above_an_uncertain_background(executed):
    text = shown(executed, "required_mass")
    assert len(re.findall(r"\binf kt", text)) == 6


def test_alarms_of_juno_are_rare_and_mostly_false(executed):
    text = shown(executed, "false_alarm_rate_reached")
    true, false = re.findall(r"JUNO: (\S+) true alarms a century, (\d+) false", text)[0]
    # An independent implementation gives 0.17 % a century three hours ahead, and 0.64 false alarms a year.
    assert float(true) == pytest.approx(0.0017, abs=5e-5)
    assert int(false) == 64
