"""A model of an installed package: listed, described, run and drawn like one that ships, and never a stale number."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import numpy as np
import pytest
from click.testing import CliRunner
from matplotlib import pyplot
from packages import forget, install
from PIL import Image

import gridscan as gs
from gridscan.cli import main
from gridscan.engine.compute import make_workload
from gridscan.engine.executors import serialize
from gridscan.errors import StoreError
from gridscan.fingerprint import code

SCENARIO = """
model = "radioactivity"
[axes]
isotope = ["carbon-14", "caesium-137", "iodine-131"]
age = { geomspace = ["1 d", "100 yr", 7] }
[output]
quantities = ["remaining", "activity"]
path = "sources.nc"
"""


@pytest.fixture
def site(tmp_path, monkeypatch):
    """Stand in a folder with a scenario, with the package installed."""
    folder = install(tmp_path / "site-packages")
    forget("radioactivity")
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "160")
    Path("sources.toml").write_text(SCENARIO, encoding="utf-8")
    yield folder
    forget("radioactivity")
    pyplot.close("all")


def call(*arguments):
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def succeed(*arguments):
    result = call(*arguments)
    assert result.exit_code == 0, result.output
    return result.output


def test_it_is_listed_and_described_with_its_records_and_its_figure(site):
    listing = succeed("models")
    assert "radioactivity        gridscan-radioactivity 1.2.0  A radioactive source in a laboratory" in listing
    told = succeed("describe", "radioactivity")
    assert "carbon-14, caesium-137, iodine-131" in told
    assert "decay-curve  --by, --mark-below  activity against the age of the source" in told
    assert "NUBASE2020" in succeed("describe", "radioactivity", "isotope")
    assert "Sets     age, where the scenario does not" in succeed("describe", "radioactivity", "decay-curve")
    assert "decay-curve" in succeed("plot", "--help")
    assert '"caesium-137"' in succeed("schema", "radioactivity")


def test_a_scenario_of_it_runs_without_a_catalogue_of_its_own(site):
    assert "wrote sources.nc" in succeed("run", "sources.toml")
    with gs.open("sources.nc") as dataset:
        assert dataset.attrs["gridscan_model"] == "radioactivity"
        half_life = np.array([5700, 30.04, 8.0249 / 365.25])
        expected = 2.0 ** (-dataset.age.values / half_life[:, None])
        np.testing.assert_allclose(dataset.remaining.transpose("isotope", "age"), expected, rtol=1e-12, atol=1e-300)
    succeed("new", "radioactivity")
    assert "[catalogue." not in Path("radioactivity.toml").read_text(encoding="utf-8").replace("#   [", "")
    succeed("run", "radioactivity.toml")


def test_its_figure_is_drawn_from_a_result_a_scenario_and_in_a_notebook(site):
    succeed("run", "sources.toml")
    assert succeed("plot", "sources.nc", "--kind", "decay-curve", "--by", "isotope") == "wrote decay-curve.png\n"
    with Image.open("decay-curve.png") as image:
        assert image.size[0] == 800
    drawn = ("plot", "sources.toml", "--kind", "decay-curve", "--mark-below=1e9", "--out", "curve.svg")
    assert succeed(*drawn) == "wrote curve.svg\n"
    assert 'id="weak"' in Path("curve.svg").read_text(encoding="utf-8")
    with gs.open("sources.nc") as dataset:
        axes = dataset.gridscan.figure("decay-curve", by="isotope")
    assert len(axes.get_legend().get_texts()) == 3
    assert axes.get_xlabel() == "Age of the source [yr]"


def test_a_result_that_lacks_the_axis_of_a_figure_is_evaluated_again_with_the_values_it_needs(site):
    text = SCENARIO.replace("age = {", "source_mass = {").replace("1 d", "1 g").replace("100 yr", "1 kg")
    Path("masses.toml").write_text(text.replace("sources.nc", "masses.nc"), encoding="utf-8")
    succeed("run", "masses.toml")
    told = succeed("plot", "masses.nc", "--kind", "decay-curve")
    assert told == "masses.nc lacks 'activity' along 'age': evaluating its scenario\nwrote decay-curve.png\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--kind", "decay-curv"], "model 'radioactivity' has no figure 'decay-curv'; did you mean 'decay-curve'?"),
        (["--kind", "sky"], "has no figure 'sky'; kinds are quantity, violins, corner, hertzsprung-russell, decay-c"),
        (["--kind", "decay-curve", "--mark-belo", "3"], "did you mean '--mark-below'?"),
        (
            ["--kind", "decay-curve", "--zoom", "3"],
            "--zoom does not apply to --kind decay-curve; it takes --by, --mark",
        ),
        (["--kind", "decay-curve", "--mark-below"], "--mark-below needs a value"),
        (["activity", "--kind", "decay-curve"], "--kind decay-curve takes no quantity; remove 'activity'"),
        (["--kind", "decay-curve", "--seed", "1"], "--seed does not apply to --kind decay-curve"),
        (["--kind", "decay-curve", "--out", "curve.gif"], "is a picture: give --out NAME.png"),
    ],
)
def test_what_its_figure_cannot_show_is_refused(site, arguments, message):
    result = call("plot", "sources.toml", *arguments)
    assert result.exit_code == 2, result.output
    assert message in " ".join(result.output.split())


def test_the_kinds_of_a_file_are_listed(site):
    found = [line.split()[0] for line in succeed("plot", "sources.toml", "--kind").splitlines() if "  " in line]
    assert found == ["quantity", "violins", "corner", "hertzsprung-russell", "decay-curve"]


def test_its_pictures_are_in_the_gallery(site, tmp_path):
    told = succeed("gallery", "--only", "decay", "--out", tmp_path / "gallery")
    assert told.endswith("decay.png: the activity of two isotopes against the age of the source\n")


def test_its_model_is_named_by_its_module_beside_a_scenario(site):
    told = succeed("run", "sources.toml", "--model", "radioactivity.model:model", "--output", "named.nc")
    assert "wrote named.nc" in told
    assert "run it with: gridscan run mine.toml --model radioactivity.model:model" in succeed(
        "new", "radioactivity.model:model", "--out", "mine.toml"
    )


# Never a stale number

DRIVER = """
import json, sys
import gridscan as gs
from gridscan.engine.forecast import forecast
from gridscan.model_loader import load_model
from gridscan.run import perform, plan

options = {"model": load_model(sys.argv[2])} if sys.argv[2:] else {}
made = plan("sources.toml", output=sys.argv[1], **options)
reasons = dict(forecast(made).reasons)
outcome = perform(made)
computed = {key: number for key, number in outcome.computed_by_variable.items() if number}
print(json.dumps({"computed": computed, "reasons": reasons}))
"""


def driven(folder, *arguments, driver=DRIVER):
    environment = {**os.environ, "PYTHONPATH": str(folder), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-c", driver, *arguments], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def edit(path, old, new):
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), encoding="utf-8")


ALL = {"remaining": 21, "activity": 21}


def test_a_changed_record_makes_only_the_cells_of_its_label_stale(site):
    succeed("run", "sources.toml")
    edit(site / "radioactivity" / "isotope.toml", '"30.04 yr"', '"30.05 yr"')
    outcome = gs.run("sources.toml")
    with gs.open(outcome) as dataset:
        changed = dataset.remaining.sel(isotope="caesium-137")
        np.testing.assert_allclose(changed, 2.0 ** (-dataset.age / 30.05), rtol=1e-12)
    edit(site / "radioactivity" / "isotope.toml", '"8.0249 d"', '"8.0250 d"')
    assert driven(site, "sources.nc")["computed"] == {"remaining": 7, "activity": 7}


def test_a_new_version_of_an_installed_package_makes_what_it_computes_stale(site):
    assert driven(site, "sources.nc")["computed"] == ALL
    assert driven(site, "sources.nc")["computed"] == {}
    install(site, version="1.3.0")
    edit(site / "radioactivity" / "decay.py", "-time / half_life", "-2 * time / half_life")
    found = driven(site, "sources.nc")
    assert found["computed"] == ALL
    assert (
        "radioactivity gridscan-radioactivity 1.2.0 is now gridscan-radioactivity 1.3.0"
        in found["reasons"]["remaining"]
    )


@pytest.mark.parametrize("name", [[], ["radioactivity.model:model"]])
def test_of_a_package_that_is_being_written_each_edit_counts(tmp_path, monkeypatch, name):
    folder = install(tmp_path / "work")
    monkeypatch.chdir(tmp_path)
    Path("sources.toml").write_text(SCENARIO, encoding="utf-8")
    monkeypatch.syspath_prepend(str(folder))
    forget("radioactivity")
    gs.run("sources.toml", **({"model": gs.model(*name)} if name else {}))
    forget("radioactivity")
    edit(folder / "radioactivity" / "decay.py", "-time / half_life", "-2 * time / half_life")
    found = driven(folder, "sources.nc", *name)
    assert found["computed"] == ALL
    assert found["reasons"]["remaining"] == "radioactivity/decay.py has changed"
    edit(folder / "radioactivity" / "figures.py", "weak one", "faint one")
    edit(folder / "radioactivity" / "model.py", "np.log(2) / half_life", "np.log(4) / half_life")
    found = driven(folder, "sources.nc", *name)
    assert found["computed"] == {"activity": 21}


WORKERS = """
import json, sys
from pathlib import Path
import gridscan as gs

same = {}
for name in sys.argv[1:]:
    model = gs.model(name)
    paths = [gs.run("sources.toml", model=model, output=f"{name}_{n}.nc", workers=n) for n in (None, 1)]
    same[name] = paths[0].read_bytes() == paths[1].read_bytes()
print(json.dumps(same))
"""


@pytest.mark.parametrize("place", ["site-packages", "work"])
def test_workers_compute_it_bit_for_bit(tmp_path, monkeypatch, place):
    folder = install(tmp_path / place)
    monkeypatch.chdir(tmp_path)
    Path("sources.toml").write_text(SCENARIO, encoding="utf-8")
    script = tmp_path / "script.py"
    script.write_text(WORKERS, encoding="utf-8")
    names = ["radioactivity", "radioactivity.model:model"]
    assert driven(folder, *names, driver=f"exec(open({str(script)!r}).read())") == dict.fromkeys(names, True)


def test_workers_with_another_version_of_it_are_refused(site, monkeypatch):
    content = serialize.packed(make_workload(gs.plan("sources.toml").block_plan))
    assert serialize.unpacked(content) is not None
    known = code.version_of

    def newer(name):
        return "gridscan-radioactivity 9.9" if name == "radioactivity" else known(name)

    monkeypatch.setattr(code, "version_of", newer)
    message = r"different code \(radioactivity gridscan-radioactivity 1\.2\.0 is now gridscan-radioactivity 9\.9\)"
    with pytest.raises(StoreError, match=message):
        serialize.unpacked(content)
