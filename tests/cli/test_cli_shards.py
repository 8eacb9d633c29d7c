"""`gridscan run --shard`, `merge`, `status` and `submit`, on a batch system that only writes down its arguments."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

import gridscan as gs
from gridscan.cli import main

SCENARIO = """
model = "red_supergiants"
axes.time = { values = [5, 10, 15], unit = "Myr" }
axes.radius = { geomspace = [0.5, 4, 80], unit = "kpc" }
axes.imf = ["kroupa", "salpeter"]
output = { quantities = ["flux"], path = "scan.nc" }
"""
SUBMIT = ("submit", "scan.toml", "--slurm", "--jobs", "3", "--time", "02:00:00")


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A folder that needs quoting, with a scenario, in which commands run."""
    folder = tmp_path / """it's a "grid" of 100% $HOME"""
    folder.mkdir()
    (folder / "scan.toml").write_text(SCENARIO, encoding="utf-8")
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def scheduler(tmp_path, monkeypatch):
    """Programs named sbatch and qsub, which write down their arguments and call each job by a number."""
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("sbatch", "qsub"):
        program = programs / name
        program.write_text(f"""#!/bin/sh
printf '%s\\n' "$@" >> '{tmp_path}/told'
echo "$(wc -l < '{tmp_path}/told');cluster"
""")
        program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
    return tmp_path / "told"


def said(*words, status=0):
    outcome = CliRunner().invoke(main, list(words))
    assert outcome.exit_code == status, outcome.output
    return outcome.output.strip()


def script(folder, name="array.sh"):
    return (folder / "scan.nc.jobs" / name).read_text(encoding="utf-8")


def test_shards_are_computed_told_of_and_merged(place):
    assert said("status", "scan.toml").startswith("scan.nc: not begun, 0 of ")
    assert said("run", "scan.toml", "--shard", "1/2").startswith("wrote scan.nc.shard-001-of-002 (1 quantity, ")
    lines = said("status", "scan.toml").splitlines()
    assert re.fullmatch(r"scan\.nc: in shards, [\d,]+ of [\d,]+ cells done \(\d+%\)", lines[0])
    assert lines[1:2] == ["2 shards: 1 done, 1 not begun"]
    assert re.fullmatch(r"  2/2: not begun, 0 of [\d,]+ cells", lines[2])
    error = said("merge", "scan.toml", status=2)
    assert error == (
        "error: scan.nc: 1 of 2 shards are missing: 2/2 (not begun); run again with --shard 2/2, or gridscan submit"
    )
    said("run", "scan.toml", "--shard", "2/2")
    assert said("status", "scan.toml").splitlines()[1:] == ["2 shards: 2 done", "  merge them with: gridscan merge"]
    found = json.loads(said("status", "scan.toml", "--json"))
    assert [(item["shard"], item["state"]) for item in found["shards"]] == [("1/2", "done"), ("2/2", "done")]
    assert found["done"] <= found["cells"]
    assert said("merge", "scan.toml").startswith("wrote scan.nc (1 quantity, ")
    assert sorted(path.name for path in place.iterdir()) == ["scan.nc", "scan.toml"]
    assert said("status", "scan.toml").startswith("scan.nc: done, ")
    assert said("run", "scan.toml").startswith("scan.nc is up to date")


def test_other_results_lend_their_cells_to_runs_and_plans(place):
    said("run", "scan.toml", "--output", "old.nc")
    assert "reused" in said("run", "scan.toml", "--output", "new.nc", "--reuse", "old.nc")
    planned = json.loads(said("plan", "scan.toml", "--reuse", "old.nc", "--json"))
    assert "gone.nc: cannot be read" in said("plan", "scan.toml", "--reuse", "gone.nc", status=2)
    assert "gone.nc: cannot be read" in said("run", "scan.toml", "--reuse", "gone.nc", status=2)
    assert planned != json.loads(said("plan", "scan.toml", "--json"))


def test_a_submission_is_two_jobs_of_which_the_second_waits_for_the_first(place, scheduler):
    options = ["--partition", "normal", "--account", "me", "--cpus", "4", "--option", '--comment=a "b" c']
    line = said(*SUBMIT, *options, "--set", "sfr=3 Msun/yr", "--quantities", "flux")
    folder = place / "scan.nc.jobs"
    assert line == f"submitted 3 shards as 2, and as 5 their merge; logs: {folder}"
    told = scheduler.read_text(encoding="utf-8").splitlines()
    assert told == ["--parsable", f"{folder}/array.sh", "--parsable", "--dependency=afterany:2", f"{folder}/merge.sh"]
    directives = [text for text in script(place).splitlines() if text.startswith("#SBATCH")]
    assert directives == [
        "#SBATCH --array=1-3",
        "#SBATCH --job-name=g_scan",
        "#SBATCH --time=02:00:00",
        "#SBATCH --output=/dev/null",
        "#SBATCH --partition=normal",
        "#SBATCH --account=me",
        "#SBATCH --cpus-per-task=4",
        "#SBATCH --comment='a \"b\" c'",
    ]
    last = script(place, "merge.sh").splitlines()[-1]
    assert shlex.split(last)[1:] == [
        *[sys.executable, "-P", "-m", "gridscan", "merge", "scan.toml"],
        *["--quantities", "flux", "--set", "sfr=3 Msun/yr"],
    ]
    # Of two submissions with other options, the scripts are those of the second.
    said(*SUBMIT)
    assert "sfr" not in script(place)
    # What somebody has changed is left alone.
    (folder / "array.sh").write_text(script(place).replace("02:00", "03:00"), encoding="utf-8")
    assert "was changed since gridscan wrote it" in said(*SUBMIT, status=2)


def test_the_script_of_a_job_ends_with_the_status_of_gridscan(place, scheduler, tmp_path, monkeypatch):
    python = tmp_path / "it's python"
    python.write_text("#!/bin/sh\npwd\nprintf '%s\\n' \"$@\"\nexit 3\n", encoding="utf-8")
    python.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(python))
    said(*SUBMIT, "--set", "sfr=3 Msun/yr")
    folder = place / "scan.nc.jobs"
    for name, log, words in (
        ("array.sh", "shard-2.log", ["run", "scan.toml", "--set", "sfr=3 Msun/yr", "--shard", "2/3"]),
        ("merge.sh", "merge.log", ["merge", "scan.toml", "--set", "sfr=3 Msun/yr"]),
    ):
        job = {**os.environ, "SLURM_ARRAY_TASK_ID": "2"}
        done = subprocess.run(["bash", folder / name], cwd="/", env=job, capture_output=True, check=False)
        assert (done.returncode, done.stdout, done.stderr) == (3, b"", b"")
        assert (folder / log).read_text().splitlines() == [str(place), "-P", "-m", "gridscan", *words]
    place.rename(tmp_path / "moved")
    done = subprocess.run(["bash", tmp_path / "moved" / "scan.nc.jobs" / "merge.sh"], capture_output=True, check=False)
    assert done.returncode == 1


def test_a_second_submission_takes_what_is_not_done(place, scheduler):
    said(*SUBMIT)
    said("run", "scan.toml", "--shard", "2/3")
    assert said(*SUBMIT).startswith("submitted 2 shards as ")
    assert "#SBATCH --array=1,3\n" in script(place)
    assert "shards of a split into 3; go on with --jobs 3" in said(*SUBMIT, "--jobs", "4", status=2)
    for number in (1, 3):
        said("run", "scan.toml", "--shard", f"{number}/3")
    assert said(*SUBMIT).startswith("submitted as ")


def test_pbs_has_the_same_scripts(place, scheduler):
    pbs = [word.replace("--slurm", "--pbs") for word in SUBMIT]
    assert said(*pbs, "--partition", "normal", "--option", "-l mem=8gb").startswith("submitted 3 shards as 1, ")
    assert scheduler.read_text().splitlines()[1:3] == ["-W", "depend=afterany:1"]
    assert "#PBS -J 1-3\n" in script(place)
    assert "#PBS -l walltime=02:00:00\n" in script(place)
    assert "#PBS -l mem=8gb\n" in script(place)
    assert 'number="$PBS_ARRAY_INDEX"\n' in script(place)
    for number in (1, 2):
        said("run", "scan.toml", "--shard", f"{number}/3")
    # An array of one job is none for PBS.
    said(*pbs)
    assert "#PBS -J" not in script(place)
    assert "number=3\n" in script(place)


def test_dry_runs_print_everything_and_write_nothing(place, scheduler):
    printed = said(*SUBMIT, "--dry-run")
    assert printed.count("#!/bin/bash") == 2
    assert f"sbatch --parsable {shlex.quote(str(place / 'scan.nc.jobs' / 'array.sh'))}" in printed
    assert [path.name for path in place.iterdir()] == ["scan.toml"]
    assert not scheduler.exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--jobs", "4000"], r"--jobs 4000: the work of this grid is in \d+ blocks, and a job needs at least one"),
        (["--time", "long"], "--time 'long' is not a walltime such as 02:00:00"),
        (["--time", "1:00\n#SBATCH"], "is not a walltime"),
        (["--partition", "a\nb"], r"'a\\nb' has a line break or another control character, which a job script cannot"),
        (["--option", "--comment=a\rb"], r"'--comment=a\\u000db' has a line break"),
        (["--set", "sfr=3 Msun/yr\n"], r"'sfr=3 Msun/yr\\n' has a line break"),
        (["--output", "a\x1bb.nc"], r"has a line break or another control character"),
    ],
)
def test_what_cannot_stand_in_a_script_is_refused(place, scheduler, words, message):
    error = said(*SUBMIT, *words, status=2)
    assert re.search(message, error), error
    assert error.count("\n") == 0
    assert not scheduler.exists()


def test_a_machine_without_a_scheduler_and_one_that_refuses_are_told(place, scheduler, monkeypatch):
    assert said("submit", "scan.toml", "--jobs", "3", "--time", "1", status=2) == (
        "error: which system is it? Give --slurm or --pbs"
    )
    program = Path(scheduler.parent, "bin", "sbatch")
    program.write_text("#!/bin/sh\necho 'sbatch: error: invalid partition specified: nowhere' >&2\nexit 1\n")
    error = said(*SUBMIT, "--partition", "nowhere", status=2)
    assert error.startswith("error: sbatch refuses ")
    assert error.endswith("array.sh: sbatch: error: invalid partition specified: nowhere")
    monkeypatch.setenv("PATH", "/nowhere")
    assert "there is no sbatch on this machine; submit on a login node" in said(*SUBMIT, status=2)


def test_what_is_submitted_must_be_there_later(place):
    command = ["submit", "-", "--slurm", "--jobs", "2", "--time", "1"]
    assert "standard input is gone when the jobs begin" in said(*command, status=2)


def test_a_shard_without_a_block_is_done_at_once(place):
    assert gs.run("scan.toml", shard=(999, 1000)).computed == 0
