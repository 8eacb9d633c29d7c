"""Mistakes in the code of a model are told with file and line, and in words."""

import numpy as np
import pytest
from planets import make_toy

import gridscan as gs
from gridscan.errors import EvaluationError, ModelError, UnitError


@pytest.fixture
def bare():
    model = gs.Model("bare", "A bare model")
    model.parameter("width", "1 km", "Width")
    return model


def _deeper(width):
    return width[[7]]  # the line that fails


def test_an_exception_in_a_kernel_names_file_and_line(bare):
    @bare.kernel("km", width="km")
    def area(width):
        return _deeper(width)

    with pytest.raises(EvaluationError) as caught:
        bare.evaluate("area")
    line = _deeper.__code__.co_firstlineno + 1
    assert f"'area' ({__file__}:" in str(caught.value)
    assert f" failed in line {line} (return width[[7]]  # the line that fails): IndexError: " in str(caught.value)


def test_an_exception_in_another_file_names_that_file(bare, tmp_path, monkeypatch):
    (tmp_path / "a_helper_of_mine.py").write_text(
        "def half(width):\n    raise ValueError('no half')\n", encoding="utf-8"
    )
    monkeypatch.syspath_prepend(tmp_path)
    import a_helper_of_mine

    @bare.kernel("km", width="km")
    def area(width):
        return a_helper_of_mine.half(width)

    with pytest.raises(EvaluationError) as caught:
        bare.evaluate("area")
    assert f"{tmp_path / 'a_helper_of_mine.py'}:2 (raise ValueError('no half'))" in str(caught.value)


def test_a_line_of_a_library_is_not_quoted(bare):
    @bare.kernel("km", width="km")
    def area(width):
        return np.linalg.inv(width.reshape(1, -1, 1) * np.zeros((1, 2, 2)))

    with pytest.raises(EvaluationError, match=r"failed in line \d+ \(return np.linalg.inv"):
        bare.evaluate("area")


@pytest.mark.parametrize("kind", ["quantity", "kernel", "kernel with an error", "integral"])
def test_a_forgotten_return_says_so(kind, bare):
    declare = {
        "quantity": lambda: bare.quantity("km"),
        "kernel": lambda: bare.kernel("km", width="km"),
        "kernel with an error": lambda: bare.kernel("km", error=True, width="km"),
        "integral": lambda: bare.integral("km^2", over="width", lower="start", upper="stop"),
    }[kind]
    bare.parameter("start", "0 km", "Start")
    bare.parameter("stop", "1 km", "Stop")

    @declare()
    def twice(width):
        2 * width

    with pytest.raises((EvaluationError, ModelError), match=r"'twice' \(.*\) returns nothing; does its function end"):
        bare.evaluate("twice")


def test_a_kernel_without_its_error_estimate_is_told(bare):
    @bare.kernel("km", error=True, width="km")
    def twice(width):
        return 2 * width

    with pytest.raises(EvaluationError, match="expected a value and its error estimate: return value, error"):
        bare.evaluate("twice")


def _made_with_a_gap(model):
    @model.quantity("1/km")
    def root(width):
        return 1 / np.sqrt(width / (2 * width - width) * (width - width / 2)) / np.sqrt(width)

    @model.quantity("1")
    def middle(root, width):
        return root * width

    @model.quantity("1")
    def end(middle):
        return middle - 2 * middle


@pytest.mark.parametrize("how", ["evaluate", "lazily", "run"])
def test_a_gap_names_the_first_quantity_in_which_it_arose(how, bare, tmp_path):
    _made_with_a_gap(bare)
    text = 'model = "bare"\n[axes]\nwidth = { values = [-1, -2], unit = "km" }\n[output]\nquantities = ["end"]\n'
    scenario = gs.Scenario.parse(text, model=bare)
    compute = {
        "evaluate": lambda: gs.evaluate(scenario),
        "lazily": lambda: gs.evaluate(scenario, limits=gs.Limits(eager_cells=1)).compute(),
        "run": lambda: gs.run(scenario, output=tmp_path / "gap.nc"),
    }
    with pytest.raises(EvaluationError) as caught:
        compute[how]()
    assert "'end' is nan: 'root', of which it is made, is nan there (first at width = -1 km)" in str(caught.value)


def test_each_cell_has_its_own_origin(bare):
    @bare.quantity("1/km")
    def root(width):
        return 1 / (width - np.abs(width))

    @bare.quantity("1")
    def kept(root, width):
        return np.where(width > 0 * width, root * width, np.nan)

    @bare.quantity("1")
    def end(kept):
        return 2 * kept

    with pytest.raises(EvaluationError, match="'end' is inf: 'root', of which it is made, is inf there"):
        bare.evaluate("end", width=[1, 2])
    with pytest.raises(EvaluationError, match="'end' is nan: 'kept', of which it is made, is nan there"):
        bare.evaluate("end", width=[-1, -2])


@pytest.mark.parametrize("name", ["lambda", "class", "None"])
@pytest.mark.parametrize("declare", ["parameter", "label", "constant"])
def test_a_word_of_python_is_refused_as_a_name(bare, name, declare):
    with pytest.raises(ModelError, match=f"'{name}' cannot be a name: Python keeps this word.*try '{name}_'"):
        getattr(bare, declare)(name, "1 km", "Something")


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"minimum": "0 km^2"}, UnitError, "parameter 'area': its minimum '0 km\\^2': found 'km\\^2', expected a unit"),
        ({"below": "much"}, UnitError, "parameter 'area': its end below 'much': "),
        ({"maximum": [3]}, ModelError, r"parameter 'area': its maximum is \[3\]; expected a number in 'km' or text"),
        ({"minimum": 2, "maximum": 1}, ModelError, "parameter 'area' allows nothing; it must be a number from 2 to 1"),
        ({"above": 1, "maximum": 1}, ModelError, "parameter 'area' allows nothing"),
    ],
)
def test_an_end_of_a_range_is_refused_in_words(bare, options, error, message):
    with pytest.raises(error, match=message):
        bare.parameter("area", "1 km", "Something", **options)


def test_a_name_that_python_reads_as_another_is_refused(bare):
    with pytest.raises(ModelError, match="Python reads it as 'five'; write it like that"):
        bare.parameter("\ufb01ve", 1, "A ligature")


def test_a_constant_that_cannot_be_read_is_named():
    with pytest.raises(UnitError, match="constant 'speed': unknown unit 'zorg'"):
        make_toy().constant("speed", "1 zorg")
