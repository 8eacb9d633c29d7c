"""Finding models: those of installed packages by name, from metadata, and any other by its module or file."""

from __future__ import annotations

import subprocess
import sys

import pytest
from click.testing import CliRunner
from packages import forget, install, write_metadata

import gridscan as gs
from gridscan.cli import main
from gridscan.errors import ModelError, ScenarioError
from gridscan.model import Model
from gridscan.model_loader import installed_models, load_model, shipped_models


@pytest.fixture
def site(tmp_path, monkeypatch):
    """Return a folder of installed packages that is on the path."""
    folder = tmp_path / "site-packages"
    folder.mkdir()
    forget("radioactivity")
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.setenv("COLUMNS", "200")
    yield folder
    forget("radioactivity")


def listing():
    result = CliRunner().invoke(main, ["models"])
    assert result.exit_code == 0, result.output
    return {line.split()[0]: line for line in result.output.splitlines() if line.strip()}


def write_module(folder, name, text):
    (folder / f"{name}.py").write_text(text, encoding="utf-8")


def test_the_models_that_ship_are_those_of_gridscan(site):
    install(site)
    assert set(shipped_models()) == {"red_supergiants", "boosted_dark_matter", "presupernova"}
    assert list(installed_models())[3:] == ["radioactivity"]


def test_models_are_listed_from_metadata_without_importing_a_package(site):
    install(site)
    write_module(site, "loud", "raise RuntimeError('imported')")
    write_metadata(site, "loud-models", "0.1", {"loud": "loud:model"})
    code = (
        "import sys; from gridscan.model_loader import installed_models;"
        "print({name: item.package for name, item in installed_models().items()});"
        "print([name for name in sys.modules if name in ('loud', 'radioactivity', 'gridscan.models')])"
    )
    found = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(site)!r}); {code}"],
        capture_output=True,
        text=True,
        check=True,
    )
    told, imported = found.stdout.splitlines()
    assert "'loud': 'loud-models 0.1'" in told
    assert "'radioactivity': 'gridscan-radioactivity 1.2.0'" in told
    assert imported == "[]"


@pytest.mark.parametrize(
    ("text", "value", "reason"),
    [
        ("raise ValueError('no\\nmodel')", "loud:model", "cannot be imported: ValueError: no model"),
        ("raise SystemExit(4)", "loud:model", "cannot be imported: SystemExit: 4"),
        ("import absent_library", "loud:model", "cannot be imported: ModuleNotFoundError: No module named 'absent_lib"),
        ("", "loud:model", "cannot be imported: AttributeError: module 'loud' has no attribute 'model'"),
        ("model = 3", "loud:model", "loud:model is not a gridscan.Model"),
        ("import gridscan\nmodel = gridscan.Model('quiet', 'No sound')", "loud:model", "calls itself 'quiet'"),
        ("", "absent_module:model", "cannot be imported: ModuleNotFoundError: No module named 'absent_module'"),
    ],
)
def test_a_broken_package_is_one_line_in_the_listing_and_when_asked_for(site, text, value, reason):
    write_module(site, "loud", text)
    write_metadata(site, "loud-models", "0.1", {"loud": value})
    try:
        with pytest.raises(ModelError) as caught:
            load_model("loud")
        assert str(caught.value).startswith("model 'loud' of loud-models 0.1")
        assert reason in str(caught.value)
        assert "\n" not in str(caught.value)
        lines = listing()
        assert "loud-models 0.1" in lines["loud"]
        assert "Carbon-burning red supergiants" in lines["red_supergiants"]
        help_text = CliRunner().invoke(main, ["plot", "--help"]).output
        assert "Figures of loud:" in help_text
    finally:
        forget("loud")


def test_a_faulty_wiring_of_an_installed_model_is_one_line_in_the_listing(site):
    text = "import gridscan\nmodel = gridscan.Model('loud', 'Noise')\nmodel.parameter('a', 1.0, '')\n"
    write_module(site, "loud", text + "model.parameter('b', 1.0, '')\n")
    write_metadata(site, "loud-models", "0.1", {"loud": "loud:model"})
    try:
        assert "cannot be loaded" in listing()["loud"]
    finally:
        forget("loud")


def test_a_model_that_ships_wins_over_one_of_its_name_which_is_told(site):
    write_module(site, "loud", "raise RuntimeError('imported')")
    write_metadata(site, "aaa-models", "0.1", {"red_supergiants": "loud:model"})
    assert "carbon_burning_rsg" in load_model("red_supergiants").quantities
    assert "hides that of aaa-models 0.1" in listing()["red_supergiants"]


def test_two_packages_with_one_name_are_refused_with_both_named(site):
    install(site)
    write_metadata(site, "other-models", "3.1", {"radioactivity": "other:model"})
    with pytest.raises(ModelError) as caught:
        load_model("radioactivity")
    assert "several installed packages: gridscan-radioactivity 1.2.0, other-models 3.1" in str(caught.value)
    assert "choose one with --model radioactivity.model:model" in str(caught.value)
    assert "other-models 3.1" in listing()["radioactivity"]
    # One of them can still be named by its module.
    assert load_model("radioactivity.model:model").name == "radioactivity"


def test_a_model_is_loaded_from_a_module_by_name(site):
    install(site)
    model = load_model("radioactivity.model:model")
    assert isinstance(model, Model)
    assert float(model.evaluate("remaining", age="5700 yr")) == 0.5
    assert gs.model("radioactivity.model:model") is model
    assert gs.model("radioactivity") is model


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (
            "radioactivity.modell:model",
            "no module 'radioactivity.modell'; install it, or give a file as FILE",
        ),
        ("absent:model", "no module 'absent'"),
        ("radioactivity.model:modell", "module radioactivity.model has no model 'modell'; did you mean 'model'?"),
        ("noisy:model", "module noisy cannot be imported: ValueError: bang"),
        ("needy:model", "module needy cannot be imported: ModuleNotFoundError: No module named 'absent'"),
    ],
)
def test_a_module_without_the_model_is_refused_with_the_reason(site, name, message):
    install(site)
    write_module(site, "noisy", "raise ValueError('bang')")
    write_module(site, "needy", "import absent")
    with pytest.raises(ModelError) as caught:
        load_model(name)
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize("name", ["radioactivity.model:model", "my_model.py:model", "my_model.py"])
def test_a_scenario_never_names_code(site, name):
    install(site)
    with pytest.raises(
        ScenarioError, match=r"s\.toml:1:9: a scenario cannot name Python code; write a plain name here"
    ):
        gs.Scenario.parse(f'model = "{name}"\n[output]\nquantities = ["activity"]\n', name="s.toml")
    assert "radioactivity" not in sys.modules
