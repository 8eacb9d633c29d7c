"""Sessions for contributors: `nox` runs the tests, the checks and the docs, `nox -l` lists what there is.

Each session installs what it needs into an environment of its own under `.nox`; `nox -r` uses that again.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import nox

OLDEST = "3.11"
nox.options.sessions = ["tests", "lint", "docs"]
nox.options.error_on_missing_interpreters = True


def newest() -> str:
    """Return the newest Python on this machine, with its folder put first on the path where pyenv hides it."""
    for version in (f"3.{minor}" for minor in range(20, 11, -1)):
        hidden = sorted(Path.home().glob(f".pyenv/versions/{version}.*/bin/python{version}"))
        for candidate in [shutil.which(f"python{version}"), *map(str, hidden)]:
            # A shim of pyenv is there for each version, but runs only those that are switched on.
            if candidate and subprocess.run([candidate, "--version"], capture_output=True, check=False).returncode == 0:
                os.environ["PATH"] = f"{Path(candidate).parent}{os.pathsep}{os.environ['PATH']}"
                return version
    return OLDEST


@nox.session(python=sorted({OLDEST, newest()}))
def tests(session: nox.Session) -> None:
    """Run the tests, on the oldest Python that is supported and on the newest here; arguments go to pytest."""
    session.install(".[test]")
    session.run("python", "-m", "pytest", *(session.posargs or ["-n", "2"]))


@nox.session
def lint(session: nox.Session) -> None:
    """Run the checks of `.pre-commit-config.yaml`; arguments go to pre-commit."""
    session.install(".[lint]")
    session.run("pre-commit", "run", "--all-files", *session.posargs)


@nox.session
def docs(session: nox.Session) -> None:
    """Follow the links of the pages, and run the code in them."""
    session.install(".[test]")
    session.run("python", "-m", "pytest", "tests/test_docs.py", "tests/test_readme.py", *session.posargs)


@nox.session
def citation(session: nox.Session) -> None:
    """Check CITATION.cff; the checker needs an older jsonschema than the tests do."""
    session.install("cffconvert==2.0.0")
    session.run("cffconvert", "--validate")


@nox.session
def benchmarks(session: nox.Session) -> None:
    """Run the benchmarks once, with asv; arguments go to `asv run`."""
    session.install(".[bench]")
    session.chdir("tests/benchmarks")
    session.run("asv", "machine", "--yes")
    session.run("asv", "run", *(session.posargs or ["--quick", "--python=same", "--dry-run"]))


@nox.session
def slurm(session: nox.Session) -> None:
    """Run shards and dask on a SLURM that a script sets up; needs Debian packages, which it names."""
    session.install(".", "dask-jobqueue==0.9.0")
    session.run("python", "tests/slurm/shards_on_slurm.py", *session.posargs)
