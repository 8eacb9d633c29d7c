import csv
import io
import json
import os
import signal
import subprocess
import sys
import time
import tomllib
from pathlib import Path

import pytest
import xarray as xr
from click.testing import CliRunner

import gridscan as gs
from gridscan.cli import group, main
from gridscan.inputs.shipped_files import data_path, shipped_scenarios
from gridscan.model_loader import shipped_models

COMMANDS = ["models", "describe", "new", "check", "explain", "plan", "run", "info", "export", "plot", "schema"]
COMMANDS += ["sample", "gallery", "tracks"]
SMALL = """
model = "red_supergiants"
[axes]
imf = ["kroupa", "top-heavy"]
time = ["10 Myr", "12 Myr", "20 Myr"]
detector = ["juno", "hyper-k"]
[output]
quantities = ["carbon_burning_rsg", "events_per_year"]
path = "small.nc"
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "160")
    Path("small.toml").write_text(SMALL, encoding="utf-8")
    return tmp_path


def call(*arguments):
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def succeed(*arguments):
    result = call(*arguments)
    assert result.exit_code == 0, result.output
    return result.output


def test_help_comes_within_half_a_second_and_without_heavy_imports():
    code = (
        "import sys, click.testing, gridscan.cli as c;"
        "r = click.testing.CliRunner().invoke(c.main, ['--help']);"
        "assert r.exit_code == 0 and 'sensitivity' in r.output;"
        "print([m for m in ('numpy', 'xarray', 'pint', 'dask', 'matplotlib', 'pydantic', 'rich') if m in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_every_command_has_help():
    listing = succeed("--help")
    for name in [*COMMANDS, "sensitivity"]:
        assert name in listing
        assert "Usage" in succeed(name, "--help")


def test_models_and_scenarios_are_listed():
    listing = succeed("models")
    assert all(name in listing for name in [*shipped_models(), *shipped_scenarios()])


@pytest.mark.parametrize("name", ["imf", "sfr", "speed_of_light", "flux", "fraction_within", "stars"])
def test_describe_shows_any_name(name):
    assert name in succeed("describe", "red_supergiants", name)


def test_describe_shows_what_a_population_tells():
    assert "star_history" in succeed("describe", "red_supergiants")
    shown = succeed("describe", "red_supergiants", "stars")
    assert "distance  kpc    distance from the Sun" in shown
    assert "phase     words" in shown


def test_a_sample_is_drawn_and_its_size_told(folder):
    told = succeed(
        "sample", "small.toml", "--number", "25", "--seed", "3", "--at", "imf=top-heavy", "--set", "radius=2 kpc"
    )
    assert "massive stars alive: 25 drawn with seed 3" in told
    with gs.open("stars.nc") as stars:
        assert (stars.imf.item(), stars.radius.item(), stars.sizes["star"]) == ("top-heavy", 2.0, 25)
    assert "massive stars alive: 25" in succeed("info", "stars.nc")
    assert "wrote" in succeed("export", "stars.nc", "--out", "stars.csv")
    refused = call("sample", "small.toml", "--out", "stars.txt").output
    assert "stars.txt: a table cannot be written to a file with the ending '.txt'" in refused


def test_describe_shows_defaults_ranges_and_sources():
    assert "2 Msun/yr" in succeed("describe", "red_supergiants")
    assert "0.014 to 0.017" in succeed("describe", "red_supergiants")
    assert "super-k" in succeed("describe", "red_supergiants", "detector")


@pytest.mark.parametrize("model", shipped_models())
def test_new_writes_a_scenario_that_runs_as_it_is_and_names_every_parameter(model, folder):
    succeed("new", model)
    text = Path(f"{model}.toml").read_text(encoding="utf-8")
    found = gs.model(model)
    assert all(name in text for name in [*found.labels, *found.parameters])
    assert "valid" in succeed("check", f"{model}.toml")
    asked = gs.Scenario.load(f"{model}.toml").quantities
    taken = {name for node in found.quantities.values() for name in node.needs}
    assert asked
    assert not taken & set(asked)
    assert "wrote" in succeed("run", f"{model}.toml")
    assert Path(f"{model}.nc").is_file()


def test_every_commented_default_of_a_new_scenario_is_valid(folder):
    succeed("new", "red_supergiants")
    lines = Path("red_supergiants.toml").read_text(encoding="utf-8").splitlines()
    commented = [line for line in lines if not line.startswith("#   ")]
    text = "\n".join(line.removeprefix("# ") if " = " in line and "…" not in line else line for line in commented)
    defaults = gs.Scenario.parse(text).resolved
    assert len(tomllib.loads(text)["parameters"]) > 30
    for name, item in gs.Scenario.load("red_supergiants.toml").resolved.inputs.items():
        assert (defaults.inputs[name].data == item.data).all(), name


def test_new_does_not_overwrite_unless_told_to(folder):
    Path("mine.toml").write_text("precious", encoding="utf-8")
    result = call("new", "red_supergiants", "--out", "mine.toml")
    assert result.exit_code == 2
    assert "--force" in result.output
    assert Path("mine.toml").read_text(encoding="utf-8") == "precious"
    succeed("new", "red_supergiants", "--out", "mine.toml", "--force")


def test_check_reports_all_files_and_fails_if_one_is_wrong(folder):
    Path("wrong.toml").write_text(SMALL.replace("imf", "inf"), encoding="utf-8")
    result = call("check", "small.toml", "wrong.toml")
    assert result.exit_code == 2
    assert "small.toml: valid" in result.output
    assert "wrong.toml:4:1: unknown parameter 'inf' of model 'red_supergiants'; did you mean 'imf'?" in result.output
    assert "Traceback" not in result.output


def test_explain_shows_formulas_units_dimensions_and_sources(folder):
    text = succeed("explain", "small.toml", "events_per_year")
    assert "events_per_year [1/yr]  over imf × time × detector" in text
    assert "fraction_within" in text
    assert text.count("Source:") > 5
    assert "energy = varies from energy_min to energy_max" in text


def test_plan_shows_axes_sizes_and_memory(folder):
    text = succeed("plan", "small.toml")
    assert "10, 12, 20 Myr" in text
    assert "imf × time × detector" in text
    assert "Memory" in text
    assert not Path("small.nc").exists()


def test_run_writes_where_it_says_and_info_shows_what_made_it(folder):
    assert "wrote small.nc (2 quantities" in succeed("run", "small.toml")
    text = succeed("info", "small.nc")
    assert "imf × time × detector" in text
    assert "small.toml" in text
    assert succeed("info", "small.nc", "--scenario") == SMALL


def test_set_overrides_values_axes_and_labels(folder):
    succeed("run", "small.toml", "--set", "radius=2 kpc", "--set", 'time=["8 Myr"]', "--set", "imf=salpeter")
    result = gs.open("small.nc")
    assert result.time.values.tolist() == [8]
    assert str(result.imf.values) == "salpeter"
    assert float(result.radius) == 2
    expected = gs.model("red_supergiants").evaluate(
        "events_per_year", imf="salpeter", time=8, radius=2, detector="juno"
    )
    assert float(result.events_per_year.sel(detector="juno", time=8)) == pytest.approx(float(expected), rel=1e-12)


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("radius=2", "--set radius: 'radius': 2 has no unit; write for example '2 kpc'"),
        ("radius=2 Myr", "--set radius: 'radius': found 'Myr', expected a unit like 'kpc'"),
        ("radios=2 kpc", "--set radios: unknown parameter 'radios'"),
        ("radius", "'radius' is not NAME=VALUE"),
    ],
)
def test_a_wrong_override_says_which(folder, setting, message):
    result = call("plan", "small.toml", "--set", setting)
    assert result.exit_code == 2
    assert message in result.output


def test_a_result_runs_again_from_what_is_inside_it(folder):
    succeed("run", "small.toml", "--set", "sfr=3 Msun/yr")
    first = gs.open("small.nc").load()
    Path("small.toml").unlink()
    succeed("run", "small.nc", "--output", "again.nc")
    again = gs.open("again.nc").load()
    xr.testing.assert_equal(first, again)
    assert first.attrs["gridscan_identity"] == again.attrs["gridscan_identity"]


def test_a_shipped_scenario_runs_by_name_into_the_current_folder(folder):
    assert f"wrote {Path('results/detectors.nc')}" in succeed("run", "detectors")
    assert Path("results/detectors.nc").is_file()


def table(name):
    """Return the lines of a table without the comment at its start."""
    return io.StringIO(Path(name).read_text(encoding="utf-8").partition("\n")[2])


def test_export_writes_tidy_csv_with_units(folder):
    succeed("run", "small.toml")
    succeed("export", "small.nc", "--quantities", "events_per_year", "--out", "events.csv")
    rows = list(csv.reader(table("events.csv")))
    result = gs.open("small.nc")
    assert rows[0][:3] == ["imf", "time [Myr]", "detector"]
    assert rows[0][-1] == "events_per_year [1/yr]"
    assert len(rows) == 1 + result.events_per_year.size
    for row in rows[1:]:
        cell = result.events_per_year.sel(imf=row[0], time=float(row[1]), detector=row[2])
        assert float(row[-1]) == float(cell)


def test_export_repeats_quantities_that_lack_an_axis(folder):
    succeed("run", "small.toml")
    succeed("export", "small.nc", "--out", "all.csv")
    rows = list(csv.DictReader(table("all.csv")))
    counts = gs.open("small.nc").carbon_burning_rsg
    assert len(rows) == 12
    for row in rows:
        expected = float(counts.sel(imf=row["imf"], time=float(row["time [Myr]"])))
        assert float(row["carbon_burning_rsg"]) == expected


QUESTIONS = {
    "elasticity": ["--along", "time"],
    "derivative": ["--along", "time"],
    "contrast": ["--along", "imf", "--reference", "kroupa"],
    "shares": [],
    "rank": [],
    "crossing": ["--along", "time", "--value", "1e-5 / yr"],
    "discriminate": ["--along", "imf", "--background", "1 / kt / yr"],
    "local": ["--at", "time=20 Myr"],
}


@pytest.mark.filterwarnings("ignore::gridscan.errors.GridscanWarning")
@pytest.mark.parametrize("question", QUESTIONS)
def test_every_sensitivity_is_a_command_that_prints_and_writes(folder, question):
    succeed("run", "small.toml")
    text = succeed("sensitivity", question, "small.nc", "events_per_year", *QUESTIONS[question])
    assert any(character.isdigit() for character in text)
    for suffix in ("csv", "nc"):
        out = f"answer.{suffix}"
        assert f"wrote {out}" in succeed(
            "sensitivity", question, "small.nc", "events_per_year", *QUESTIONS[question], "--out", out
        )
        assert Path(out).stat().st_size > 0


def test_a_sensitivity_of_a_scenario_needs_no_run(folder):
    text = succeed(
        "sensitivity", "contrast", "small.toml", "carbon_burning_rsg", "--along", "imf", "--reference", "kroupa"
    )
    assert "top-heavy" in text
    assert not Path("small.nc").exists()


def test_picked_values_are_taken_with_their_unit(folder):
    succeed("run", "small.toml")
    question = ["sensitivity", "contrast", "small.nc", "events_per_year", "--along", "imf", "--reference", "kroupa"]
    assert "time" not in succeed(*question, "--at", "time=20000 kyr", "--at", "detector=juno")
    result = call(*question, "--at", "time=21 Myr")
    assert result.exit_code == 2
    assert "21" in result.output


def test_plot_draws_a_picture(folder):
    succeed("run", "small.toml")
    assert "wrote events.png" in succeed(
        "plot", "small.nc", "events_per_year", "--along", "time", "--out", "events.png"
    )
    assert Path("events.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.filterwarnings("ignore:the shares of:gridscan.errors.GridscanWarning")
@pytest.mark.parametrize("question", ["shares", "discriminate", "local"])
def test_tables_of_sensitivity_have_a_picture(folder, question):
    picks = [] if question == "shares" else ["--at", "time=20 Myr", "--at", "detector=juno"]
    succeed("run", "small.toml")
    options = [*QUESTIONS[question], *picks, "--picture", "answer.png"]
    assert "wrote answer.png" in succeed("sensitivity", question, "small.nc", "events_per_year", *options)
    assert Path("answer.png").read_bytes().startswith(b"\x89PNG")


def test_the_shipped_schema_is_the_generated_one():
    for model in shipped_models():
        shipped = data_path(f"schemas/{model}.json")
        assert json.loads(succeed("schema", model)) == json.loads(shipped.read_text(encoding="utf-8"))


def test_shipped_scenarios_name_a_schema_that_they_meet():
    from jsonschema import Draft202012Validator

    for path in shipped_scenarios().values():
        text = path.read_text(encoding="utf-8")
        reference = text.splitlines()[0].removeprefix("#:schema ")
        validator = Draft202012Validator(json.loads((path.parent / reference).read_text(encoding="utf-8")))
        content = tomllib.loads(text)
        assert not list(validator.iter_errors(content))
        assert list(validator.iter_errors({**content, "parameters": {"radios": "1 kpc"}}))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["runn", "small.toml"], "unknown command 'runn'; did you mean 'run'?"),
        (["run", "smal.toml"], "smal.toml: there is no such file; did you mean 'small.toml'?"),
        (["describe", "red_supergiant"], "unknown model 'red_supergiant'; did you mean 'red_supergiants'?"),
        (["describe", "red_supergiants", "fluxx"], "did you mean 'flux'?"),
        (["explain", "small.toml", "event_per_year"], "did you mean 'events_per_year'?"),
        (["info", "none.nc"], "none.nc: no such file"),
        (["info", "small.toml"], "cannot be read as netCDF"),
        (["run", "small.toml", "--output", "small.txt"], ".nc"),
        (["export", "small.toml", "--quantities", "flu"], "the result has no quantity 'flu'"),
        (["plot", "small.toml", "fluxx"], "did you mean 'flux'"),
        (["check", "small.toml", "--model", "none.py:model"], "no such model file: none.py"),
    ],
)
def test_mistakes_end_with_status_2_and_one_clear_message(folder, arguments, message):
    result = call(*arguments)
    assert result.exit_code == 2
    assert message in result.output
    assert "Traceback" not in result.output


def test_our_own_mistakes_end_with_status_1_and_a_traceback_only_on_demand(folder, monkeypatch):
    def broken(*_, **__):
        raise KeyError("a bug")

    monkeypatch.setattr(sys.modules["gridscan.run"], "plan", broken)
    result = call("plan", "small.toml")
    assert result.exit_code == 1
    assert "internal error: KeyError" in result.output
    assert "Traceback" not in result.output
    assert "Traceback" in call("--debug", "plan", "small.toml").output


def test_an_axis_without_effect_is_said(folder):
    Path("idle.toml").write_text(SMALL.replace('"events_per_year"', '"flux"'), encoding="utf-8")
    assert "warning: the axis 'detector' has no effect on the quantities asked for" in succeed("run", "idle.toml")


def test_a_model_of_ones_own_is_named_on_the_command_line(folder):
    Path("swing.py").write_text(
        "import gridscan as gs\n"
        "model = gs.Model('swing', 'A swing')\n"
        "model.parameter('length', '1 m', 'Length', minimum=0)\n"
        "model.constant('gravity', '9.8 m/s^2', 'Gravity')\n"
        "@model.quantity('s')\n"
        "def period(length, gravity):\n"
        "    return 6.283185307179586 * (length / gravity) ** 0.5\n",
        encoding="utf-8",
    )
    text = 'model = "swing"\n[axes]\nlength = ["1 m", "9.8 m"]\n[output]\nquantities = ["period"]\n'
    Path("swing.toml").write_text(text, encoding="utf-8")
    assert "unknown model 'swing'" in call("run", "swing.toml").output
    succeed("run", "swing.toml", "--model", "swing.py:model")
    assert float(gs.open("swing.nc").period.sel(length=9.8)) == pytest.approx(6.283185307179586)
    assert "--model" in call("run", "swing.nc").output


OWN_MODEL = """
import gridscan as gs
model = gs.Model("swing", "A swing")
site = model.label("site", "lab", "Where")
model.parameter("gravity", site, "Gravity", unit="m/s^2", minimum=0)
model.parameter("steps", site, "Steps", unit="m", vector="step", minimum=2)
model.parameter("length", "1 m", "Length", minimum=0)
@model.quantity("s")
def period(length, gravity):
    return 6.283185307179586 * (length / gravity) ** 0.5
@model.quantity("m")
def way(steps):
    return steps.sum(axis=-1)
"""


def test_new_for_a_model_of_ones_own_writes_the_record_it_needs_and_the_command_that_runs_it(folder):
    Path("swing.py").write_text(OWN_MODEL, encoding="utf-8")
    hint = succeed("new", "swing.py:model", "--out", "swing.toml")
    assert hint.strip().endswith("gridscan run swing.toml --model swing.py:model")
    assert "[catalogue.site.lab]" in Path("swing.toml").read_text(encoding="utf-8")
    succeed("run", "swing.toml", "--model", "swing.py:model")
    assert float(gs.open("swing.nc").way.sel(site="lab")) == 2
    text = 'model = "swing"\n[output]\nquantities = ["period"]\n'
    Path("bare.toml").write_text(text + '[parameters]\nsite = "attic"\n', encoding="utf-8")
    message = "unknown site 'attic'; write its record as [catalogue.site.attic]"
    assert message in call("check", "bare.toml", "--model", "swing.py:model").output


def test_a_result_that_is_run_again_and_again_keeps_the_name_of_its_scenario(folder):
    succeed("run", "small.toml", "--set", "sfr=3 Msun/yr")
    for _ in range(2):
        succeed("run", "small.nc")
    attributes = gs.open("small.nc").attrs
    assert attributes["gridscan_scenario_name"] == "small.toml"
    assert attributes["title"] == "red_supergiants over the grid of small.toml"
    assert attributes["history"].endswith('gridscan run small.toml --set sfr="3 Msun/yr"')


def test_the_signal_that_ends_a_batch_job_clears_up():
    with pytest.raises(SystemExit) as caught, group._stopped_by_term():
        signal.raise_signal(signal.SIGTERM)
    assert caught.value.code == 143


def test_a_terminal_without_utf8_gets_an_answer(folder):
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    command = [sys.executable, "-m", "gridscan", "explain", "small.toml", "flux"]
    found = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    assert "Source:" in found.stdout


def test_an_output_that_cannot_be_written_to_is_no_mistake_of_ours(folder):
    with open("/dev/full", "w", encoding="utf-8") as full:
        command = [sys.executable, "-m", "gridscan", "describe", "red_supergiants"]
        found = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert "internal error" not in found.stderr
    assert "No space left" in found.stderr


def test_a_wide_matrix_becomes_rows_on_a_narrow_screen_and_no_number_is_broken(folder, monkeypatch):
    question = [
        "sensitivity",
        "crossing",
        "imf_scan",
        "carbon_burning_rsg",
        "--along",
        "time",
        "--value",
        "10",
        "--all",
    ]
    assert "metallicity \\ sfr [Msun/yr]" in succeed(*question)
    monkeypatch.setenv("COLUMNS", "60")
    narrow = succeed(*question)
    assert "\\" not in narrow
    assert "11.787" in narrow


def test_pairs_are_shown_as_a_matrix_whatever_other_axes_there_are(folder):
    question = ["sensitivity", "discriminate", "small.toml", "events_per_year", "--along", "imf"]
    text = succeed(*question, "--all")
    assert text.count("imf_a \\ imf_b  kroupa") == 2 * 3 * 3 * 2
    # Otherwise one time is shown, that nearest to the model's default, and said.
    held = succeed(*question)
    assert held.count("imf_a \\ imf_b  kroupa") == 2 * 2 * 3
    assert "at time = 20 Myr; --all shows every value" in held
    assert "method = gaussian, time = 20, detector = hyper-k" in text


def test_discriminate_says_where_no_mass_suffices(folder):
    question = ["sensitivity", "discriminate", "small.toml", "events_per_year", "--along", "imf"]
    text = succeed(*question, "--background", "1 / kt / yr", "--background-error", "50 %")
    assert "warning: no mass suffices in " in text
    assert "a background known to 50 % hides the difference at 3 sigma" in text
    assert "inf" in text
    refused = call(*question, "--background-error", "0.1")
    assert refused.exit_code == 2
    assert "background_error is given without a background" in refused.output


def test_a_value_of_an_axis_may_be_a_bare_number(folder):
    question = ["sensitivity", "contrast", "small.toml", "carbon_burning_rsg", "--along", "time", "--reference"]
    bare, full = (succeed(*question, text).splitlines()[1:] for text in ("20", "20 Myr"))
    assert bare == full
    assert "axis 'time' does not hold" in call(*question, "21").output


def test_a_zipped_axis_is_asked_for_by_position(folder):
    members = "[axes.zip.pair]\nmetallicity = [0.014, 0.015, 0.016]\ntime ="
    lines = SMALL.replace('detector = ["juno", "hyper-k"]\n', "").replace("time =", members)
    Path("zip.toml").write_text(lines, encoding="utf-8")
    succeed("run", "zip.toml", "--output", "zip.nc")
    question = ["sensitivity", "contrast", "zip.nc", "events_per_year", "--along", "imf", "--reference", "kroupa"]
    result = call(*question, "--at", "time=10 Myr")
    assert result.exit_code == 2
    assert "it varies along 'pair': give a position on that, from 0 to 2" in result.output


def test_running_as_a_module_is_the_same(folder):
    start = time.perf_counter()
    found = subprocess.run([sys.executable, "-m", "gridscan", "--version"], capture_output=True, text=True, check=True)
    assert gs.__version__ in found.stdout
    assert time.perf_counter() - start < 30
