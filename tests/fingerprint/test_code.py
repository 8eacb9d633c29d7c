"""The identity of code: it changes with all that decides a number, with nothing else, and never lies."""

from __future__ import annotations

import functools
import importlib
import importlib.util
import json
import os
import py_compile
import subprocess
import sys
import textwrap
import time
import types

import numpy as np
import pytest
import scipy.special
from model_folder import Folder

import gridscan as gs
from gridscan.fingerprint import executed, modules
from gridscan.fingerprint.identity import SourceLoader, changes, code_of, code_of_module, incomparable
from gridscan.model import Model

MODEL = """
    import functools
    import operator

    import numpy as np

    import beside
    import parcel.low
    from beside import halved as half
    from constants import GRAVITY, LIMITS
    from gridscan.model import Model
    from parcel import middle
    from parcel.deep import Shape
    from patterns import *

    model = Model("small", "A small model")
    model.parameter("x", 1.0, "Something")

    FACTOR = 2.0
    OTHER = 3.0
    TABLE = np.array([1.0, 2.0])
    ADDED = 1.0
    ADDED += 0.5
    STEPS = []
    for step in range(3):
        STEPS.append(step)

    def direct(x):
        # A comment.
        return x + 1.0

    def scaled(x):
        return FACTOR * x

    def helper(x):
        "A sentence."
        return scaled(x)

    def by_helpers(x):
        return helper(x)

    def by_array(x):
        return x * TABLE

    def by_sum(x):
        return x * ADDED

    def by_loop(x):
        return x * STEPS[1]

    def by_module(x):
        return beside.doubled(x)

    def by_name(x):
        return half(x)

    def by_alias(x):
        return alias(x)

    alias = scaled

    def by_package(x):
        return middle.tripled(x)

    def by_attribute(x):
        return parcel.low.lowered(x)

    def by_class(x):
        return Shape(x).area()

    def by_constant(x):
        return GRAVITY * x

    def by_star(x):
        return starred(x)

    def by_late_import(x):
        from late import later
        return later(x)

    @functools.lru_cache
    def remembered(x):
        return x - 5.0

    def by_cache(x):
        return remembered(x)

    class Own:
        offset = 4.0

        def moved(self, x):
            return x + self.offset + OTHER

    def by_own_class(x):
        return Own().moved(x)

    def twice(times):
        def wrap(function):
            @functools.wraps(function)
            def wrapper(x):
                return times * function(x)
            return wrapper
        return wrap

    @twice(2.0)
    def by_decorator(x):
        return x + 7.0

    in_parts = functools.partial(operator.mul, 8.0)

    def by_partial(x):
        return in_parts(x)

    def holding(inner):
        def held(x):
            return inner(x)
        return held

    by_closure = holding(half)

    class Base:
        def shift(self, x):
            return x + 0.25

    class Derived(Base):
        pass

    def by_base(x):
        return Derived().shift(x)

    @model.quantity("1", long_name="something")
    def by_unit(x):
        return x

    def by_submodule(x):
        return parcel.aside.aside(x)

    operator.length_hint([7])

    if __name__ == "__main__":
        print("run")
"""
FILES = {
    "small.py": MODEL,
    "beside.py": """
        from under import (  # noqa
            base,
        )

        def doubled(x):
            return base(x)

        def halved(x):
            return x / 2
        """,
    "under.py": "def base(x):\n    return 2 * x\n",
    "constants.py": "GRAVITY = 9.81\nLIMITS = (1, 2)\n",
    "patterns.py": "def starred(x):\n    return x * 6\n",
    "late.py": "def later(x):\n    return x - 1\n",
    "parcel/__init__.py": "from . import aside\n",
    "parcel/aside.py": "def aside(x):\n    return x - 9\n",
    "parcel/middle.py": "from .low import lowered\n\ndef tripled(x):\n    return 3 * lowered(x)\n",
    "parcel/low.py": "def lowered(x):\n    from .hidden import inner\n    return inner(x)\n",
    "parcel/hidden.py": "def inner(x):\n    return x - 3\n",
    "parcel/deep.py": "class Shape:\n    def __init__(self, x):\n        self.x = x\n\n    def area(self):\n"
    "        return self.x**2\n",
}
FORMULAS = [
    *("direct", "by_helpers", "by_array", "by_sum", "by_loop", "by_module", "by_name", "by_alias", "by_package"),
    *("by_attribute", "by_class", "by_constant", "by_star", "by_late_import", "by_cache", "by_own_class"),
    *("by_decorator", "by_partial", "by_closure", "by_base", "by_unit", "by_submodule"),
]
IN_BESIDE = {"by_module", "by_name", "by_closure"}
IN_PARCEL = {"by_package", "by_attribute", "by_class", "by_submodule"}
# What a formula is not told by its name: the loop and the sum of the file may have done anything.
EDITS = [
    ("small.py", "return x + 1.0", "return x + 1.5", {"direct"}),
    ("small.py", "# A comment.", "# Another comment, longer.", set()),
    ("small.py", '"A sentence."', '"Another sentence."', set()),
    ("small.py", "return scaled(x)", "return -scaled(x)", {"by_helpers"}),
    ("small.py", "return FACTOR * x", "return FACTOR + x", {"by_helpers", "by_alias"}),
    ("small.py", "FACTOR = 2.0", "FACTOR = 2.5", {"by_helpers", "by_alias"}),
    ("small.py", "alias = scaled", "alias = helper", {"by_alias"}),
    ("small.py", "OTHER = 3.0", "OTHER = -3.0", {"by_own_class"}),
    ("small.py", "offset = 4.0", "offset = 4.5", {"by_own_class"}),
    ("small.py", "+ self.offset", "- self.offset", {"by_own_class"}),
    ("small.py", "[1.0, 2.0]", "[1.0, 2.5]", {"by_array"}),
    ("small.py", "return x - 5.0", "return x - 5.5", {"by_cache"}),
    ("small.py", "@twice(2.0)", "@twice(2.5)", {"by_decorator"}),
    ("small.py", "return times * function(x)", "return times / function(x)", {"by_decorator"}),
    ("small.py", "return x + 7.0", "return x + 7.5", {"by_decorator"}),
    ("small.py", "operator.mul, 8.0", "operator.mul, 9.0", {"by_partial"}),
    ("small.py", "operator.mul", "operator.add", {"by_partial"}),
    ("small.py", "beside import halved as half", "beside import doubled as half", {"by_name", "by_closure"}),
    ("small.py", "return inner(x)", "return -inner(x)", {"by_closure"}),
    ("small.py", "x + 0.25", "x - 0.25", {"by_base"}),
    ("small.py", 'quantity("1"', 'quantity("m"', {"by_unit"}),
    ("small.py", 'print("run")', 'print("done")', set()),
    ("small.py", "import beside\n", "import under as beside\n", {"by_module"}),
    ("small.py", "middle.tripled", "middle.lowered", {"by_package"}),
    ("small.py", '"x", 1.0', '"x", 1.5', set()),
    ("small.py", "ADDED += 0.5", "ADDED += 0.75", set(FORMULAS)),
    ("small.py", "length_hint([7])", "length_hint([8])", set(FORMULAS)),
    ("small.py", "range(3)", "range(4)", set(FORMULAS)),
    ("beside.py", "return base(x)", "return -base(x)", IN_BESIDE),
    ("under.py", "2 * x", "2.5 * x", IN_BESIDE),
    ("constants.py", "9.81", "9.82", {"by_constant"}),
    ("constants.py", "(1, 2)", "(1, 3)", set()),
    ("patterns.py", "x * 6", "x * 7", {"by_star"}),
    ("late.py", "x - 1", "x - 2", {"by_late_import"}),
    ("parcel/__init__.py", "aside", "aside, low", IN_PARCEL),
    ("parcel/aside.py", "x - 9", "x - 8", IN_PARCEL),
    ("parcel/middle.py", "3 *", "4 *", {"by_package"}),
    ("parcel/low.py", "return inner(x)", "return -inner(x)", {"by_package", "by_attribute"}),
    ("parcel/hidden.py", "x - 3", "x - 4", {"by_package", "by_attribute"}),
    ("parcel/deep.py", "**2", "**3", {"by_class"}),
]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.syspath_prepend(str(tmp_path))
    found = Folder(tmp_path)
    yield found
    found.forget()


@pytest.fixture
def small(folder):
    for name, text in FILES.items():
        folder.write(name, text)
    return folder


@pytest.fixture
def just_begun(monkeypatch):
    """Let files that were written by a test count as older than the process."""
    monkeypatch.setattr(modules, "_BEGAN", float("inf"))


@pytest.fixture
def long_ago(monkeypatch):
    """Let every file count as perhaps edited since the process began."""
    monkeypatch.setattr(modules, "_BEGAN", -float("inf"))


def _codes(module):
    return {name: code_of(getattr(module, name)) for name in FORMULAS}


@pytest.mark.usefixtures("just_begun")
@pytest.mark.parametrize(("file", "old", "new", "touched"), EDITS)
def test_an_edit_changes_the_identity_of_what_uses_it_and_of_nothing_else(small, file, old, new, touched):
    before = _codes(small.load())
    small.edit(file, old, new)
    after = _codes(small.load())
    assert {name for name in FORMULAS if before[name] != after[name]} == touched


@pytest.mark.usefixtures("just_begun")
def test_what_is_not_edited_has_one_identity_in_any_folder(small, tmp_path):
    before = _codes(small.load())
    other = Folder(tmp_path / "elsewhere")
    other.path.mkdir()
    for name, text in FILES.items():
        other.write(name, text)
    small.forget()
    sys.path.insert(0, str(other.path))
    try:
        assert _codes(other.load()) == before
    finally:
        other.forget()
        sys.path.remove(str(other.path))
    assert not [name for code in before.values() for name in incomparable(code)]


@pytest.mark.usefixtures("just_begun")
def test_an_identity_names_what_it_is_made_of(small):
    code = code_of(small.load().by_package)
    assert {"function by_package of small.py", "parcel/__init__.py", "parcel/middle.py", "parcel/low.py"} <= set(code)
    assert "statements of small.py" in code
    assert "beside.py" not in code
    assert all(len(found) <= 16 for found in code.values())
    assert code_of(small.load().by_array)["numpy"] == np.__version__


@pytest.mark.usefixtures("just_begun")
def test_an_edit_is_said_in_words(small):
    before = code_of(small.load().by_module)
    small.edit("under.py", "2 * x", "3 * x")
    assert changes(before, code_of(small.load().by_module)) == "under.py has changed"


# What is running and what is on disk.


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize(
    ("file", "old", "new", "formula"),
    [
        ("small.py", "return x + 1.0", "return x + 1.5", "direct"),
        ("small.py", "FACTOR = 2.0", "FACTOR = 2.5", "by_helpers"),
        ("small.py", "@twice(2.0)", "@twice(2.5)", "by_decorator"),
        ("small.py", "range(3)", "range(4)", "by_loop"),
        ("under.py", "2 * x", "3 * x", "by_module"),
        ("parcel/deep.py", "**2", "**3", "by_class"),
        ("parcel/hidden.py", "x - 3", "x - 4", "by_package"),
    ],
)
@pytest.mark.parametrize("in_one_session", [True, False])
def test_numbers_of_old_code_never_have_the_identity_of_the_new(
    small, monkeypatch, in_one_session, file, old, new, formula
):
    before = getattr(small.load(), formula)
    before(2.0)
    small.edit(file, old, new)
    stale = code_of(before)
    after = getattr(small.load(), formula)
    after(2.0)
    assert stale != code_of(after)
    if not in_one_session:
        monkeypatch.setattr(modules, "_BEGAN", float("inf"))
        assert stale != code_of(after)


def test_a_constant_that_was_edited_after_it_was_imported_is_told_from_the_new_one(folder):
    folder.write("numbers_of.py", "VALUE = 2.0\n\ndef times(x):\n    return VALUE * x\n")
    folder.write("model.py", "from numbers_of import times\n\ndef formula(x):\n    return times(x)\n")
    old = folder.load("model.py").formula
    folder.edit("numbers_of.py", "2.0", "3.0")
    stale, same = code_of(old), code_of(old)
    assert stale == same
    new = folder.load("model.py").formula
    assert (old(1.0), new(1.0)) == (2.0, 3.0)
    assert code_of(new) != stale


def test_an_object_that_may_be_older_than_its_file_is_never_the_same(folder, monkeypatch):
    folder.write("opened.py", "ONCE = (x for x in [1])\n\ndef formula(x):\n    return x\n")
    folder.write("model.py", "import opened\n\ndef formula(x):\n    return opened.formula(x)\n")
    formula = folder.load("model.py").formula
    monkeypatch.setattr(executed, "_RUN", {})
    first = code_of(formula)
    assert first != code_of(formula)
    assert incomparable(first) == ["opened.py (edited after this process began, perhaps after it was imported)"]
    assert "opened.py (edited after" in changes(code_of(formula), first)


def test_a_module_whose_statements_may_be_older_than_its_file_is_never_the_same(folder, monkeypatch):
    folder.write("doing.py", "import os\n\nos.environ.setdefault('OF_NO_USE', '1')\n\ndef f(x):\n    return x\n")
    folder.write("model.py", "from doing import f\n\ndef formula(x):\n    return f(x)\n")
    formula = folder.load("model.py").formula
    monkeypatch.setattr(executed, "_RUN", {})
    assert incomparable(code_of(formula)) == [
        "doing.py (edited after this process began, perhaps after it was imported)"
    ]


@pytest.mark.usefixtures("just_begun")
@pytest.mark.parametrize("kept", ["model.py", "beside.py"])
def test_an_object_that_cannot_be_compared_is_never_the_same_where_it_is_read(folder, kept):
    folder.write("beside.py", "ONCE = (x for x in [1])\nOTHER = (x for x in [1])\n\ndef one(x):\n    return ONCE\n")
    start = (folder.path / "beside.py").read_text() if kept == "model.py" else "import beside\n"
    read = "ONCE" if kept == "model.py" else "beside.one(x)"
    folder.write("model.py", f"{start}\n\ndef formula(x):\n    return {read}\n")
    first = code_of(folder.load("model.py").formula)
    assert incomparable(first) == [f"value ONCE of {kept} (a generator)"]
    assert first != code_of(folder.load("model.py").formula)


@pytest.mark.usefixtures("just_begun")
def test_bytecode_that_python_wrongly_takes_for_that_of_the_source_is_told_from_the_source(folder, monkeypatch):
    """Python compares the second of the change and the size only."""
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    folder.write("used.py", "def used(x):\n    return 2 * x\n")
    folder.write("model.py", "from used import used\n\ndef formula(x):\n    return used(x)\n")
    state = os.stat(folder.path / "used.py")
    py_compile.compile(str(folder.path / "used.py"))
    folder.edit("used.py", "2 * x", "3 * x")
    os.utime(folder.path / "used.py", ns=(state.st_atime_ns, state.st_mtime_ns))
    outdated = folder.load("model.py").formula
    assert outdated(1.0) == 2.0
    of_outdated = code_of(outdated)
    py_compile.compile(str(folder.path / "used.py"))
    current = folder.load("model.py").formula
    assert current(1.0) == 3.0
    assert code_of(current) != of_outdated


@pytest.mark.usefixtures("just_begun")
def test_bytecode_that_was_copied_with_its_time_is_compared_with_the_source(folder):
    folder.write("used.py", "VALUE = {1, 2, 3}\n\ndef used(x):\n    return 2 * x\n")
    folder.write("model.py", "from used import used\n\ndef formula(x):\n    return used(x)\n")
    without = code_of(folder.load("model.py").formula)
    os.utime(py_compile.compile(str(folder.path / "used.py")), (1e9, 1e9))
    assert code_of(folder.load("model.py").formula) == without


@pytest.mark.usefixtures("long_ago", "small")
def test_a_loader_that_remembers_what_it_read_needs_no_times(small):
    loader = SourceLoader("gridscan_user_model_small", str(small.path / "small.py"))
    small.forget()
    formula = small.load_again(loader=loader).by_loop
    assert not incomparable(code_of(formula))
    path = small.path / "small.py"
    py_compile.compile(str(path))
    state = os.stat(path)
    small.edit("small.py", "range(3)", "range(4)")
    os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))
    assert incomparable(code_of(formula))
    assert small.load_again().step == 2, "this is bytecode that Python does not know to be outdated"
    assert small.load_again(loader=loader).step == 3


# Functions of no file.

CELLS = """
    import numpy as np
    from gridscan.physics.galaxy import distances

    SCALE = 2.0
    GRID = np.array([1.0, 2.0])

    def helper(x):
        return SCALE * x

    class Tool:
        rate = 1.0
        def use(self, x):
            return x * self.rate

    formula = lambda x: helper(x)
    by_grid = lambda x: x * GRID
    by_tool = lambda x: Tool().use(x)
    by_physics = lambda x: distances.fraction_within(x)
    plain = lambda x: x
"""


def _cells(*edit):
    names = {"__name__": "__main__"}
    text = textwrap.dedent(CELLS).replace(*edit) if edit else textwrap.dedent(CELLS)
    exec(compile(text, f"<cell {len(edit)}>", "exec"), names)
    return {name: code_of(names[name]) for name in ("formula", "by_grid", "by_tool", "by_physics", "plain")}


@pytest.mark.usefixtures("just_begun")
@pytest.mark.parametrize(
    ("old", "new", "touched"),
    [
        ("SCALE = 2.0", "\n# A comment.\nSCALE = 2.0", set()),
        ("SCALE = 2.0", "SCALE = 2", {"formula"}),
        ("SCALE * x", "SCALE / x", {"formula"}),
        ("[1.0, 2.0]", "[1.0, 2.1]", {"by_grid"}),
        ("rate = 1.0", "rate = 1.1", {"by_tool"}),
        ("x * self.rate", "x / self.rate", {"by_tool"}),
        ("distances.fraction_within(x)", "distances.fraction_within(2 * x)", {"by_physics"}),
        ("plain = lambda x: x", "plain = lambda x: x + 1", {"plain"}),
    ],
)
def test_cells_of_a_notebook_count_by_what_they_name(old, new, touched):
    before, after = _cells(), _cells(old, new)
    assert {name for name in before if before[name] != after[name]} == touched
    assert "gridscan/physics/galaxy/components.py" in before["by_physics"]


@pytest.mark.parametrize(
    "call", ["eval('x')", "globals()['x']", "exec('x')", "__import__(x)", "importlib.import_module(x)", "model.names"]
)
def test_a_cell_that_can_reach_anything_is_never_the_same(call):
    names = {"__name__": "__main__", "importlib": importlib, "model": Model("small", "A small model")}
    function = eval(f"lambda x: {call}", names)
    assert len(incomparable(code_of(function))) == 1


@pytest.mark.usefixtures("just_begun")
def test_a_function_of_a_cell_counts_wherever_it_is_held(monkeypatch):
    """Also where the cells are known as a module, as those of a notebook are."""

    def code(text):
        cells = types.ModuleType("cells")
        monkeypatch.setitem(sys.modules, "cells", cells)
        exec(f"import functools\ndef f(x): return {text}\nformula = functools.partial(f, 1)", vars(cells))
        return code_of(cells.formula)

    assert not incomparable(code("x"))
    assert code("x") == code("x")
    assert code("x") != code("-x")


def test_a_function_of_a_file_follows_one_of_a_cell_that_it_holds():
    def code(text):
        names = {}
        exec(f"def helper(x): return {text}\ndef f(x): return helper(x)", names)
        return code_of(functools.partial(calling, names["f"]))

    def calling(function, x):
        return function(x)

    assert not incomparable(code("x"))
    assert changes(code("x"), code("-x")) == "function helper has changed"


def test_all_of_very_many_names_are_followed():
    def code(last):
        names = {f"n{i}": i for i in range(300)} | {"n299": last}
        exec(f"def f(x): return (lambda: {' + '.join(f'n{i}' for i in range(300))})()", names)
        return code_of(names["f"])

    assert changes(code(1), code(2)) == "value n299 has changed"


@pytest.mark.usefixtures("just_begun")
def test_a_function_that_can_reach_anything_counts_with_its_whole_file(folder):
    folder.write("model.py", "def formula(x):\n    return eval('other(x)')\n\ndef other(x):\n    return x\n")
    first = code_of(folder.load("model.py").formula)
    folder.edit("model.py", "return x", "return -x")
    assert changes(first, code_of(folder.load("model.py").formula)) == "model.py has changed"


@pytest.mark.usefixtures("just_begun")
def test_statements_of_a_script_count_where_it_is_run_as_such(folder):
    text = "def formula(x):\n    return x\n\nif __name__ == '__main__':\n    print(1)\n"
    names = {"__name__": "__main__", "__file__": str(folder.path / "script.py")}
    folder.write("script.py", text)
    exec(compile(text, names["__file__"], "exec"), names)
    assert "statements of script.py" in code_of(names["formula"])
    assert "statements of script.py" not in code_of(folder.load("script.py").formula)


@pytest.mark.usefixtures("just_begun")
def test_a_formula_of_a_package_imports_beside_it(folder):
    folder.write("shelf/__init__.py", "")
    folder.write("shelf/low.py", "def low(x):\n    return x\n")
    folder.write("shelf/model.py", "def formula(x):\n    from .low import low\n    return low(x)\n")
    folder.forget()
    assert "shelf/low.py" in code_of(importlib.import_module("shelf.model").formula)


@pytest.mark.usefixtures("just_begun")
def test_modules_that_are_imported_later_are_followed_with_their_packages(folder):
    folder.write("closed/__init__.py", "from .more import more\n")
    folder.write("closed/more.py", "def more(x):\n    return x\n")
    folder.write("closed/inner.py", "def inner(x):\n    return x\n")
    folder.write("model.py", "def formula(x):\n    from closed.inner import inner\n    return inner(x)\n")
    formula = folder.load("model.py").formula
    before = code_of(formula)
    assert {"closed/__init__.py", "closed/more.py", "closed/inner.py"} <= set(before)
    formula(1.0)
    assert code_of(formula) == before


@pytest.mark.usefixtures("just_begun")
def test_modules_that_a_package_hands_out_to_a_star_are_followed(folder):
    folder.write("boxed/__init__.py", "__all__ = ['inside']\n")
    folder.write("boxed/inside.py", "def f(x):\n    return x\n")
    folder.write("opening.py", "from boxed import *\n\ndef g(x):\n    return inside.f(x)\n")
    folder.write("model.py", "from opening import g\n\ndef formula(x):\n    return g(x)\n")
    assert {"boxed/__init__.py", "boxed/inside.py"} <= set(code_of(folder.load("model.py").formula))


@pytest.mark.usefixtures("just_begun")
def test_what_a_package_fetches_when_it_is_asked_is_followed(folder):
    fetch = "__builtins__['__import__']('fet' + 'ched')"
    folder.write("lazy/__init__.py", f"def __getattr__(name):\n    return getattr({fetch}, name)\n")
    folder.write("fetched.py", "from gathered import thing\n")
    folder.write("gathered.py", "def thing(x):\n    return x\n")
    folder.write("model.py", "import lazy\n\ndef formula(x):\n    return lazy.thing(x)\n")
    assert "gathered.py" in code_of(folder.load("model.py").formula)


@pytest.mark.usefixtures("just_begun")
def test_a_class_that_holds_what_cannot_be_compared_is_never_the_same(folder):
    text = "class Held:\n    once = (x for x in [1])\n\ndef formula(x):\n    return Held\n"
    folder.write("model.py", text)
    assert incomparable(code_of(folder.load("model.py").formula)) == [
        "class Held of model.py (which holds a generator)"
    ]


@pytest.mark.usefixtures("just_begun")
def test_installed_modules_count_by_the_version_of_their_distribution_or_by_content(folder):
    site = folder.path / "site-packages"
    (site / "bound-3.1.4.dist-info").mkdir(parents=True)
    (site / "bound-3.1.4.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: bound\nVersion: 3.1.4\n")
    folder.write("site-packages/bound.py", "def f(x):\n    return x\n")
    folder.write("site-packages/loose.py", "def f(x):\n    return x\n")
    folder.write("model.py", "import bound\nimport loose\n\ndef formula(x):\n    return bound.f(loose.f(x))\n")
    sys.path.insert(0, str(site))
    try:
        code = code_of(folder.load("model.py").formula)
    finally:
        sys.path.remove(str(site))
    assert code["bound"] == "3.1.4"
    assert "loose.py" in code
    assert not {"loose", "bound.py"} & set(code)


@pytest.mark.usefixtures("just_begun")
def test_imports_by_name_are_followed_where_the_name_is_written_and_else_never_the_same(folder):
    folder.write("used.py", "def used(x):\n    return x\n")
    folder.write("between.py", "import importlib\n\nused = importlib.import_module('used')\n")
    folder.write("model.py", "import between\n\ndef formula(x):\n    return between.used.used(x)\n")
    first = code_of(folder.load("model.py").formula)
    assert "used.py" in first
    assert not incomparable(first)
    folder.edit("between.py", "'used'", "'us' + 'ed'")
    assert incomparable(code_of(folder.load("model.py").formula)) == [
        "between.py (which imports by a name that is worked out)"
    ]


# The models that ship.


@pytest.fixture(scope="module")
def shipped():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(modules, "_BEGAN", float("inf"))
        models = [gs.model("red_supergiants"), gs.model("boosted_dark_matter")]
        yield [{name: code_of(node.function) for name, node in model.quantities.items()} for model in models]


def test_everything_in_the_shipped_models_can_be_compared(shipped):
    assert not [name for model in shipped for code in model.values() for name in incomparable(code)]


def test_formulas_of_the_shipped_models_use_only_their_own_physics(shipped):
    stars, boosted = shipped
    physics = "gridscan/physics/{}.py".format
    uses = {
        physics("stellar/imf"): (stars["time_alive"], stars["flux"]),
        physics("neutrinos/detection"): (stars["flux"], stars["time_alive"]),
        physics("neutrinos/spectra"): (stars["spectrum"], stars["fraction_within"]),
        physics("galaxy/components"): (stars["fraction_within"], stars["spectrum"]),
        "gridscan/numerics/compound_poisson.py": (stars["flux_exceedance"], stars["mean_inverse_square_distance"]),
        physics("dark_matter/halo"): (boosted["dark_matter_density"], boosted["path_length"]),
        physics("boosted_dark_matter/flux"): (boosted["flux"], boosted["emissivity"]),
        physics("boosted_dark_matter/all_supernovae"): (boosted["galactic_sky_flux"], boosted["flux"]),
        "astropy": (boosted["off_centre_angle"], boosted["flux"]),
        "scipy": (stars["time_alive"], stars["flux"]),
    }
    for name, (using, other) in uses.items():
        assert name in using
        assert name not in other
    assert not [name for name in stars["stars_alive"] if name.startswith("gridscan/physics")]


def test_evaluating_a_model_does_not_change_its_identity(shipped):
    stars, _ = shipped
    model = gs.model("red_supergiants")
    model.evaluate(["events_per_year", "nearest_distance_quantile"], radius=[1.0, 2.0])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(modules, "_BEGAN", float("inf"))
        assert {name: code_of(node.function) for name, node in model.quantities.items()} == stars


# New processes.

IN_A_PROCESS = """
    import json, sys
    import gridscan.physics.boosted_dark_matter.flux
    loaded = sorted(name for name in sys.modules if name.startswith("gridscan"))
    from gridscan.model_loader import load_model
    from gridscan.fingerprint import executed, modules
    from gridscan.fingerprint.identity import code_of, code_of_module
    model = load_model(sys.argv[1])
    print(json.dumps([
        modules._BEGAN,
        loaded,
        code_of_module("gridscan.physics.boosted_dark_matter.flux"),
        {name: code_of(node.function) for name, node in model.quantities.items()},
        {name: code_of(node.function) for name, node in load_model("red_supergiants").quantities.items()},
    ]))
"""
IN_A_FILE = """
    import beside
    from gridscan.model import Model

    model = Model("words", "Sets of words, whose order is another in each process")
    model.parameter("x", 1.0, "Something")
    WORDS = {"alpha", "beta", "gamma", "delta"}

    @model.quantity("1")
    def some(x):
        return x * (str(x) in {"one", "two", "three"}) * ("alpha" in WORDS)

    @model.quantity("1")
    def more(x):
        return beside.doubled(x)
"""


def _process(folder, seed):
    command = [sys.executable, "-c", textwrap.dedent(IN_A_PROCESS), f"{folder.path / 'words.py'}"]
    environment = {**os.environ, "PYTHONHASHSEED": str(seed), "PYTHONPATH": os.pathsep.join(filter(None, sys.path[1:]))}
    before = time.time()
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment, cwd=folder.path)
    began, *found = json.loads(done.stdout)
    # A process knows when it began, to a tick of the clock.
    assert before - modules._TICK <= began <= time.time() - 0.1
    return found


def test_new_processes_agree_until_a_module_is_edited(folder):
    folder.write("words.py", IN_A_FILE)
    folder.write("beside.py", "def doubled(x):\n    return 2 * x\n")
    first = _process(folder, 1)
    assert _process(folder, 2) == first
    loaded, whole, own, _ = first
    paths = {f"{name.replace('.', '/')}.py" for name in loaded} | {
        f"{name.replace('.', '/')}/__init__.py" for name in loaded
    }
    assert {name for name in whole if name.startswith("gridscan")} <= paths
    assert len([name for name in whole if name.startswith("gridscan")]) == len(loaded)
    folder.edit("beside.py", "2 * x", "3 * x")
    edited = _process(folder, 3)[2]
    assert edited["some"] == own["some"]
    assert changes(own["more"], edited["more"]) == "beside.py has changed"


# Sentences.


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ({"a": "1"}, {"a": "1"}, ""),
        ({"a": "1"}, {"a": "2"}, "a has changed"),
        ({"a": "1"}, {"a": "1", "b": "2"}, "b is new"),
        ({"a": "1", "b": "2"}, {"a": "1"}, "b is no longer used"),
        ({"numpy": "1.26.4"}, {"numpy": "2.0.1"}, "numpy 1.26.4 is now 2.0.1"),
        ({"a": "1"}, {"a": "?2"}, "a cannot be compared"),
        ({"a": "?2"}, {"a": "?2"}, "a cannot be compared"),
        ({}, {"a": "1", "b": "1", "c": "1", "d": "1", "e": "1"}, "a is new, b is new, c is new, and 2 more"),
    ],
)
def test_changes_are_said_in_words(old, new, said):
    assert changes(old, new) == said


def test_versions_are_those_of_the_distributions(monkeypatch):
    assert modules.version_of("numpy") == np.__version__
    assert modules.version_of("yaml").startswith("PyYAML ")
    assert modules.version_of("no_such_module") is None
    before = code_of(scipy.special.gammainc)
    monkeypatch.setattr("gridscan.fingerprint.code.version_of", {"scipy": "99.0"}.get)
    assert changes(before, code_of(scipy.special.gammainc)) == f"scipy {scipy.__version__} is now 99.0"


def test_a_module_that_is_missing_counts_as_missing_until_it_is_there(folder):
    folder.write("model.py", "def formula(x):\n    import sometimes\n    return sometimes.f(x)\n")
    formula = folder.load("model.py").formula
    before = code_of(formula)
    assert before["module sometimes"] == "absent"
    folder.write("sometimes.py", "def f(x):\n    return x\n")
    importlib.invalidate_caches()
    assert changes(before, code_of(formula)) == "sometimes.py is new, module sometimes is no longer used"


def test_the_core_is_followed_through_its_imports():
    code = code_of_module("gridscan.evaluation.lazy")
    assert {
        "gridscan/evaluation/lazy.py",
        "gridscan/evaluation/steps.py",
        "gridscan/numerics/quadrature.py",
        "numpy",
        "Python",
    } <= set(code)
    assert not [name for name in code if name.startswith(("gridscan/physics", "gridscan/plot", "gridscan/cli"))]
    with pytest.raises(ImportError):
        code_of_module("gridscan.no_such_module")
