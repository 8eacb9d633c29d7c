"""Random damages of a result, and everything that is asked of it afterwards, each time in a process of its own."""

from __future__ import annotations

import contextlib
import json
import os
import random
import shutil
import signal
import time
import traceback
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import xarray as xr
from click.testing import CliRunner

import gridscan as gs
from gridscan.cli import main
from gridscan.errors import GridscanError, GridscanWarning
from gridscan.storage.csv import export_csv
from gridscan.storage.record import CHECKSUMS, RECORD

FORMS = {"netcdf": ("netcdf", "none"), "zlib": ("netcdf", "zlib"), "zarr": ("zarr", "zlib")}
#: Answers that may be given of a damaged result; all others are failures.
RIGHT, REFUSED = "right", "refused"
_LONGEST = 120.0

lamps = gs.Model("lamps", "Lamps seen from afar")
lamps.label(
    "lamp", "candle", "Lamp", records={"candle": {"power": "1 W"}, "bulb": {"power": "60 W"}, "mast": {"power": "9 kW"}}
)
lamps.parameter("power", lamps.labels["lamp"], "Power", unit="W")
lamps.parameter("distance", "1 km", "Distance")
lamps.parameter("exposure", "1 s", "Exposure")


@lamps.quantity("W m-2", long_name="flux")
def flux(power: Any, distance: Any) -> Any:
    """P/(4 pi r^2). Source: definition."""
    return power / (4 * np.pi * distance**2)


@lamps.kernel("1/s", long_name="rate", power="W", distance="km", exposure="s")
def rate(power: Any, distance: Any, exposure: Any) -> Any:
    """A rate of events. Source: made up."""
    return 1e-3 * power / (1 + distance**2) * (1 + 0 * exposure)


def scenario(path: Path, form: str) -> gs.Scenario:
    """Return a small scenario whose result is written to a path."""
    kind, compression = FORMS[form]
    text = f"""
    model = "lamps"
    title = "Lamps"
    axes.lamp = ["candle", "bulb", "mast"]
    axes.distance = {{ linspace = [1, 9, 9], unit = "km" }}
    axes.exposure = {{ values = [1, 2, 4, 8], unit = "s" }}
    output.quantities = ["flux", "rate"]
    output.format = "{kind}"
    output.compression = "{compression}"
    """
    return gs.Scenario.parse(text, name=str(path), model=lamps)


LIMITS = gs.Limits(smallest_block=12, largest_block=12, largest_costly_block=8, fewest_blocks=1)


def made(folder: Path, form: str) -> Path:
    """Write the result, in some blocks."""
    path = folder / ("lamps.zarr" if form == "zarr" else "lamps.nc")
    return gs.run(scenario(path, form), output=path, limits=LIMITS)


def _regions(path: Path) -> list[tuple[int, int]]:
    """Return where in a netCDF file its head, checksums, record and first variable lie; and all of it."""
    size = path.stat().st_size
    found = [(0, min(2048, size)), (0, size)]
    with h5py.File(path, "r") as file:
        for name in (CHECKSUMS, RECORD, "flux", "rate", "distance", "lamp"):
            place = file[name].id.get_offset()
            if place is not None:
                found.append((place, place + file[name].id.get_storage_size()))
    return found


def damage(path: Path, draw: random.Random) -> str:
    """Damage a result, and say how."""
    if not path.is_dir():
        return _damage_file(path, draw, draw.choice(_regions(path)))
    files = sorted(part for part in path.rglob("*") if part.is_file())
    chosen = draw.choice(files)
    what = draw.random()
    if what < 0.1:
        chosen.unlink()
        return f"{chosen.name} removed"
    if what < 0.2:
        other = draw.choice([part for part in files if part.parent == chosen.parent])
        first, second = chosen.read_bytes(), other.read_bytes()
        chosen.write_bytes(second)
        other.write_bytes(first)
        return f"{chosen.name} and {other.name} exchanged"
    return f"{chosen.relative_to(path)}: {_damage_file(chosen, draw, (0, chosen.stat().st_size))}"


def _damage_file(path: Path, draw: random.Random, region: tuple[int, int]) -> str:
    content = bytearray(path.read_bytes())
    place = draw.randrange(region[0], max(region[1], region[0] + 1))
    kind = draw.choice(
        ["bit", "bit", "bit", "byte", "run", "zeros", "ones", "page", "moved", "cut", "longer", "gap", "more"]
    )
    length = draw.choice([2, 8, 16, 64, 600])
    if kind == "bit":
        content[place] ^= 1 << draw.randrange(8)
    elif kind == "byte":
        content[place] = draw.randrange(256)
    elif kind in ("run", "zeros", "ones"):
        of = {"run": draw.randbytes(length), "zeros": bytes(length), "ones": b"\xff" * length}[kind]
        content[place : place + length] = of[: len(content) - place]
    elif kind == "page":
        page = draw.choice([512, 4096])
        start = place // page * page
        content[start : start + page] = bytes(len(content[start : start + page]))
    elif kind == "moved":
        other = draw.randrange(len(content))
        piece = content[other : other + length]
        content[place : place + len(piece)] = piece
        del content[path.stat().st_size :]
    elif kind == "cut":
        del content[place:]
    elif kind == "longer":
        content += draw.randbytes(length)
    elif kind == "gap":
        del content[place : place + length]
    else:
        content[place:place] = draw.randbytes(length)
    path.write_bytes(content)
    return f"{kind} at {place:,} of {len(content):,}"


def _loaded(path: Path) -> xr.Dataset:
    with gs.open(path) as found:
        return found.load()


def _lazily(path: Path) -> xr.Dataset:
    with gs.open(path, gs.Limits(lazy_bytes=0)) as found:
        return found.compute(scheduler="synchronous")


def _with_xarray(path: Path) -> xr.Dataset:
    with xr.open_dataset(path, engine="gridscan") as found:
        return found.load()


def _asked(question: Callable[[Any], Any]) -> Callable[[Path], Any]:
    def ask(path: Path) -> Any:
        with gs.open(path) as found:
            return question(found).load()

    return ask


def _export(path: Path) -> str:
    table = path.with_name("table.csv")
    with gs.open(path) as found:
        return export_csv(found, table, force=True).read_text()


def _called(*arguments: str) -> Callable[[Path], str]:
    def call(path: Path) -> str:
        outcome = CliRunner().invoke(main, [*arguments, str(path)])
        if outcome.exit_code == 2:
            raise GridscanError(outcome.output)
        if outcome.exit_code:
            raise RuntimeError(outcome.output) from outcome.exception
        return outcome.output

    return call


#: What is asked of a result, by name.
QUESTIONS: dict[str, Callable[[Path], Any]] = {
    "open": _loaded,
    "open lazily": _lazily,
    "engine": _with_xarray,
    "a slice": _asked(lambda ds: ds.flux.isel(lamp=1, distance=slice(2, 5))),
    "elasticity": _asked(lambda ds: ds.gridscan.elasticity("flux", along="distance")),
    "derivative": _asked(lambda ds: ds.gridscan.derivative("flux", along="distance")),
    "contrast": _asked(lambda ds: ds.gridscan.contrast("flux", along="lamp", reference="bulb")),
    "crossing": _asked(lambda ds: ds.gridscan.crossing("flux", along="distance", value="1e-7 W/m^2")),
    "shares": _asked(lambda ds: ds.gridscan.variance_shares("flux")),
    "rank": _asked(lambda ds: ds.gridscan.rank("rate")),
    "discriminate": _asked(lambda ds: ds.gridscan.discriminate("rate", along="lamp", exposure="1 yr")),
    "export": _export,
    "info": _called("info"),
    "verify": _called("verify"),
}


def _same(found: Any, expected: Any) -> bool:
    if isinstance(expected, xr.Dataset | xr.DataArray):
        return bool(found.identical(expected))
    return bool(found == expected)


@dataclass
class Truth:
    """A whole result, and the answers about it."""

    path: Path
    form: str
    answers: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, folder: Path, form: str) -> Truth:
        """Write a result and ask everything about it."""
        found = cls(made(folder, form), form)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found.answers = {name: ask(found.path) for name, ask in QUESTIONS.items()}
        return found

    def judge(self, seed: int) -> tuple[str, dict[str, str]]:
        """Damage the result, at the place where it is, ask everything about it in another process, and restore it."""
        kept = self.path.with_name("kept")
        (shutil.copytree if self.path.is_dir() else shutil.copy)(self.path, kept)
        said = self.path.with_name("said.json")
        try:
            how = damage(self.path, random.Random(seed))
            status = _in_a_process(lambda: said.write_text(json.dumps(self._outcomes())))
            outcomes = json.loads(said.read_text()) if status == 0 else {"process": f"ended with {status}"}
        finally:
            for path in self.path.parent.iterdir():
                if path != kept:
                    shutil.rmtree(path) if path.is_dir() else path.unlink()
            kept.rename(self.path)
        return how, outcomes

    def _outcomes(self) -> dict[str, str]:
        warnings.simplefilter("ignore")
        # A text that HDF5 keeps without a checksum is told from an edited one by nobody: that it differs is said.
        warnings.filterwarnings("error", ".*not as gridscan wrote", GridscanWarning)
        found = {name: self._outcome(name, lambda ask=ask: ask(self.path)) for name, ask in QUESTIONS.items()}
        # Info says in words that a result is damaged or changed; verify that it is whole, which must then be so.
        found["run"] = self._outcome("open", self._run)
        return found

    def _run(self) -> xr.Dataset:
        gs.run(scenario(self.path, self.form), output=self.path, limits=LIMITS)
        return _loaded(self.path)

    def _outcome(self, name: str, ask: Callable[[], Any]) -> str:
        try:
            found = ask()
        except (GridscanError, GridscanWarning):
            return REFUSED
        except Exception:
            return traceback.format_exc()
        if _same(found, self.answers[name]):
            return RIGHT
        if name == "info" and any(
            word in found for word in ("damaged", "was changed", "derived from", "was not finished")
        ):
            return REFUSED
        return f"wrong: {str(found)[:2000]}"


def _in_a_process(work: Callable[[], Any]) -> int:
    child = os.fork()
    if not child:
        status = 99
        with contextlib.suppress(BaseException):
            work()
            status = 0
        os._exit(status)
    end = time.monotonic() + _LONGEST
    while time.monotonic() < end:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.002)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return 124
