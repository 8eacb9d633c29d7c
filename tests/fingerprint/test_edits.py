"""A table of edits, of code, data, sessions and surroundings: what is computed again, and what is kept.

Whatever is edited, a formula whose number has changed has another identity.
"""

from __future__ import annotations

import importlib.util
import json
import math
import os
import pickle
import shutil
import sys
import time

import h5py
import numpy as np
import pytest
import scipy.constants
import xarray as xr
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from model_folder import Folder

from gridscan.fingerprint import modules
from gridscan.fingerprint.identity import code_of, incomparable

RECOMPUTED, KEPT = "recomputed", "kept"

# How a model may read a file: what is held, and the number that is taken from it.
DATA = [
    ("np.loadtxt('t.dat')", "T[0]"),
    ("np.genfromtxt('t.dat')", "T[0]"),
    ("np.fromfile('t.bin')", "T[0]"),
    ("np.memmap('t.bin', dtype=float, mode='r')", "T[0]"),
    ("np.load('t.npz')", "T['a'][0]"),
    ("np.load('t.npz')['a']", "T[0]"),
    ("np.ma.masked_greater(np.loadtxt('t.dat'), 50)", "T.filled(0)[0]"),
    ("np.rec.fromarrays([np.loadtxt('t.dat')], names='a')", "T.a[0]"),
    ("memoryview(np.loadtxt('t.dat'))", "T[0]"),
    ("np.polynomial.Polynomial(np.loadtxt('t.dat'))", "T(0.0)"),
    ("np.poly1d(np.loadtxt('t.dat'))", "T(1.0)"),
    ("np.random.default_rng(int(np.loadtxt('t.dat')[0]))", "copy.deepcopy(T).normal()"),
    ("[*map(float, open('t.dat').read().split())]", "T[0]"),
    ("open('t.dat').read()", "float(T.split()[0])"),
    ("json.load(open('t.json'))", "T['a'][0]"),
    ("pickle.load(open('t.pickle', 'rb'))", "T['a'][0]"),
    ("types.SimpleNamespace(a=np.loadtxt('t.dat'))", "T.a[0]"),
    ("{'a': [pd.read_csv('t.csv')]}", "T['a'][0].a[0]"),
    ("pd.read_csv('t.csv')", "T.a[0]"),
    ("pd.read_csv('t.csv').a", "T[0]"),
    ("pd.read_csv('t.csv', index_col='a')", "T.index[0]"),
    ("h5py.File('t.h5')", "T['a'][0]"),
    ("h5py.File('t.h5')['a']", "T[0]"),
    ("netCDF4.Dataset('t.nc')", "float(T['a'][0])"),
    ("netCDF4.Dataset('t.nc')['a']", "float(T[0])"),
    ("xr.open_dataset('t.nc')", "float(T.a[0])"),
    ("xr.open_dataset('t.nc', chunks={})", "float(T.a[0])"),
    ("xr.load_dataset('t.nc').a", "float(T[0])"),
    ("astropy.table.Table.read('t.csv')", "T['a'][0]"),
    ("np.loadtxt('t.dat') * astropy.units.m", "T[0].value"),
    ("pint.get_application_registry().Quantity(np.loadtxt('t.dat'), 'm')", "T[0].magnitude"),
    ("dask.array.from_array(np.loadtxt('t.dat'))", "float(T[0])"),
    ("scipy.stats.norm(np.loadtxt('t.dat')[0])", "T.mean()"),
    ("scipy.interpolate.interp1d([0.0, 1.0], np.loadtxt('t.dat'))", "float(T(0.0))"),
    ("scipy.interpolate.CubicSpline([0.0, 1.0], np.loadtxt('t.dat'))", "float(T(0.0))"),
]
IMPORTS = """\
import copy, json, pickle, types
import astropy.table, astropy.units, dask.array, h5py, netCDF4, numpy as np, pandas as pd, pint
import scipy.interpolate, scipy.stats, xarray as xr

"""
PLACES = {
    "in the model": {"model.py": IMPORTS + "T = {made}\n\ndef formula(x):\n    return x * {taken}\n"},
    "as a default": {"model.py": IMPORTS + "def formula(x, T={made}):\n    return x * {taken}\n"},
    "beside it": {
        "model.py": "import beside\n\ndef formula(x):\n    return x * beside.taken()\n",
        "beside.py": IMPORTS + "T = {made}\n\ndef taken():\n    return {taken}\n",
    },
    "where the formula imports": {
        "model.py": "def formula(x):\n    import beside\n    return x * beside.taken()\n",
        "beside.py": IMPORTS + "T = {made}\n\ndef taken():\n    return {taken}\n",
    },
}


def write_data(path, first):
    numbers = np.array([first, 2.0])
    for name in path.glob("t.*"):
        # Another file under the name, as editors and libraries do: what is open stays as it is.
        name.unlink()
    np.savetxt(path / "t.dat", numbers)
    numbers.tofile(path / "t.bin")
    np.savez(path / "t.npz", a=numbers)
    (path / "t.json").write_text(json.dumps({"a": [first]}))
    (path / "t.pickle").write_bytes(pickle.dumps({"a": [first]}))
    (path / "t.csv").write_text(f"a,b\n{first},1\n2.0,1\n")
    with h5py.File(path / "t.h5", "w") as file:
        file["a"] = numbers
    xr.Dataset({"a": ("n", numbers)}).to_netcdf(path / "t.nc")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.setattr(modules, "_BEGAN", float("inf"))
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.chdir(tmp_path)
    found = Folder(tmp_path)
    yield found
    found.forget()


def seen(formula):
    """Return the number of a formula, and its identity, as it is before and after it has run."""
    before = code_of(formula)
    number = float(formula(1.0))
    assert code_of(formula) == before or incomparable(before)
    return number, before


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(("made", "taken"), DATA)
def test_edited_data_are_computed_with_anew_and_others_kept(folder, place, made, taken):
    write_data(folder.path, 1.0)
    for name, text in PLACES[place].items():
        folder.write(name, text.replace("{made}", made).replace("{taken}", taken))
    number, before = seen(folder.load("model.py").formula)
    assert not incomparable(before)
    assert seen(folder.load("model.py").formula) == (number, before)
    write_data(folder.path, 3.0)
    again, after = seen(folder.load("model.py").formula)
    assert again != number
    assert after != before


def edit(name, old, new):
    def act(folder, _patch):
        folder.edit(name, old, new)
        return folder.load("model.py").formula

    return act


def session(change):
    """Return an action in a session, which keeps its modules."""

    def act(folder, patch):
        change(patch)
        return sys.modules.get("gridscan_user_model_model", folder.loaded).formula

    return act


def process(change):
    """Return an action after which another process begins."""

    def act(folder, patch):
        change(folder, patch)
        return folder.load("model.py").formula

    return act


def touched(folder, _patch):
    for path in folder.path.glob("*"):
        os.utime(path, (time.time() + 1e6, time.time() + 1e6))


def clock_back(_folder, patch):
    patch.setattr(modules, "_BEGAN", time.time() - 1e6)


def data(folder, _patch):
    write_data(folder.path, 3.0)


CFG = {"cfg.py": "NORM = 1.0\nclass Box:\n    size = 1.0\nLIST = [1.0]\n\ndef scale(x):\n    return x\n"}
BY_CFG = {**CFG, "model.py": "import cfg\n\ndef formula(x):\n    return x * cfg.NORM * cfg.Box.size * cfg.LIST[0]\n"}
BY_SCALE = {**CFG, "model.py": "import cfg\n\ndef formula(x):\n    return cfg.scale(x)\n"}
INSIDE = {**CFG, "model.py": "def formula(x):\n    import cfg\n    return cfg.scale(x) * cfg.NORM\n"}
DEEP = {
    "model.py": "import middle\n\ndef formula(x):\n    return middle.f(x)\n",
    "middle.py": "def f(x):\n    import low\n    return low.g(x)\n",
    "low.py": "import numpy as np\nT = np.loadtxt('t.dat')\n\ndef g(x):\n    return x * T[0]\n",
}


def environment(read, start="import os\n"):
    return {"model.py": f"{start}\ndef formula(x):\n    return x * float({read})\n"}


def reading(read, start="import numpy as np\nfrom pathlib import Path\n"):
    return {"model.py": f"{start}\n\ndef formula(x):\n    return x * {read}\n"}


def in_cfg(name, value):
    return session(lambda patch: patch.setattr(sys.modules["cfg"], name, value))


def variable(name, value):
    return process(lambda _folder, patch: patch.setenv(name, value))


FROM_OS = "from os import environ\n"
NUMPY = {"model.py": "import numpy as np\n\ndef formula(x):\n    return np.hypot(x, 1.0)\n"}
CLOSE = {"model.py": "import numpy as np\n\ndef formula(x):\n    return x + np.isclose(x, 1.0000001)\n"}
CONSTANT = {"model.py": "import scipy.constants\n\ndef formula(x):\n    return x * scipy.constants.c\n"}
HERE = "import os\nimport numpy as np\nfrom pathlib import Path\nHERE = os.path.dirname(__file__)\n"
BY_NAME = {**CFG, "model.py": "import cfg\nimport sys\n\ndef formula(x):\n    return sys.modules['cfg'].NORM * x\n"}
RUN = {"model.py": "import runpy\n\ndef formula(x):\n    return x * runpy.run_path('o.py')['A']\n", "o.py": "A = 1\n"}
DEFAULT = {"model.py": "import numpy as np\n\ndef formula(x, path='t.dat'):\n    return x * np.loadtxt(path)[0]\n"}
PATH_BESIDE = {
    "model.py": "import beside\n\ndef formula(x):\n    return x * beside.f()\n",
    "beside.py": "import numpy as np\nPATH = './t.dat'\n\ndef f():\n    return np.loadtxt(PATH)[0]\n",
}
LOG = {
    "model.py": "LOG = './log.txt'\n\ndef formula(x):\n    with open(LOG, 'a') as file:\n        file.write('x')\n"
    "    return x\n"
}
TIMES = {**CFG, "model.py": "import cfg\n\ndef formula(x):\n    return x * cfg.NORM\n"}

EDITS = [
    ("number beside", BY_CFG, edit("cfg.py", "NORM = 1.0", "NORM = 3.0"), RECOMPUTED),
    ("attribute of a class beside", BY_CFG, edit("cfg.py", "size = 1.0", "size = 3.0"), RECOMPUTED),
    ("list beside", BY_CFG, edit("cfg.py", "[1.0]", "[3.0]"), RECOMPUTED),
    ("function beside", BY_SCALE, edit("cfg.py", "return x", "return 3 * x"), RECOMPUTED),
    ("comment beside", BY_SCALE, edit("cfg.py", "LIST", "# Words.\nLIST"), KEPT),
    ("line beside", BY_SCALE, edit("cfg.py", "LIST", "\n\nLIST"), KEPT),
    ("formula", BY_SCALE, edit("model.py", "cfg.scale(x)", "3 * cfg.scale(x)"), RECOMPUTED),
    ("comment in a formula", BY_SCALE, edit("model.py", "    return", "    # Words.\n    return"), KEPT),
    ("documentation", BY_SCALE, edit("model.py", "    return", "    'Words.'\n    return"), KEPT),
    ("function of no use", BY_SCALE, edit("model.py", "import cfg", "import cfg\ndef other(x):\n    return 3"), KEPT),
    ("value of no use", BY_SCALE, edit("model.py", "import cfg", "import cfg\nOTHER = 3"), KEPT),
    ("import inside", INSIDE, edit("cfg.py", "return x", "return 3 * x"), RECOMPUTED),
    ("number of an import inside", INSIDE, edit("cfg.py", "NORM = 1.0", "NORM = 3.0"), RECOMPUTED),
    ("comment of an import inside", INSIDE, edit("cfg.py", "LIST", "# Words.\nLIST"), KEPT),
    ("import inside a helper", DEEP, edit("low.py", "x * T", "3 * x * T"), RECOMPUTED),
    ("data of an import inside a helper", DEEP, process(data), RECOMPUTED),
    ("number set in a session", BY_CFG, in_cfg("NORM", 3.0), RECOMPUTED),
    ("the same number set", BY_CFG, in_cfg("NORM", 1.0), KEPT),
    ("list set in a session", BY_CFG, in_cfg("LIST", [3.0]), RECOMPUTED),
    ("list changed in place", BY_CFG, session(lambda _: sys.modules["cfg"].LIST.__setitem__(0, 3.0)), RECOMPUTED),
    ("class changed", BY_CFG, session(lambda p: p.setattr(sys.modules["cfg"].Box, "size", 3.0)), RECOMPUTED),
    ("function replaced", BY_SCALE, in_cfg("scale", lambda x: 3 * x), RECOMPUTED),
    ("number of an import inside, set", INSIDE, in_cfg("NORM", 3.0), RECOMPUTED),
    ("function of a library replaced", NUMPY, session(lambda p: p.setattr(np, "hypot", np.add)), RECOMPUTED),
    ("another function replaced", NUMPY, session(lambda p: p.setattr(np, "logaddexp", lambda x, y: x + y)), KEPT),
    ("constant of a library set", CONSTANT, session(lambda p: p.setattr(scipy.constants, "c", 1.0)), RECOMPUTED),
    ("another constant set", CONSTANT, session(lambda p: p.setattr(scipy.constants, "h", 1.0)), KEPT),
    ("environ", environment("os.environ['SCALE']"), variable("SCALE", "3"), RECOMPUTED),
    ("environ.get", environment("os.environ.get('SCALE', 1)"), variable("SCALE", "3"), RECOMPUTED),
    ("getenv", environment("os.getenv('SCALE')"), variable("SCALE", "3"), RECOMPUTED),
    ("environ by name", environment("environ['SCALE']", FROM_OS), variable("SCALE", "3"), RECOMPUTED),
    ("expandvars", environment("os.path.expandvars('${SCALE}')"), variable("SCALE", "3"), RECOMPUTED),
    ("name held", environment("os.environ[N]", "import os\nN = 'SCALE'\n"), variable("SCALE", "3"), RECOMPUTED),
    ("not set before", environment("os.getenv('FACTOR', 1)"), variable("FACTOR", "3"), RECOMPUTED),
    ("the same variable", environment("os.environ['SCALE']"), variable("SCALE", "1"), KEPT),
    ("what a shell sets anew", environment("(os.environ, '_')[0].get('SCALE', 1)"), variable("_", "/bin/other"), KEPT),
    ("another variable", environment("os.environ['SCALE']"), variable("OTHER", "3"), KEPT),
    ("module by name", BY_NAME, edit("cfg.py", "NORM = 1.0", "NORM = 3.0"), RECOMPUTED),
    ("script that is run", RUN, edit("o.py", "A = 1", "A = 3"), RECOMPUTED),
    ("file in a formula", reading("np.loadtxt('t.dat')[0]"), process(data), RECOMPUTED),
    ("file of HDF5", reading("h5py.File('t.h5')['a'][0]", "import h5py\n"), process(data), RECOMPUTED),
    ("open in a formula", reading("float(open('t.dat').readline())"), process(data), RECOMPUTED),
    ("path held", reading("np.loadtxt(P)[0]", "import numpy as np\nP = 't.dat'\n"), process(data), RECOMPUTED),
    ("Path held", reading("np.loadtxt(P)[0]", HERE + "P = Path(HERE) / 't.dat'\n"), process(data), RECOMPUTED),
    ("path as a default", DEFAULT, process(data), RECOMPUTED),
    ("path held beside", PATH_BESIDE, process(data), RECOMPUTED),
    ("file that is written", LOG, process(lambda folder, _: folder.write("log.txt", "words")), KEPT),
    ("function of another library", CLOSE, session(lambda p: p.setattr(np, "isclose", math.isclose)), RECOMPUTED),
    ("function of a library for another", NUMPY, session(lambda p: p.setattr(np, "hypot", np.add)), RECOMPUTED),
    ("paths held", reading("np.loadtxt(P['a'])[0]", HERE + "P = {'a': 't.dat'}\n"), process(data), RECOMPUTED),
    ("folder held", reading("np.loadtxt(os.path.join(HERE, 't.dat'))[0]", HERE), process(data), RECOMPUTED),
    ("folder of the file", reading("np.loadtxt(Path(__file__).parent / 't.dat')[0]"), process(data), RECOMPUTED),
    ("text with a folder", reading("np.loadtxt(f'{HERE}/t.dat')[0]", HERE), process(data), RECOMPUTED),
    ("file that is not read", BY_CFG, process(data), KEPT),
    ("times of files", TIMES, process(touched), KEPT),
    ("clock that goes back", TIMES, process(clock_back), KEPT),
]  # fmt: skip


@pytest.mark.parametrize(("files", "act", "expected"), [row[1:] for row in EDITS], ids=[row[0] for row in EDITS])
def test_an_edit_makes_what_it_touches_and_nothing_else(folder, monkeypatch, files, act, expected):
    write_data(folder.path, 1.0)
    monkeypatch.setenv("SCALE", "1")
    for name, text in files.items():
        folder.write(name, text)
    folder.loaded = folder.load("model.py")
    number, before = seen(folder.loaded.formula)
    assert not incomparable(before)
    again, after = seen(act(folder, monkeypatch))
    assert (before == after) == (expected == KEPT)
    assert (number == again) == (expected == KEPT)


def test_values_of_environment_variables_are_never_told(folder, monkeypatch):
    monkeypatch.setenv("TOKEN", "swordfish")
    folder.write("model.py", "import os\n\ndef formula(x):\n    return len(os.environ['TOKEN'])\n")
    code = code_of(folder.load("model.py").formula)
    assert "environment variable TOKEN" in code
    assert "swordfish" not in str(code)


@pytest.mark.parametrize("read", ["dict(os.environ)", "os.environ.items()"])
def test_a_formula_that_reads_all_the_environment_is_computed_anew(folder, read):
    folder.write("model.py", f"import os\n\ndef formula(x):\n    return len({read})\n")
    assert incomparable(code_of(folder.load("model.py").formula)) == [
        "function formula of model.py (which reads the environment)"
    ]


def test_a_shared_library_counts_by_its_content(folder):
    built = folder.path / "own.so"
    shutil.copy(
        importlib.util.find_spec("_ctypes_test" if importlib.util.find_spec("_ctypes_test") else "math").origin, built
    )
    folder.write("model.py", "import ctypes\nL = ctypes.CDLL('./own.so')\n\ndef formula(x):\n    return bool(L) * x\n")
    first = code_of(folder.load("model.py").formula)
    assert not incomparable(first)
    assert code_of(folder.load("model.py").formula) == first
    content = built.read_bytes()
    built.unlink()
    built.write_bytes(content + b"rebuilt")
    assert code_of(folder.load("model.py").formula) != first


READERS = {
    "name worked out": reading("np.loadtxt(f'{int(x)}.dat')[0]"),
    "all of a folder": reading("sum(float(np.loadtxt(p)[0]) for p in Path('.').glob('1.*'))"),
    "open": reading("float(open(str(int(x)) + '.' + 'dat').readline())"),
    "helper": {
        "io2.py": "from numpy import loadtxt\n\ndef _one(n):\n    return loadtxt(f'{n}.dat')[0]\n\n"
        "def read(n):\n    return _one(n)\n",
        "model.py": "import io2\n\ndef formula(x):\n    return io2.read(int(x)) * x\n",
    },
    "class of a helper": {
        "io2.py": "class R:\n    def get(self, n):\n        return float(open(f'{n}.dat').readline())\n\nREAD = R()\n",
        "model.py": "import io2\n\ndef formula(x):\n    return io2.READ.get(int(x)) * x\n",
    },
}


@pytest.mark.parametrize("files", READERS.values(), ids=READERS)
def test_what_reads_a_file_by_a_name_that_is_worked_out_is_computed_anew(folder, files):
    folder.write("1.dat", "1.0\n2.0\n")
    for name, text in files.items():
        folder.write(name, text)
    found = incomparable(code_of(folder.load("model.py").formula))
    assert found
    assert all("reads a file by a name that is worked out" in item for item in found)


@pytest.mark.parametrize(
    "helper", ["def read(n):\n    return open(f'{n}.dat').read()\n", "def log(t):\n    open(t, 'a').write(t)\n"]
)
def test_what_a_module_could_read_or_write_beside_does_not_count(folder, helper):
    folder.write("io2.py", "NORM = 2.0\n\n" + helper)
    folder.write("model.py", "import io2\n\ndef formula(x):\n    return io2.NORM * x\n")
    assert not incomparable(code_of(folder.load("model.py").formula))


def test_a_file_that_a_closure_names_counts_by_its_content(folder):
    write_data(folder.path, 1.0)
    text = "def make(p):\n    return lambda x: float(open(p).readline()) * x\n\nformula = make('t.dat')\n"
    folder.write("model.py", text)
    before = code_of(folder.load("model.py").formula)
    assert not incomparable(before)
    write_data(folder.path, 3.0)
    assert code_of(folder.load("model.py").formula) != before


# Random edits of a small package.

MODULES = ["a", "b", "c", "d"]
LINE = st.tuples(st.sampled_from(MODULES), st.sampled_from(["NUMBER", "TABLE", "function"]), st.integers(1, 9))


def text_of(name, state):
    """Return a module that takes from the next one: at the top, or inside its function."""
    number, table, factor, inside, read = state
    after = MODULES[MODULES.index(name) + 1 :][:1]
    taken = f"box.{after[0]}" if after else ""
    top = f"import {taken}\n" if after and not inside else ""
    inner = f"    import {taken}\n" if after and inside else ""
    used = {"NUMBER": "NUMBER", "TABLE": "TABLE[0]", "both": "NUMBER * TABLE[0]"}[read]
    below = f" + {taken}.f(x)" if after else ""
    return (
        f"{top}import numpy as np\nNUMBER = {number}\nTABLE = np.array([{table}.0])\n\n"
        f"def f(x):\n{inner}    return {factor} * {used} * x{below}\n"
    )


STATE = st.tuples(
    st.integers(1, 4), st.integers(1, 4), st.integers(1, 4), st.booleans(), st.sampled_from(["NUMBER", "TABLE", "both"])
)
PACKAGE = st.fixed_dictionaries(dict.fromkeys(MODULES, STATE))


def of_package(folder, states):
    for name, state in states.items():
        folder.write(f"box/{name}.py", text_of(name, state))
    return seen(folder.load("model.py").formula)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(first=PACKAGE, name=st.sampled_from(MODULES), changed=STATE)
def test_no_random_edit_of_a_package_leaves_an_old_number(folder, first, name, changed):
    folder.write("box/__init__.py", "")
    folder.write("model.py", "import box.a\n\ndef formula(x):\n    return box.a.f(x)\n")
    number, before = of_package(folder, first)
    again, after = of_package(folder, {**first, name: changed})
    if not math.isclose(number, again):
        assert before != after
    if first[name] == changed:
        assert before == after
