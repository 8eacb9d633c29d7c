import io
import subprocess
import sys

import pytest
from click.testing import CliRunner
from make_tracks import member_name, members_of_table, simple_members, table_rows, track_text, write_zip

import gridscan.cli.tracks
from gridscan.cli import main
from gridscan.inputs.shipped_files import data_path

SHIPPED = data_path("stellar_phases.csv").read_text(encoding="utf-8")


def call(*arguments):
    return CliRunner().invoke(main, ["tracks", *(str(argument) for argument in arguments)])


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "120")
    write_zip(tmp_path / "shipped.zip", members_of_table(SHIPPED))
    write_zip(tmp_path / "tracks.zip", simple_members((12, 14, 16), ("0.014", "0.017")))
    return tmp_path


def keys(path):
    return [(float(row["metallicity"]), float(row["mass"])) for row in table_rows(path.read_text(encoding="utf-8"))]


def test_both_commands_have_help():
    assert {"list", "extract"} <= set(call("--help").output.split())
    for name in ("list", "extract"):
        assert "Usage" in call(name, "--help").output
    assert "in Msun if without a unit" in " ".join(call("extract", "--help").output.split())


def test_the_module_is_light():
    code = "import sys, gridscan.cli.tracks; print([m for m in ('numpy', 'pint', 'rich') if m in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_tracks_are_listed_one_a_line(folder):
    result = call("list", "tracks.zip")
    assert result.exit_code == 0
    lines = result.output.splitlines()
    assert lines[0].split() == ["metallicity", "helium", "rotation", "mass", "[Msun]", "size"]
    cells = [line.split()[:4] for line in lines[1:]]
    assert cells == [[z, "0.273", "0", m] for z in ("0.014", "0.017") for m in ("12", "14", "16")]
    assert all(line.endswith(" B") for line in lines[1:])


def test_the_shipped_table_comes_back(folder):
    result = call("extract", "shipped.zip", "--out", "my.csv")
    assert (result.exit_code, result.output) == (0, "wrote my.csv\n")
    assert table_rows((folder / "my.csv").read_text(encoding="utf-8")) == table_rows(SHIPPED)


@pytest.mark.parametrize("masses", ["12,16", "12 Msun, 16", "16,12 , 16", "2.3860918448376612e31 kg,16"])
def test_masses_are_solar_unless_a_unit_says_otherwise(folder, masses):
    result = call("extract", "tracks.zip", "--out", "my.csv", "--masses", masses)
    assert result.exit_code == 0, result.output
    assert keys(folder / "my.csv") == [(z, m) for z in (0.014, 0.017) for m in (12.0, 16.0)]


def test_metallicity_rotation_and_helium_choose(folder):
    path = write_zip(
        folder / "both.zip",
        {
            **simple_members((12, 14), ("0.014", "0.017")),
            **simple_members((12, 14), ("0.014", "0.017"), rotation="0.30"),
            **simple_members((12, 14), ("0.017",), helium="0.3"),
        },
    )
    refused = call("extract", path, "--out", "my.csv")
    assert refused.exit_code == 2
    assert "--rotation" in refused.output
    assert call("extract", path, "--out", "my.csv", "--metallicity", "1.4 %", "--rotation", "0.3").exit_code == 0
    assert keys(folder / "my.csv") == [(0.014, 12), (0.014, 14)]
    options = ["--metallicity", "0.014,0.017", "--rotation", "0", "--helium", "0.273"]
    assert call("extract", path, "--out", "my.csv", *options).exit_code == 0
    assert keys(folder / "my.csv") == [(z, m) for z in (0.014, 0.017) for m in (12, 14)]


def test_thresholds_are_given_with_units_or_without(folder):
    def first(*options):
        result = call("extract", "tracks.zip", "--out", "my.csv", *options)
        assert result.exit_code == 0, result.output
        return table_rows((folder / "my.csv").read_text(encoding="utf-8"))[0]

    assert first()["rsg_duration"] == "2.000000"
    for temperature in ("3162.2776601683795", "3.1622776601683795 kK"):
        assert first("--maximum-temperature", temperature)["rsg_duration"] == "1.000000"
    assert first("--minimum-log-luminosity", "4.75")["rsg_duration"] == "0.500000"
    assert first("--minimum-carbon-luminosity", "0.5")["carbon_start"] == "10.000000"


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["list", "none.zip"], "none.zip: cannot be read"),
        (["list", "text.zip"], "text.zip: is not a ZIP"),
        (["extract", "tracks.zip"], "--out"),
        (["extract", "tracks.zip", "--out", "x.csv", "--masses", "12 yr,14"], "'yr'"),
        (["extract", "tracks.zip", "--out", "x.csv", "--masses", "12,,14"], "'' is not a number, in '12,,14'"),
        (["extract", "tracks.zip", "--out", "x.csv", "--masses", "13"], "has no track of mass 13 Msun"),
        (["extract", "tracks.zip", "--out", "x.csv", "--masses", "nan"], "has no track of mass nan Msun"),
        (["extract", "tracks.zip", "--out", "x.csv", "--maximum-temperature", "4000 K,1 K"], "expected one"),
        (["extract", "tracks.zip", "--out", "x.csv", "--maximum-temperature", "-1 K"], "maximum temperature is -1 K"),
        (["extract", "tracks.zip", "--out", "x.csv", "--minimum-log-luminosity", "much"], "not a valid float"),
        (["extract", "tracks.zip", "--out", "x.csv", "--minimum-carbon-luminosity", "0"], "carbon luminosity is 0"),
        (["extract", "tracks.zip", "--out", "tracks.zip"], "with the ending '.zip'; write .csv"),
        (["extract", "bad.zip", "--out", "x.csv"], "bad.zip: Z0.014Y0.273_ROT0.00_M12.TAB:3: AGE is 'old'"),
    ],
)
def test_faults_of_the_user_end_with_status_2_and_one_message(folder, arguments, expected):
    (folder / "text.zip").write_text("hello", encoding="utf-8")
    write_zip(
        folder / "bad.zip", {name: text.replace("8000000.0", "old") for name, text in simple_members((12,)).items()}
    )
    result = call(*arguments)
    assert result.exit_code == 2
    assert expected in result.output
    assert "Traceback" not in result.output
    assert not (folder / "x.csv").exists()


def test_warnings_of_a_track_are_shown_and_the_table_is_written(folder):
    early = track_text([0.0, 8e6, 9e6, 1e7], [4.5, 3.5, 4.5, 4.5], [4.6] * 4, [0.0, 0.0, 1.0, 1.0])
    path = write_zip(folder / "early.zip", {member_name("0.014", mass): early for mass in (12, 14)})
    result = call("extract", path, "--out", "my.csv")
    assert result.exit_code == 0
    assert result.output.count("where the model places all of it") == 2
    assert len(keys(folder / "my.csv")) == 2


def test_a_bar_moves_on_a_terminal_and_nowhere_else(folder, monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    for stream, shown in ((Terminal(), True), (io.StringIO(), False)):
        monkeypatch.setattr(sys, "stderr", stream)
        with gridscan.cli.tracks._progress_bar() as progress:
            assert (progress is not None) == shown
            if progress is not None:
                progress(500, 2000)
                progress(2000, 2000)
        assert ("reading tracks" in stream.getvalue()) == shown
        assert ("2.0/2.0 kB" in stream.getvalue()) == shown
    assert call("extract", "tracks.zip", "--out", "my.csv").stderr == ""
