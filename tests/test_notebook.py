"""The notebook beside the main scenario runs from top to bottom, and says what the text around it says."""

import math
import re
import shutil
from pathlib import Path

import nbformat
import numpy as np
import pytest
from nbclient import NotebookClient
from scipy.special import gamma, gammainc

SCENARIOS = Path(__file__).parents[1] / "scenarios"


@pytest.fixture(scope="module")
def executed(tmp_path_factory):
    """Run a copy, so that its result lies in a temporary folder too."""
    folder = tmp_path_factory.mktemp("copy") / "scenarios"
    folder.mkdir()
    for name in ("imf_scan.toml", "imf_scan.ipynb"):
        shutil.copy(SCENARIOS / name, folder)
    notebook = nbformat.read(folder / "imf_scan.ipynb", as_version=4)
    options = {"timeout": 120, "kernel_name": "python3", "resources": {"metadata": {"path": str(folder)}}}
    NotebookClient(notebook, **options).execute()
    assert (folder.parent / "results" / "imf_scan.nc").is_file()
    return notebook


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def shown(notebook, source):
    """Return what the one cell with this in its source wrote and returned."""
    (cell,) = [cell for cell in code_cells(notebook) if source in cell.source]
    texts = [output.get("text") or output.get("data", {}).get("text/plain", "") for output in cell.outputs]
    return "\n".join(texts)


def row(text, label):
    """Return the numbers behind a label at the beginning of a line."""
    (line,) = re.findall(rf"^{re.escape(label)}\s+(.*)$", text, re.MULTILINE)
    return [float(number) for number in line.split()]


def test_the_stored_notebook_is_valid_and_holds_no_outputs():
    notebook = nbformat.read(SCENARIOS / "imf_scan.ipynb", as_version=4)
    nbformat.validate(notebook)
    assert all(cell.outputs == [] and cell.execution_count is None for cell in code_cells(notebook))


def test_every_cell_ran_in_order(executed):
    cells = code_cells(executed)
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    assert not [output for cell in cells for output in cell.outputs if output.output_type == "error"]


def test_every_picture_is_shown_once(executed):
    drawing = [
        cell for cell in code_cells(executed) if re.search(r"^(draw|shares|matrix|tornado)\(", cell.source, re.M)
    ]
    pictures = [sum("image/png" in output.get("data", {}) for output in cell.outputs) for cell in drawing]
    assert pictures == [1] * 6


def test_only_the_coarse_grid_is_warned_of(executed):
    cells = [cell for cell in code_cells(executed) if any(o.get("name") == "stderr" for o in cell.outputs)]
    assert cells
    assert all("variance_shares" in cell.source or ".rank(" in cell.source for cell in cells)
    assert all(
        "has fewer than 10 points" in output.text for cell in cells for output in cell.outputs if "text" in output
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
        ("gridscan.rank", "sfr", [0.124]),
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
