"""No old number survives an edit of what made it, and what does not depend on the edit is not computed again.

Each step is a process of its own, with a copy of the package that is edited between two of them.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import gridscan

ROOT = Path(gridscan.__file__).resolve().parents[1]

SHIPPED = """\
model = "red_supergiants"
[axes]
imf = ["kroupa", "salpeter"]
radius = ["1 kpc", "2 kpc", "3 kpc"]
detector = ["juno", "hyper-k"]
[parameters]
cross_section = "tree-level"
[output]
quantities = ["mean_cross_section", "fraction_within", "carbon_burning_rsg", "events_per_year"]
"""

OWN = """\
model = "mine"
[axes]
x = [1, 2, 3]
[output]
quantities = ["first", "second", "third", "fourth", "fifth"]
"""

MODEL = '''\
"""A model outside the package."""
import beside
from gridscan.model import Model

model = Model("mine", "Mine")
model.parameter("x", 1.0, "A number")
model.parameter("y", 1.0, "Another number")


@model.quantity("1", long_name="first")
def first(x):
    """A factor. Source: none."""
    return beside.factor(x)


@model.quantity("1", long_name="second")
def second(x):
    """3 x. Source: none."""
    return 3 * x


@model.quantity("1", long_name="third")
def third(x, y):
    """x y. Source: none."""
    return x * y


@model.kernel("m", long_name="fourth", x="1")
def fourth(x):
    """x. Source: none."""
    return x


@model.quantity("m", long_name="fifth")
def fifth(fourth):
    """2 x. Source: none."""
    return 2 * fourth
'''

BESIDE = "def factor(x):\n    return 2 * x\n"

DRIVER = """\
import json, sys
from pathlib import Path
import numpy as np
import gridscan as gs
from gridscan.engine.forecast import forecast
from gridscan.model_loader import load_model
from gridscan.run import perform, plan

def told(name, model):
    made = plan(f"{name}.toml", output=f"{name}.nc", model=model)
    expected = forecast(made)
    outcome = perform(made)
    Path("fresh.nc").unlink(missing_ok=True)
    perform(plan(f"{name}.toml", output="fresh.nc", model=model))
    with gs.open(f"{name}.nc") as found, gs.open("fresh.nc") as fresh:
        same = all(np.array_equal(found[key], fresh[key]) for key in fresh.variables)
        attributes = all(found[key].attrs == fresh[key].attrs for key in fresh.variables)
        values = {str(key): float(np.sum(found[key])) for key in found.data_vars}
    return {
        "computed": {key: number for key, number in outcome.computed_by_variable.items() if number},
        "reasons": dict(expected.reasons), "reusable": dict(expected.reusable), "notes": outcome.notes,
        "same": same and attributes, "values": values,
    }

mine = load_model("mine.py:model")
print(json.dumps({"file": gs.__file__, "shipped": told("shipped", None), "own": told("own", mine)}))
"""

EDITS = {
    "nothing": {},
    "a helper, and a module beside a model": {
        "gridscan/physics/neutrinos/electron_scattering.py": ("scale = 2.0 *", "scale = 4.0 *"),
        "beside.py": ("2 * x", "4 * x"),
    },
    "a record of a catalogue, and a formula": {
        "data/detector.toml": ('= "20 kt"', '= "40 kt"'),
        "mine.py": ("return 3 * x", "return 6 * x"),
    },
    "the stellar table, and the default of a parameter": {
        "data/stellar_phases.csv": None,
        "mine.py": ('"y", 1.0', '"y", 2.0'),
    },
    "the default of a shipped parameter, and a unit": {
        "gridscan/models/shared.py": ('"sfr", "2 Msun/yr"', '"sfr", "4 Msun/yr"'),
        "mine.py": ('"m", long_name="fourth"', '"km", long_name="fourth"'),
    },
}


def edit(folder, edits):
    for name, change in edits.items():
        path = folder / name
        text = path.read_text(encoding="utf-8")
        if change is None:
            changed = "\n".join(half_as_long(line) for line in text.splitlines()) + "\n"
        else:
            assert text.count(change[0]) == 1
            changed = text.replace(*change)
        path.write_text(changed, encoding="utf-8")


def half_as_long(line):
    """Return a line of the stellar table with half the time in which a star burns carbon."""
    if not line[:1].isdigit():
        return line
    metallicity, mass, lifetime, start, end, burning, giant, both = map(float, line.split(","))
    start, burning, both = (start + end) / 2, burning / 2, both / 2
    return ",".join(f"{value:.9f}" for value in (metallicity, mass, lifetime, start, end, burning, giant, both))


@pytest.fixture(scope="module")
def steps(tmp_path_factory):
    folder = tmp_path_factory.mktemp("copy")
    for name in ("gridscan", "data", "scenarios"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("*.png", "gallery"))
    written = {"shipped.toml": SHIPPED, "own.toml": OWN, "mine.py": MODEL, "beside.py": BESIDE, "driver.py": DRIVER}
    for name, text in written.items():
        (folder / name).write_text(text, encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(folder), "OMP_NUM_THREADS": "1"}
    found = {}
    for name, edits in EDITS.items():
        edit(folder, edits)
        done = subprocess.run(
            [sys.executable, "driver.py"], cwd=folder, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        found[name] = json.loads(done.stdout)
        assert found[name]["file"] == str(folder / "gridscan" / "__init__.py")
    return found


def ratio(steps, before, after, which, quantity):
    return steps[after][which]["values"][quantity] / steps[before][which]["values"][quantity]


NAMES = list(EDITS)


@pytest.mark.parametrize("which", ["shipped", "own"])
@pytest.mark.parametrize("name", NAMES)
def test_after_each_edit_the_result_is_that_of_a_run_where_nothing_was_there(steps, name, which):
    assert steps[name][which]["same"]
    assert steps[name][which]["notes"] == []


def test_an_edit_of_a_helper_makes_what_it_is_used_for_and_no_more(steps):
    found = steps[NAMES[1]]["shipped"]
    assert ratio(steps, NAMES[0], NAMES[1], "shipped", "events_per_year") == pytest.approx(2)
    assert set(found["computed"]) - {"intermediate/mean_cross_section"} == {"mean_cross_section", "events_per_year"}
    assert found["reasons"] == dict.fromkeys(
        ["mean_cross_section", "events_per_year"], "gridscan/physics/neutrinos/electron_scattering.py has changed"
    )
    assert found["reusable"] == {
        "mean_cross_section": 0,
        "fraction_within": 3,
        "carbon_burning_rsg": 2,
        "events_per_year": 0,
    }


def test_an_edit_of_a_module_beside_a_model_makes_what_it_is_used_for_and_no_more(steps):
    found = steps[NAMES[1]]["own"]
    assert ratio(steps, NAMES[0], NAMES[1], "own", "first") == pytest.approx(2)
    assert found["computed"] == {"first": 3}
    assert found["reasons"] == {"first": "beside.py has changed"}


def test_an_edit_of_a_record_makes_the_cells_of_its_label_and_no_others(steps):
    found = steps[NAMES[2]]["shipped"]
    assert found["computed"] == {"events_per_year": 6}
    assert found["reasons"] == {"events_per_year": "the others are new along 'detector'"}
    before, after = (steps[name]["shipped"]["values"]["events_per_year"] for name in NAMES[1:3])
    # Juno has 20 of 20 + 187 kt before, and twice as much now.
    assert after > before


def test_an_edit_of_a_formula_outside_the_package_makes_it_and_no_more(steps):
    found = steps[NAMES[2]]["own"]
    assert ratio(steps, NAMES[1], NAMES[2], "own", "second") == pytest.approx(2)
    assert found["computed"] == {"second": 3}
    assert found["reasons"] == {"second": "function second of mine.py has changed"}


def test_an_edit_of_the_stellar_table_makes_what_depends_on_it_and_no_more(steps):
    found = steps[NAMES[3]]["shipped"]
    assert ratio(steps, NAMES[2], NAMES[3], "shipped", "carbon_burning_rsg") == pytest.approx(0.5, rel=1e-3)
    assert set(found["computed"]) == {
        "carbon_burning_rsg",
        "events_per_year",
        "intermediate/time_as_carbon_burning_rsg",
    }
    assert found["reasons"] == dict.fromkeys(
        ["carbon_burning_rsg", "events_per_year"], "'stellar_table' has another value"
    )


def test_an_edit_of_a_default_makes_what_depends_on_it_and_no_more(steps):
    found = steps[NAMES[3]]["own"]
    assert found["computed"] == {"third": 3}
    assert found["reasons"] == {"third": "'y' has another value"}
    assert ratio(steps, NAMES[2], NAMES[3], "own", "third") == pytest.approx(2)
    found = steps[NAMES[4]]["shipped"]
    assert set(found["computed"]) == {"carbon_burning_rsg", "events_per_year"}
    assert found["reasons"] == dict.fromkeys(["carbon_burning_rsg", "events_per_year"], "'sfr' has another value")
    assert ratio(steps, NAMES[3], NAMES[4], "shipped", "events_per_year") == pytest.approx(2)


def test_an_edit_of_a_unit_makes_what_has_it_and_no_more(steps):
    found = steps[NAMES[4]]["own"]
    assert found["computed"] == {"fourth": 3, "intermediate/fourth": 3, "fifth": 3}
    changed = "function fourth of mine.py has changed, the declaration of fourth has changed"
    assert found["reasons"] == {"fourth": "its unit was m", "fifth": changed}
    assert ratio(steps, NAMES[3], NAMES[4], "own", "fourth") == 1
    assert ratio(steps, NAMES[3], NAMES[4], "own", "fifth") == pytest.approx(1000)
