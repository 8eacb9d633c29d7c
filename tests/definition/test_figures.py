"""Figures as models declare them: what they need, what is refused, and that no model loads matplotlib."""

from __future__ import annotations

import subprocess
import sys

import pytest

from gridscan.definition.figures import Figure, figure_of
from gridscan.errors import ModelError
from gridscan.model import Model


@pytest.fixture
def swing():
    model = Model("swing", "A swing")
    model.parameter("length", "1 m", "Length", minimum=0)

    @model.quantity("m", long_name="twice the length")
    def twice(length):
        """2 l. Source: none."""
        return 2 * length

    @model.population("child", long_name="children", columns={"height": ("m", "height")}, length="m")
    def children(generator, length):
        """Draw heights below the length."""
        return {"height": generator.uniform(0, length, 3)}

    return model


def draw(dataset, *further, along="length", width=1):
    """Draw a thing.

    More of it.
    """
    return dataset, further, along, width


def film(dataset, path, *, along="length"):
    return path, along


def test_a_decorated_function_is_a_figure_with_its_docstring_as_the_description(swing):
    @swing.figure(quantities=("twice",), options=("along",))
    def twice_the_length(dataset, *, along="length"):
        """What is twice as long."""
        return "drawn", along

    (figure,) = swing.figures.values()
    assert (figure.kind, figure.description) == ("twice-the-length", "What is twice as long.")
    assert figure.draw is twice_the_length
    assert figure_of(swing, "twice-the-length").options_of(figure.draw) == ("along",)
    swing.figure("other", "Another one")(draw)
    assert list(swing.figures) == ["twice-the-length", "other"]


def test_a_copy_of_a_model_has_its_figures_and_its_own(swing):
    swing.figure("one", "")(draw)
    copy = swing.copy()
    copy.figure("two", "")(draw)
    assert (list(swing.figures), list(copy.figures)) == (["one"], ["one", "two"])
    assert list(swing.replace(twice=lambda length: 3 * length).figures) == ["one"]


def test_a_module_of_figures_is_imported_when_they_are_asked_for(swing, tmp_path, monkeypatch):
    text = "from gridscan.definition.figures import Example, Figure\nFIGURES = [Figure('late', '', print)]\n"
    (tmp_path / "late_figures.py").write_text(text + "EXAMPLES = [Example('first', '', 'late')]\n", encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    swing.figures_in("late_figures")
    assert "late_figures" not in sys.modules
    try:
        assert list(swing.figures) == ["late"]
        assert list(swing.examples) == ["first"]
    finally:
        del sys.modules["late_figures"]


@pytest.mark.parametrize("name", ["red_supergiants", "boosted_dark_matter"])
def test_loading_a_model_that_ships_loads_neither_its_figures_nor_matplotlib(name):
    code = (
        f"import sys, gridscan; model = gridscan.model({name!r});"
        "print([m for m in sys.modules if m.startswith('matplotlib') or m.endswith('.figures')]);"
        "print(len(model.figures) > 0, 'matplotlib' in sys.modules)"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.splitlines() == ["['gridscan.definition.figures']", "True True"]


@pytest.mark.parametrize(
    ("figure", "message"),
    [
        (
            Figure("a", "", draw, quantities=("twise",)),
            "figure 'a' needs the unknown quantity 'twise'; did you mean 't",
        ),
        (Figure("a", "", draw, axes=("lenght",)), "needs the unknown input 'lenght'; did you mean 'length'?"),
        (Figure("a", "", draw, settings={"width": 1}), "needs the unknown input 'width'"),
        (Figure("a", "", draw, population="childs"), "needs the unknown population 'childs'; did you mean 'children'?"),
        (Figure("a", ""), "figure 'a' has no function that draws it"),
        (Figure("quantity", "", draw), "figure 'quantity' needs another name"),
        (Figure("list", "", draw), "figure 'list' needs another name"),
        (Figure("one", "", draw), "figure 'one' is declared twice"),
        (
            Figure("a", "", draw, settings=lambda _: {}),
            "settings that depend on a sample, but no population",
        ),
    ],
)
def test_a_figure_that_cannot_be_drawn_is_refused(swing, figure, message):
    swing.figure("one", "")(draw)
    swing._figures.append(figure)
    with pytest.raises(ModelError) as caught:
        swing.figures  # noqa: B018 — a property that checks
    assert str(caught.value).startswith("model 'swing': figure ")
    assert message in str(caught.value)


def test_an_unknown_figure_is_refused_with_the_nearest(swing):
    swing.figure("curve", "")(draw)
    kinds = "kinds are quantity, violins, corner, her"
    with pytest.raises(ModelError, match=rf"'swing' has no figure 'curv'; did you mean 'curve'\?; {kinds}"):
        figure_of(swing, "curv")


@pytest.mark.parametrize(
    ("others", "axes", "known", "expected"),
    [
        ("none", (), {"b": ["x"]}, ("a", "b")),
        ("any", (), {"b": ["x"]}, ("a", "b")),
        # Of alternatives, that which a result holds; else what has the axes; else the first.
        ("one", (), {"b": ["x"]}, ("b",)),
        ("one", (), {"c": ["x"]}, ("a",)),
        ("one", ("x",), {"c": ["y"], "d": ["y", "x"], "b": []}, ("d",)),
        ("one", ("x",), {}, ("a",)),
    ],
)
def test_what_a_figure_shows_of_a_result(others, axes, known, expected):
    figure = Figure("k", "", draw, quantities=("a", "b"), others=others, axes=axes)
    assert figure.shown(known) == expected


def test_quantities_are_handed_to_the_function_as_it_takes_them():
    for others, given, expected in (("none", [], ()), ("one", ["a"], ("a",)), ("any", ["a", "b"], (["a", "b"],))):
        figure = Figure("k", "", draw, others=others)
        figure.check_asked(given)
        assert figure.arguments(given) == expected
    with pytest.raises(ModelError, match="--kind k takes no quantity; remove 'a'"):
        Figure("k", "", draw).check_asked(["a"])
    with pytest.raises(ModelError, match="--kind k shows one quantity; found 2: a, b"):
        Figure("k", "", draw, others="one").check_asked(["a", "b"])


def test_options_are_those_that_the_function_takes_and_a_seed_goes_with_a_sample():
    figure = Figure("k", "", draw, movie=film, options=("along", "width"), population="children")
    assert figure.options_of(draw) == ("along", "width")
    assert figure.options_of(film) == ("along",)
    assert figure.all_options == ("along", "width", "seed")
    assert Figure("k", "", draw, options=("width",)).all_options == ("width",)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("import nonesuch", "cannot be imported: ModuleNotFoundError: No module named 'nonesuch'"),
        ("FIGURS = ()", "has no FIGURES; did you mean 'FIGURS'"),
        ("FIGURES = 3", "needs FIGURES to be a sequence of Figure, found 3"),
        ("FIGURES = ['period']", r"needs FIGURES to be a sequence of Figure, found \['period'\]"),
        ("FIGURES = ()\nEXAMPLES = {1: 2}", r"needs EXAMPLES to be a sequence of Example, found \{1: 2\}"),
    ],
)
def test_a_faulty_module_of_figures_is_named(swing, tmp_path, monkeypatch, content, message):
    (tmp_path / "swing_figures.py").write_text(content, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "swing_figures", raising=False)
    swing.figures_in("swing_figures")
    with pytest.raises(ModelError, match=f"^model 'swing': its module of figures 'swing_figures' {message}"):
        assert swing.figures is None or swing.examples is None
