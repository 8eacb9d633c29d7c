"""Runs of what is uncertain: the same bits however they are made, extended or stopped, and what is said of designs."""

from __future__ import annotations

import functools
import signal
import subprocess
import sys
import textwrap

import numpy as np
import pytest
import xarray as xr

import gridscan as gs
from gridscan.engine.forecast import forecast
from gridscan.errors import GridscanWarning, StoreError
from gridscan.limits import Limits
from gridscan.run import perform

#: Blocks of a few cells.
SMALL = Limits(smallest_block=8, largest_costly_block=32)
run = functools.partial(gs.run, limits=SMALL)

TEXT = """
model = "red_supergiants"

[axes]
detector = ["juno", "super-k"]

[uncertain]
sfr = {{ normal = [2.0, 0.5], unit = "Msun/yr", minimum = 0.1 }}
neutrino_luminosity = {{ lognormal = ["1e38 erg/s", 3] }}
imf = {{ choice = ["kroupa", "salpeter"], weights = [2, 1] }}
time = {{ table = "posterior.csv", column = "age" }}
{more}

[[correlated]]
parameters = ["mean_energy", "pinching"]
covariance = [[0.01, 0.004], [0.004, 0.02]]
units = ["MeV", "1"]

[[correlated]]
parameters = ["sfr", "neutrino_luminosity"]
correlation = 0.4

[design]
method = "{method}"
points = {points}
seed = {seed}

[output]
quantities = ["events_per_year", "carbon_burning_rsg"]
path = "out.nc"
"""


def scenario(folder, method="sobol", points=256, seed=3, more="", text=TEXT):
    """Return the path of a scenario with many kinds of what is uncertain, in a folder of its own."""
    folder.mkdir(exist_ok=True)
    ages = "".join(f"{age},{weight}\n" for age, weight in zip(np.linspace(6, 14, 17), range(1, 18), strict=True))
    (folder / "posterior.csv").write_text("age [Myr],weight\n" + ages)
    path = folder / "s.toml"
    path.write_text(text.format(method=method, points=points, seed=seed, more=more))
    return path


def content(path):
    """Return all numbers of a result."""
    with gs.open(path) as dataset:
        return dataset.load()


@pytest.mark.parametrize("method", ["sobol", "random"])
def test_an_extended_design_gives_the_bits_of_one_that_was_made_at_once(tmp_path, method):
    few = run(scenario(tmp_path / "grown", method, 128))
    plan = gs.plan(scenario(tmp_path / "grown", method, 512), limits=SMALL)
    outcome = perform(plan)
    whole = run(scenario(tmp_path / "whole", method, 512))
    assert few == outcome.path
    assert outcome.progress.reused == outcome.progress.cells // 4
    assert outcome.path.read_bytes() == whole.read_bytes()


def test_blocks_of_any_size_and_two_workers_give_the_same_bits(tmp_path):
    first = content(run(scenario(tmp_path / "small")))
    large = content(gs.run(scenario(tmp_path / "large")))
    spread = content(run(scenario(tmp_path / "spread"), workers=2))
    lazy = gs.evaluate(scenario(tmp_path / "lazy"), limits=Limits(eager_cells=10, chunk_cells=64))
    for other in (large, spread, lazy.compute()):
        xr.testing.assert_equal(first, other)


def test_kernels_get_all_values_of_an_axis_for_each_draw(tmp_path):
    text = """
        model = "red_supergiants"
        axes.radius = {{ geomspace = ["0.5 kpc", "3 kpc", 3] }}
        uncertain.arm_pitch = {{ uniform = ["10 deg", "14 deg"] }}
        design = {{ points = {points}, method = "{method}", seed = {seed} }}
        output.quantities = ["fraction_within"]
    """
    plan = gs.plan(scenario(tmp_path, points=128, text=text), limits=SMALL)
    (group,) = plan.block_plan.groups
    assert group.dims == ("draw", "radius")
    assert group.block == (2, 3)
    with gs.open(perform(plan).path) as found:
        few = gs.model("red_supergiants").evaluate(
            "fraction_within", arm_pitch=found["arm_pitch"].values[:3], radius=found["radius"].values
        )
        np.testing.assert_allclose(found["fraction_within"][:3], few, rtol=1e-9)


def test_a_run_that_was_killed_goes_on_with_the_same_draws(tmp_path):
    whole = run(scenario(tmp_path / "whole"))
    path = scenario(tmp_path / "killed")
    script = f"""
        import os, signal
        import gridscan as gs
        from gridscan.limits import Limits
        told = []
        def watch(progress):
            told.append(progress.computed)
            if len(told) == 4:
                os.kill(os.getpid(), signal.SIGKILL)
        gs.run({str(path)!r}, limits=Limits(smallest_block=8, largest_costly_block=32), progress=watch)
    """
    found = subprocess.run([sys.executable, "-c", textwrap.dedent(script)], capture_output=True, timeout=100)
    assert found.returncode == -signal.SIGKILL, found.stderr
    outcome = perform(gs.plan(path, limits=SMALL))
    assert outcome.progress.reused > 0
    assert outcome.path.read_bytes() == whole.read_bytes()


def test_a_result_is_run_again_from_itself_with_its_table(tmp_path):
    first = run(scenario(tmp_path / "a"))
    (tmp_path / "a" / "posterior.csv").unlink()
    again = run(first, output=tmp_path / "again.nc")
    xr.testing.assert_equal(content(first), content(again))


def test_appended_parameters_keep_the_draws_of_the_others(tmp_path):
    first = content(run(scenario(tmp_path / "a")))
    more = 'radius = { uniform = ["0.5 kpc", "2 kpc"] }'
    other = content(run(scenario(tmp_path / "b", more=more)))
    for name in ("sfr", "neutrino_luminosity", "imf", "time", "mean_energy", "pinching"):
        assert np.array_equal(first[name], other[name]), name


def test_a_second_run_computes_nothing(tmp_path):
    path = scenario(tmp_path / "a")
    run(path)
    assert perform(gs.plan(path, limits=SMALL)).was_made


def test_a_latin_hypercube_is_not_extended(tmp_path):
    path = run(scenario(tmp_path / "a", "latin-hypercube", 128))
    before = path.read_bytes()
    longer = scenario(tmp_path / "a", "latin-hypercube", 256)
    said = r"has a Latin hypercube of 128 draws, which cannot become one of 256: every draw would be another\. Write"
    with pytest.raises(StoreError, match=said):
        run(longer)
    assert path.read_bytes() == before
    assert any("cannot become one of 256" in note for note in forecast(gs.plan(longer, limits=SMALL)).notes)
    run(longer, output=tmp_path / "other.nc")
    run(scenario(tmp_path / "a", "latin-hypercube", 256, seed=4))


def test_another_order_of_what_is_uncertain_is_told(tmp_path):
    path = run(scenario(tmp_path / "a"))
    lines = TEXT.splitlines(keepends=True)
    at = next(index for index, line in enumerate(lines) if line.startswith("sfr"))
    lines[at], lines[at + 1] = lines[at + 1], lines[at]
    swapped = scenario(tmp_path / "a", text="".join(lines))
    said = (
        "has 'neutrino_luminosity', 'sfr' in another place among all that is uncertain, so that their draws are others"
    )
    assert any(said in note for note in forecast(gs.plan(swapped, limits=SMALL)).notes)
    with pytest.warns(GridscanWarning, match="in another place among all that is uncertain"):
        run(swapped)
    assert path.exists()


def test_random_draws_do_not_depend_on_the_order(tmp_path, recwarn):
    first = content(run(scenario(tmp_path / "a", "random")))
    lines = TEXT.splitlines(keepends=True)
    at = next(index for index, line in enumerate(lines) if line.startswith("sfr"))
    lines[at], lines[at + 1] = lines[at + 1], lines[at]
    second = content(run(scenario(tmp_path / "a", "random", text="".join(lines))))
    xr.testing.assert_equal(first, second)
    assert not [item for item in recwarn.list if "another place" in str(item.message)]


def test_the_plan_says_how_many_points_are_balanced(tmp_path):
    notes = forecast(gs.plan(scenario(tmp_path / "a", points=100), limits=SMALL)).notes
    assert any("better 64 or 128 than 100" in note for note in notes)


def test_another_seed_reuses_nothing_that_is_uncertain(tmp_path):
    run(scenario(tmp_path / "a"))
    outcome = perform(gs.plan(scenario(tmp_path / "a", seed=4), limits=SMALL))
    assert outcome.progress.reused == 0


def test_a_change_of_one_distribution_keeps_what_does_not_depend_on_it(tmp_path):
    run(scenario(tmp_path / "a"))
    changed = TEXT.replace('["1e38 erg/s", 3]', '["2e38 erg/s", 3]')
    outcome = perform(gs.plan(scenario(tmp_path / "a", text=changed), limits=SMALL))
    assert outcome.computed_by_variable["carbon_burning_rsg"] == 0
    assert outcome.computed_by_variable["events_per_year"] == 512
