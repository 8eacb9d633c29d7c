"""Which edits of gridscan make stored cells stale: those of code that runs in a formula or shapes its numbers.

Each edit is made in a copy of the package, and looked at by a process of its own, which has imported nothing of the
package before, but all libraries: it is a fork of one that has.
"""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
import subprocess
import sys

import pytest
from reference import ROOT

SCENARIO = """\
model = "red_supergiants"
[axes]
imf = ["kroupa", "salpeter"]
radius = ["1 kpc", "2 kpc"]
[parameters]
cross_section = "tree-level"
[output]
quantities = ["mean_cross_section", "fraction_within", "carbon_burning_rsg", "events_per_year"]
"""
EVERYTHING = {"mean_cross_section", "fraction_within", "carbon_burning_rsg", "events_per_year"}
NOTHING: set[str] = set()

DRIVER = """\
import json, os, sys, traceback
import cf_xarray, dask.array, h5py, netCDF4, numpy, pandas, pint, pydantic, rich.table, scipy.integrate, scipy.special
import scipy.stats, xarray

assert not [name for name in sys.modules if name.startswith("gridscan")]

def look(first):
    import gridscan as gs
    from gridscan.engine.forecast import forecast

    if first:
        gs.run("scan.toml", output="scan.nc")
    made = gs.plan("scan.toml", output="scan.nc")
    found = forecast(made).reusable
    cells = {key: item.cells for key, item in made.block_plan.stored.items() if item.is_output}
    print(json.dumps(sorted(key for key in cells if found[key] < cells[key])), flush=True)

for line in sys.stdin:
    child = os.fork()
    if not child:
        try:
            look(line == "first\\n")
        except BaseException:
            print(json.dumps(traceback.format_exc()), flush=True)
        os._exit(0)
    os.waitpid(child, 0)
"""

# By module, the outputs that a line of code more in it makes stale.
MODULES = {
    "evaluation/region": EVERYTHING,
    "evaluation/steps": EVERYTHING,
    "evaluation/positions": EVERYTHING,
    "engine/compute": EVERYTHING,
    "numerics/quadrature": EVERYTHING,
    "units/conversion": EVERYTHING,
    "units/definitions": EVERYTHING,
    "physics/stellar/imf": {"carbon_burning_rsg", "events_per_year"},
    "physics/galaxy/components": {"fraction_within", "events_per_year"},
    "physics/neutrinos/electron_scattering": {"mean_cross_section", "events_per_year"},
    "models/red_supergiants/quantities/events": NOTHING,
    "definition/graph": NOTHING,
    "definition/unit_proof": NOTHING,
    "inputs/catalogue": NOTHING,
    "inputs/grid_point": NOTHING,
    "inputs/input_files": NOTHING,
    "inputs/resolve": NOTHING,
    "inputs/faults": NOTHING,
    "inputs/value_reader": NOTHING,
    "sensitivity/labelled": NOTHING,
    "evaluation/layout": NOTHING,
    "evaluation/lazy": NOTHING,
    "model": NOTHING,
    "scenario/reader": NOTHING,
    "storage/files": NOTHING,
    "engine/partition": NOTHING,
    "engine/runner": NOTHING,
    "engine/forecast": NOTHING,
    "run": NOTHING,
    "cli/report": NOTHING,
}


def docstring(text):
    """Add a word to the docstring of a module and to one of a function."""
    changed = re.sub(r'^("""\w+)', r"\1 Really:", text, count=1)
    return re.sub(r'^(    """\w+)', r"\1 Really:", changed, count=1, flags=re.M)


def comment(text):
    return text.replace("\n\n\n", "\n\n\n# A comment.\n", 1) + "\n# Another one.\n"


def hint(text):
    """Change what the first function with a hint is said to take and to return."""
    return re.sub(r"^((?: *)def .*\) -> )[^\n]+:$", r"\1dict[str, object]:", text, count=1, flags=re.M)


def code(text):
    return text + "\n_ONE_MORE = 1\n"


class Copy:
    """A copy of the package, and a process that looks at it."""

    def __init__(self, folder):
        self.folder = folder
        for name in ("gridscan", "data"):
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        (folder / "scan.toml").write_text(SCENARIO, encoding="utf-8")
        environment = {**os.environ, "PYTHONPATH": str(folder), "OMP_NUM_THREADS": "1"}
        streams = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        self.process = subprocess.Popen([sys.executable, "-c", DRIVER], cwd=folder, env=environment, **streams)

    def stale(self, when="again"):
        self.process.stdin.write(f"{when}\n")
        self.process.stdin.flush()
        found = json.loads(self.process.stdout.readline())
        assert isinstance(found, list), found
        return set(found)


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """Return a copy of the package, in which a result has been made."""
    made = Copy(tmp_path_factory.mktemp("copy"))
    with made.process:
        assert made.stale("first") == NOTHING
        yield made
        made.process.stdin.close()


@pytest.fixture
def edited(copy):
    """Return a function that edits modules and tells what is stale then; the modules are as before afterwards."""
    before = {}

    def edit(names, change):
        for name in names:
            path = copy.folder / "gridscan" / f"{name}.py"
            before[path] = path.read_text(encoding="utf-8")
            after = change(before[path])
            assert after != before[path], name
            ast.parse(after)
            path.write_text(after, encoding="utf-8")
        return copy.stale()

    yield edit
    for path, text in before.items():
        path.write_text(text, encoding="utf-8")


def test_words_make_nothing_stale(edited):
    assert edited(MODULES, lambda text: comment(docstring(text))) == NOTHING


def test_hints_make_nothing_stale(edited):
    # The formulas of a model have none.
    assert edited([name for name in MODULES if not name.startswith("models/")], hint) == NOTHING


def test_code_through_which_no_number_goes_makes_nothing_stale(edited):
    assert edited([name for name, stale in MODULES.items() if not stale], code) == NOTHING


@pytest.mark.parametrize("name", [name for name, stale in MODULES.items() if stale])
def test_code_makes_stale_what_goes_through_it_and_nothing_else(edited, name):
    assert edited([name], code) == MODULES[name]


def test_a_formula_of_a_model_makes_stale_what_depends_on_it(edited):
    def change(text):
        formula = "detection.event_rate(number_of_electrons, flux, mean_cross_section)"
        return text.replace(f"return {formula}", f"return 2 * {formula}", 1)

    assert edited(["models/red_supergiants/quantities/events"], change) == {"events_per_year"}
