"""Make docs/first-hour.md, the first hour of somebody new, by running each of its commands.

What differs from machine to machine, such as times, is left out; long answers are cut, with the number of their lines.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from click.testing import CliRunner

from gridscan.cli import main

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "first-hour.md"
_WIDTH = "110"

SCENARIO = """\
model = "red_supergiants"
title = "Is a far detector worth its mass?"

[axes]
detector = ["juno", "mine"]
radius   = { geomspace = ["0.2 kpc", "5 kpc", 12] }
imf      = ["kroupa", "top-heavy"]

[catalogue.detector.mine]
fiducial_mass      = "50 kt"
electrons_per_mass = "0.555 mol/g"

[output]
quantities = ["flux", "events_per_year"]
path       = "results/mine.nc"
"""

MODEL = '''\
import numpy as np
import gridscan as gs

model = gs.Model("pendulum", "A swing on any planet")
records = {
    "earth": {"gravity": "9.81 m/s^2", "source": "standard"},
    "moon": {"gravity": "1.62 m/s^2", "source": "Apollo"},
}
planet = model.label("planet", "earth", "Where it swings", records=records)
model.parameter("gravity", planet, "Gravity at the surface", unit="m/s^2", minimum=0)
model.parameter("length", "1 m", "Length of the string", minimum=0)
model.parameter("amplitude", "10 deg", "Largest angle", minimum=0, maximum=170)


@model.quantity("s", long_name="period of a swing")
def period(length, gravity, amplitude):
    """T = 2 pi sqrt(l/g) (1 + theta^2/16). Source: expansion of the elliptic integral."""
    return 2 * np.pi * np.sqrt(length / gravity) * (1 + amplitude**2 / 16)
'''

SWINGS = """\
model = "pendulum"

[axes]
planet = ["earth", "moon"]
length = { linspace = ["0.5 m", "2 m", 7] }

[output]
quantities = ["period"]
path       = "results/swings.nc"
"""

REPLACED = '''\
import gridscan as gs


def quadratic(energy, cross_section_slope, electron_mass, speed_of_light, scale=0.5):
    """Suppressed at low energies. Source: a guess."""
    return scale * cross_section_slope * energy**2 / (electron_mass * speed_of_light**2)


model = gs.model("red_supergiants").replace(scattering_cross_section=quadratic)
'''

SCRIPT = """\
import argparse

import gridscan as gs

parser = argparse.ArgumentParser(description="Flux for several star formation rates")
parser.add_argument("--rates", type=float, nargs="+", default=[1, 2])
for rate in parser.parse_args().rates:
    made = gs.run("mine.toml", overrides={"sfr": f"{rate} Msun/yr"}, output=f"results/rate_{rate:g}.nc")
    with gs.open(made) as result:
        print(repr(made), result.flux.sel(imf="kroupa").isel(radius=-1).gridscan, sep="\\n  ")
"""

# What is told (one text), written (a file and its content; None for one that is told of only), and typed (a command,
# how many lines of its answer are shown, and whether it is refused).
STEPS: list[tuple[object, ...]] = [
    (
        """# A newcomer's hour

From a clone to a model of one's own. Every command below was run as it stands, one after the other, by
[a script](make_first_hour.py) that wrote this page; a test keeps it current. Times, memory and versions are left out,
and long answers are cut.

```console
$ git clone <this repository> gridscan && cd gridscan
$ python -m pip install .
```

## What is there

The models that ship, and scenarios to run by name:""",
    ),
    ("gridscan models", 12),
    ("One quantity of a model, with its formula, its source and what it depends on:",),
    ("gridscan describe red_supergiants flux", 12),
    ("## A first run\n\nA scenario is one TOML file. Check it, look at what would be computed, and run it:",),
    ("gridscan check scenarios/imf_scan.toml", 3),
    ("gridscan plan scenarios/imf_scan.toml", 8),
    ("gridscan run scenarios/imf_scan.toml", 3),
    ("gridscan info results/imf_scan.nc", 12),
    ("The same command again computes nothing:",),
    ("gridscan run scenarios/imf_scan.toml", 3),
    (
        """## Questions

Which axis matters most, and how the flux goes with the radius. Axes that are not asked about are held at base values,
which is said:""",
    ),
    ("gridscan sensitivity rank results/imf_scan.nc flux --at time='20 Myr' --at metallicity=0.014", 12),
    ("gridscan sensitivity elasticity results/imf_scan.nc flux --along radius --at time='20 Myr'", 10),
    ("gridscan sensitivity crossing results/imf_scan.nc carbon_burning_rsg_within --along radius --value 1", 8),
    ("A picture, and a table for other programs (`.csv`, `.parquet`, `.tex`, or `-` for the screen):",),
    ("gridscan plot results/imf_scan.nc events_per_year --along radius --at time='20 Myr' --out results/events.png", 2),
    ("gridscan export results/imf_scan.nc --quantities flux --at time='20 Myr' --out results/flux.csv", 2),
    (
        """## A scenario of one's own

`gridscan new red_supergiants` writes one with every parameter and its comment. Here is a short one, with a detector of
one's own:""",
    ),
    ("mine.toml", SCENARIO),
    ("gridscan run mine.toml", 3),
    ("gridscan sensitivity contrast results/mine.nc events_per_year --along detector --reference juno", 10),
    ("With another mass function, only what is new is computed:",),
    ("""gridscan run mine.toml --set imf='["kroupa", "top-heavy", "salpeter"]'""", 3),
    ("Several results, from a script of one's own:",),
    ("rates.py", SCRIPT),
    ("python rates.py --rates 1 3", 4),
    ("A slip of the pen is told with the nearest name, and so is a unit that does not fit:",),
    ("gridscan run mine.toml --set fiducial_mas='3 kt'", 3, True),
    ("gridscan run mine.toml --set radius='3 Myr'", 3, True),
    ("Where a number comes from:",),
    ("gridscan explain mine.toml events_per_year", 18),
    (
        """## A formula of one's own

Any quantity of a model can be replaced. Inputs that nothing needs any longer are left out, and that is said:""",
    ),
    ("quadratic.py", REPLACED),
    ("gridscan describe quadratic.py:model scattering_cross_section", 10),
    ("gridscan run mine.toml --model quadratic.py:model --output results/quadratic.nc", 4),
    ("## A model of one's own\n\nFunctions of named arguments with units, and nothing else:",),
    ("pendulum.py", MODEL),
    ("swings.toml", SWINGS),
    ("gridscan describe pendulum.py:model period", 10),
    ("gridscan run swings.toml --model pendulum.py:model", 3),
    ("gridscan sensitivity elasticity results/swings.nc period --along length", 8),
    ("gridscan export results/swings.nc --out -", 4),
    ("gridscan plot results/swings.nc period --along length --by planet --out results/swings.png", 2),
    ("With `length * gravity` in place of `length / gravity`, the mistake is found before anything is computed:",),
    ("wrong.py", MODEL.replace("length / gravity", "length * gravity"), None),
    ("gridscan check swings.toml --model wrong.py:model", 4, True),
    (
        """From here: the [README](../README.md), [units](units.md), the notebooks beside the scenarios, and `--help` of
each command.""",
    ),
]


def page() -> str:
    """Run all commands in an empty folder with the scenarios of the clone, and return the page."""
    with tempfile.TemporaryDirectory() as folder:
        left_out = shutil.ignore_patterns("*.ipynb", "gallery")
        shutil.copytree(ROOT / "scenarios", Path(folder, "scenarios"), ignore=left_out)
        Path(folder, "results").mkdir()
        before = os.getcwd()
        os.chdir(folder)
        try:
            parts = [part for step in STEPS for part in _done(folder, *step)]
        finally:
            os.chdir(before)
    return "\n\n".join(parts) + "\n"


def _done(folder: str, first: str, second: str | int | None = None, third: bool | None = False) -> list[str]:
    """Do a step, and return what the page says of it."""
    if second is None:
        return [first]
    if isinstance(second, int):
        return [_block("console", f"$ {first}\n{_answer(first, second, folder, refused=bool(third))}")]
    Path(first).write_text(second, encoding="utf-8")
    language = "toml" if first.endswith(".toml") else "py"
    return [] if third is None else [f"`{first}`:", _block(language, second)]


def _block(language: str, text: str) -> str:
    return f"```{language}\n{text.rstrip()}\n```"


def _answer(command: str, most: int, folder: str, *, refused: bool) -> str:
    """Return what a command prints, as far as it is the same everywhere."""
    program, *words = shlex.split(command)
    if program == "gridscan":
        result = CliRunner(env={"COLUMNS": _WIDTH}).invoke(main, words)
        status, text = result.exit_code, result.output
    else:
        done = subprocess.run([sys.executable, *words], capture_output=True, text=True, check=False)
        status, text = done.returncode, done.stdout + done.stderr
    if status != (2 if refused else 0):
        raise RuntimeError(f"{command}: exit status {status}\n{text}")
    text = text.replace(f"{os.path.realpath(folder)}/", "").replace(f"{folder}/", "").replace(f"{ROOT}/", "")
    text = re.sub(r"in [\d.]+ s\b", "in … s", text)
    text = re.sub(r"(?<=, )[\d.]+ [kM]?B(?=\))", "…", text)
    text = re.sub(r"^With\b.*?\n(?=Identity)", "", text, flags=re.MULTILINE | re.DOTALL)
    text = re.sub(r"^(Identity|Memory)\b.*\n", "", text, flags=re.MULTILINE)
    text = re.sub(r"(\.py):\d+", r"\1", text)
    lines = [line.rstrip() for line in text.splitlines()]
    return "\n".join([*lines[:most], *([f"… ({len(lines) - most} more lines)"] if len(lines) > most else [])])


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    print(f"wrote {PAGE}")
