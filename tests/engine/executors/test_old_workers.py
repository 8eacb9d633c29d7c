"""Workers that live longer than the code: none computes with a module that has been edited since it loaded it."""

from __future__ import annotations

import base64
import os
import subprocess
import sys

import pytest
from model_folder import Folder

from gridscan.engine.compute import make_workload
from gridscan.engine.executors import serialize
from gridscan.fingerprint.identity import imported_late
from gridscan.run import plan

WORKER = """\
import base64, sys
from gridscan.engine.executors.serialize import unpacked

for line in sys.stdin:
    try:
        workload = unpacked(base64.b64decode(line))
        step = workload.groups[0].steps[0]
        print("value", float(step.node.function(1.0)), flush=True)
    except Exception as error:
        print("refused", error, flush=True)
"""
MODEL = """\
from gridscan.model import Model

model = Model("late", "A formula that imports when it runs")
model.parameter("x", 1.0, "A number")


@model.kernel("1", long_name="something", x="1")
def y(x):
    {start}
    return x * helper.f()
"""
HELPERS = {
    "itself": ("import helper", {"helper.py": "def f():\n    return 2.0\n"}),
    "a number": ("import helper", {"helper.py": "NUMBER = 2.0\n\ndef f():\n    return NUMBER\n"}),
    "from a package": (
        "from parts import helper",
        {"parts/__init__.py": "", "parts/helper.py": "def f():\n    return 2.0\n"},
    ),
    "below": (
        "import helper",
        {"helper.py": "import low\n\ndef f():\n    return low.g()\n", "low.py": "def g():\n    return 2.0\n"},
    ),
    "inside a helper": (
        "import helper",
        {"helper.py": "def f():\n    import low\n    return low.g()\n", "low.py": "def g():\n    return 2.0\n"},
    ),
    "from data": (
        "import helper",
        {"helper.py": "T = float(open('t.dat').read())\n\ndef f():\n    return T\n", "t.dat": "2.0"},
    ),
}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.chdir(tmp_path)
    # Modules of these names may be left from another test.
    for name in ("helper", "low", "parts", "parts.helper", "top"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    (tmp_path / "late.toml").write_text('model = "late"\n[axes]\nx = [1, 2]\n[output]\nquantities = ["y"]\n')
    found = Folder(tmp_path)
    yield found
    found.forget()


@pytest.fixture
def worker(folder):
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    command = [sys.executable, "-c", WORKER]
    streams = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, cwd=folder.path, env=environment, **streams) as process:

        def asked():
            model = folder.load("model.py").model
            content = serialize.packed(make_workload(plan("late.toml", model=model).block_plan))
            process.stdin.write(base64.b64encode(content).decode() + "\n")
            process.stdin.flush()
            return process.stdout.readline()

        yield asked
        process.stdin.close()


@pytest.mark.parametrize("case", HELPERS)
def test_a_worker_with_an_older_helper_is_refused(folder, worker, case):
    start, files = HELPERS[case]
    folder.write("model.py", MODEL.format(start=start))
    for name, text in files.items():
        folder.write(name, text)
    assert worker() == worker() == "value 2.0\n"
    last = list(files)[-1]
    # Of another size: Python takes bytecode for that of a source of the same size and second.
    folder.edit(last, "2.0", "3.25")
    answer = worker()
    assert answer.startswith("refused a worker on ")
    assert "has different code" in answer


def test_only_what_functions_import_has_to_be_on_workers(folder):
    folder.write("top.py", "def f(x):\n    return x\n")
    folder.write("model.py", "import top\nimport json\n\ndef formula(x):\n    import decimal\n    return top.f(x)\n")
    assert imported_late(folder.load("model.py").formula) == set()
