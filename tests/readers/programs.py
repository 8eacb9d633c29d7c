"""What programs read of a result, as in `python_readers`."""

from __future__ import annotations

import contextlib
import json
import os
import re
import subprocess
from typing import Any

import numpy as np

Found = dict[str, Any]
Right = dict[str, Any]


def _shell(*command: str, text: str | None = None) -> str:
    """Return what a command prints; its last words if it fails."""
    done = subprocess.run(
        command, input=text, capture_output=True, text=True, timeout=120, check=False, env={**os.environ, "LC_ALL": "C"}
    )
    if done.returncode:
        lines = [line.strip() for line in (done.stderr or done.stdout).splitlines() if line.strip()]
        said = [line for line in lines if "rror" in line or "Abort" in line] or lines
        if done.returncode < 0:
            said = [f"ends by signal {-done.returncode}"]
        raise RuntimeError(said[0] if said else f"exit status {done.returncode}")
    return done.stdout


def _numbers(text: str) -> list[float]:
    number = r"[-+]?(?:\d+\.?\d*(?:e[-+]?\d+)?|inf(?:inity)?\b)"
    return [float(part) for part in re.findall(number, text, re.IGNORECASE)]


def ncdump(path: str, right: Right) -> Found:
    place = f"file://{os.path.abspath(path)}#mode=zarr,file" if path.endswith(".zarr") else path
    names = [right["quantity"], right["axis"], *([right["labels"]] if right["labels"] else [])]
    text = _shell("ncdump", "-p", "9,17", "-v", ",".join(names), place)
    data = text.partition("data:")[2].partition("\ngroup:")[0]
    parts = dict(re.findall(r"(?s)\n (\w+) =\s*(.*?) ;", data))
    values = _numbers(parts[right["quantity"]])
    found: Found = {
        "total": float(np.sum(values)),
        "values": _numbers(parts[right["axis"]]),
        "said": f"{len(_shell('ncdump', '-h', place)) / 1000:.1f} kB of header",
    }
    if right["labels"]:
        found["words"] = re.findall(r'"([^"]*)"', parts[right["labels"]])
    return found


def cdo(path: str, right: Right) -> Found:
    names = _shell("cdo", "-s", "showname", path).split()
    if right["quantity"] not in names:
        return {"variables": sorted(names)}
    values = _numbers(_shell("cdo", "-s", "outputf,%.17g", f"-selname,{right['quantity']}", path))
    found: Found = {"variables": sorted(names), "total": float(np.sum(values))}
    if right["axis"] == "latitude":
        grid = _shell("cdo", "-s", "griddes", f"-selname,{right['quantity']}", path)
        found["said"] = f"grid {re.findall(r'gridtype *= (.*)', grid)[0]}"
    return found


def cdo_prepared(path: str, right: Right) -> Found:
    """Read what the recipe of docs/readers.md makes of a result: one of each label, and time in front."""
    import netCDF4

    with netCDF4.Dataset(path) as file:
        labels = [name for name, item in file.variables.items() if name in item.dimensions and item.dtype.kind == "S"]
        place = tuple(0 if dim in labels else slice(None) for dim in right["dims"])
        expected = float(file[right["quantity"]][place].sum())
    names = [f"{path}.{number}.nc" for number in range(3)]
    try:
        _shell("ncks", "-O", *(part for name in labels for part in ("-d", f"{name},0")), path, names[0])
        _shell("ncwa", "-O", "-a", ",".join(labels), names[0], names[1])
        _shell("ncpdq", "-O", "-a", "time,metallicity,radius", names[1], names[2])
        found = cdo(names[2], right)
    finally:
        for name in names:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(name)
    same = "total" in found and bool(np.isclose(found.pop("total"), expected, rtol=1e-9))
    return found | {"said": "numbers are right" if same else "the numbers are wrong"}


def ncks(path: str, right: Right) -> Found:
    total = _shell("ncks", "-C", "-H", "-v", right["quantity"], "-s", "%.17g ", path)
    found: Found = {
        "total": float(np.sum(_numbers(total))),
        "values": _numbers(_shell("ncks", "-C", "-H", "-v", right["axis"], "-s", "%.17g ", path)),
    }
    if right["labels"]:
        found["words"] = re.findall(r'"([^"]*)"', _shell("ncks", "--cdl", "-C", "-H", "-v", right["labels"], path))
    return found


def ncwa(path: str, right: Right) -> Found:
    target = f"{path}.ncwa.nc"
    try:
        _shell("ncwa", "-O", "-a", right["axis"], path, target)
        import netCDF4

        with netCDF4.Dataset(target) as file, netCDF4.Dataset(path) as before:
            axis = right["dims"].index(right["axis"])
            mean, expected = file[right["quantity"]][...], before[right["quantity"]][...].mean(axis=axis)
            if not np.allclose(mean, expected, rtol=1e-12):
                return {"said": "the mean is wrong"}
            if right["labels"]:
                words = [str(item) for item in file[right["labels"]][...]]
                return {"words": words, "said": "means are right"}
            return {"said": "means are right"}
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(target)


def r_ncdf4(path: str, right: Right) -> Found:
    labels = f"cat('|', ncvar_get(f, '{right['labels']}'), sep = ' ')" if right["labels"] else ""
    code = f"""
        suppressMessages(library(ncdf4)); f <- nc_open('{path}'); options(digits = 17)
        cat(names(f$var), '|'); cat(sum(ncvar_get(f, '{right["quantity"]}')), '|')
        cat(as.vector(ncvar_get(f, '{right["axis"]}'))); {labels}
    """
    names, total, values, *words = _shell("Rscript", "-e", code).split("|")
    own = [name for name in names.split() if "/" in name]
    found: Found = {
        "variables": sorted({*names.split()} & {*right["variables"]}),
        "total": float(total),
        "values": _numbers(values),
        "said": f"lists {len(own)} variables of the group gridscan",
    }
    return found | ({"words": words[0].split()} if words else {})


def gdal(path: str, right: Right) -> Found:
    text = _shell("gdalinfo", "-stats", f"NETCDF:{path}:{right['quantity']}")
    size = [int(part) for part in re.findall(r"Size is (\d+), (\d+)", text)[0]]
    with contextlib.suppress(FileNotFoundError):
        os.unlink(f"{path}.aux.xml")
    means = [float(part) for part in re.findall(r"STATISTICS_MEAN=(\S+)", text)]
    return {"total": float(np.sum(means)) * size[0] * size[1], "said": f"{len(means)} bands of {size[0]} × {size[1]}"}


def gdal_arrays(path: str, right: Right) -> Found:
    told = json.loads(_shell("gdalmdiminfo", "-detailed", "-array", right["quantity"], path))
    values = np.array(told["values"], dtype=float)
    return {"total": float(values.sum()), "shape": list(values.shape)}


def octave(path: str, right: Right) -> Found:
    # Labels are letters along a dimension of their own, which comes first here.
    labels = f"disp(ncread('{path}', '{right['labels']}')')" if right["labels"] else ""
    code = f"""
        pkg load netcdf; x = ncread('{path}', '{right["quantity"]}'); printf('%.17g|', sum(x(:)));
        printf('%.17g ', ncread('{path}', '{right["axis"]}')); printf('|'); {labels}
    """
    total, values, words = _shell("octave-cli", "--eval", code).split("|")
    found: Found = {"total": float(total), "values": _numbers(values)}
    return found | ({"words": re.findall(r"[\w-]+", words)} if right["labels"] else {})
