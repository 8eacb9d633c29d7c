"""What the README says is true: its code runs, its commands work, its scenario is valid."""

import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

import gridscan as gs
from gridscan.cli import main
from gridscan.inputs.shipped_files import folder

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


@pytest.fixture
def clone(tmp_path, monkeypatch):
    """Stand where the README does: beside the scenarios, with the first result there."""
    (tmp_path / "scenarios").mkdir()
    for path in folder("scenarios").glob("*.toml"):
        (tmp_path / "scenarios" / path.name).write_text(path.read_text(encoding="utf-8"), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    gs.run("scenarios/imf_scan.toml")
    return tmp_path


def test_the_python_blocks_run_in_order(clone):
    found = {}
    code = blocks("python")
    assert len(code) == 4
    for block in code:
        exec(compile(block, "README.md", "exec"), found)
    assert found["ds"].events_per_year.size > 10_000
    assert found["mine"].evaluate("mean_cross_section").item() > 0
    swing = found["model"].evaluate(["period", "moving_mass"], gravity="9.81 m/s^2")
    assert swing.period.item() == pytest.approx(2.0099, rel=1e-4)


def test_the_numbers_of_the_tutorial_are_those_of_the_table():
    bdm = gs.model("boosted_dark_matter")
    rows = re.findall(
        r"^\| [^|]* \| [\d.e-]+ \| ([\d.e-]+)(?: \(published ([\d.e-]+)\))? \| [^|]* \|$", README, re.MULTILINE
    )
    place = {
        "distance": "9.9 kpc",
        "off_centre_angle": "0.33 rad",
        "kinetic_energy": "10 MeV",
        "dark_matter_mass": "0.1 MeV",
    }
    gauged = {"interaction": "lmu-ltau", "dark_matter_mass": "1 keV"}
    cases = [
        ("flux", {"time": "23 yr", **place}),
        ("vanishing_time", {"kinetic_energy": "5 MeV", "dark_matter_mass": "1 MeV"}),
        ("off_centre_angle", {}),
        ("target_scattering_cross_section", {"kinetic_energy": "15 MeV", **gauged}),
        ("events_per_target", {"supernova": "sn1987a", "halo": "milky-way", **gauged}),
    ]
    assert len(rows) == len(cases)
    for (standard, published), (quantity, values) in zip(rows, cases, strict=True):
        for shown, convention in ((standard, "standard"), (published, "published")):
            if shown:
                own = {"convention": convention} if published else {}
                found = float(bdm.evaluate(quantity, **values, **own))
                digits = len(shown.split("e")[0].replace(".", "")) - 1
                assert f"{found:.{digits}e}" == f"{float(shown):.{digits}e}", quantity


def test_forgetting_the_conversion_is_the_error_that_the_readme_promises(clone):
    with pytest.raises(gs.GridscanError, match=r"'moving_mass'.*gives 'J', expected the declared unit 'ng'"):
        exec(compile(blocks("python")[-1].replace("energy / speed_of_light**2", "energy"), "README.md", "exec"), {})


def test_the_model_of_ones_own_takes_about_twenty_lines():
    lines = [line for line in blocks("python")[-1].splitlines() if line.strip() and not line.startswith("import")]
    assert len(lines) <= 25


def test_the_scenario_is_valid(clone):
    text, uncertain = blocks("toml")
    scenario = gs.Scenario.parse(text)
    assert gs.evaluate(scenario).sizes == {"imf": 3, "sfr": 10, "radius": 3, "detector": 2}
    head = 'model = "red_supergiants"\noutput.quantities = ["flux"]\n'
    assert gs.Scenario.parse(head + uncertain).resolved.sizes == {"draw": 4096}


def test_the_commands_work(clone):
    commands = [line.removeprefix("$ ") for block in blocks("console") for line in block.splitlines()]
    assert len(commands) == 13
    for command in commands:
        program, *arguments = shlex.split(command)
        assert program == "gridscan"
        result = CliRunner().invoke(main, arguments)
        assert result.exit_code == 0, f"{command}\n{result.output}"


@pytest.mark.filterwarnings("ignore:the shares of:gridscan.errors.GridscanWarning")
@pytest.mark.filterwarnings("ignore:the highest likelihood lies at an end:gridscan.errors.GridscanWarning")
def test_the_sensitivities_of_the_table_work(clone):
    rows = re.findall(r"^\| [^|]+ \| (`[^|]+`) \| (`[^|]+`) \|$", README, re.MULTILINE)
    assert len(rows) == 12
    ds = gs.open("results/imf_scan.nc").sel(time=20, metallicity=0.014)
    for python, commands in rows:
        for code in re.findall(r"`([^`]+)`", python):
            assert eval(code if not code.startswith(".") else f"ds.gridscan{code}", {"gs": gs, "ds": ds}) is not None
        for command in re.findall(r"`([^`]+)`", commands):
            command = command.replace("FILE", "results/imf_scan.nc").replace("…", "carbon_burning_rsg_within")
            words = shlex.split(command.removeprefix("gridscan "))
            whole = words if command.startswith("gridscan ") else ["sensitivity", *words]
            result = CliRunner().invoke(main, [*whole, "--at", "time=20 Myr"])
            assert result.exit_code == 0, f"{command}\n{result.output}"


def test_the_lines_that_replace_scripts_work(clone):
    rows = re.findall(r"^\| [^|`]+ \| `(gridscan [^|]+)` \|$", README, re.MULTILINE)
    assert len(rows) == 16
    for name in ("isochrone", "track"):
        assert CliRunner().invoke(main, ["gallery", "--only", name]).exit_code == 0
    gs.run("scenarios/imf_constraint.toml")
    for row in rows:
        short = (
            row.replace("FILE", "results/imf_scan.nc")
            .replace("2000000", "2000")
            .replace("movie", "movie --frames 3", 1)
        )
        if row == "gridscan gallery":
            short += " --only timeline"
        result = CliRunner().invoke(main, shlex.split(short)[1:])
        assert result.exit_code == 0, f"{row}\n{result.output}"
    for file in (
        "required_mass.csv",
        "required_mass.png",
        "detectability.csv",
        "my_phases.csv",
        "galaxy.gif",
        "stars.nc",
    ):
        assert (clone / "results" / file).stat().st_size > 500
    # All that they write is in results/.
    assert {path.name for path in clone.iterdir()} == {"results", "scenarios"}
    overrides = {"stellar_table": "results/my_phases.csv", "metallicity": 0.014, "time": "20 Myr"}
    assert gs.evaluate("imf_scan", overrides=overrides).sizes["sfr"] == 10


def test_the_indented_sampling_is_valid(clone):
    (sampling,) = re.findall(r"^    \[sampling\]\n(?:    .*\n)+", README, re.MULTILINE)
    text = Path("scenarios/imf_scan.toml").read_text(encoding="utf-8") + sampling.replace("    ", "")
    assert gs.Scenario.parse(text).schema.sampling.realisations == 1000


def test_the_files_it_links_to_are_there():
    links = re.findall(r"\]\(([^)h][^)]*)\)", README)
    assert links
    for link in links:
        file, _, heading = link.partition("#")
        text = (ROOT / file).read_text(encoding="utf-8") if heading else ""
        headings = [line.strip("# ").lower().replace(" ", "-") for line in text.splitlines() if line.startswith("#")]
        assert (ROOT / file).is_file()
        assert not heading or heading in headings


def test_the_promised_message_is_the_one_that_is_given():
    text, _ = blocks("toml")
    wrong = text.replace("sfr      =", "metalicity =", 1)
    with pytest.raises(gs.GridscanError) as caught:
        gs.Scenario.parse(wrong, name="steep.toml")
    promised = re.search(r"^    (steep\.toml:.*)$", README, re.MULTILINE)[1]
    assert str(caught.value).splitlines()[0] == promised
