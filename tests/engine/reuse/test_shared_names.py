"""Functions of a model that share a name are told apart: the change of one is seen in what is made of both."""

import functools

import pytest

import gridscan as gs

SCENARIO = """
model = "pair"
axes.length = { values = [1, 2], unit = "m" }
output.quantities = ["below", "above"]
"""


def made(factor):
    def product(**given):
        return factor * sum(given.values())

    return product


class Product:
    def __init__(self, factor):
        self.factor = factor

    def __call__(self, **given):
        return self.factor * sum(given.values())


WAYS = {
    "lambda with a default": lambda k, m: (lambda length, k=k: k * length, lambda below, m=m: m * below),
    "lambda that encloses": lambda k, m: (lambda length: k * length, lambda below: m * below),
    "function that a function made": lambda k, m: (_named(made(k), "length"), _named(made(m), "below")),
    "partial function": lambda k, m: (functools.partial(scaled_length, k), functools.partial(scaled_below, m)),
    "instance of a class": lambda k, m: (OfLength(k), OfBelow(m)),
}


def _named(function, name):
    return {"length": lambda length: function(length=length), "below": lambda below: function(below=below)}[name]


def scaled_length(factor, length):
    return factor * length


def scaled_below(factor, below):
    return factor * below


class OfLength(Product):
    def __call__(self, length):
        return self.factor * length


class OfBelow(Product):
    def __call__(self, below):
        return self.factor * below


def pair(way, first, second):
    model = gs.Model("pair", "Two quantities, one made of the other")
    model.parameter("length", "1 m", "Length")

    @model.quantity("m")
    def below(length):
        return length

    @model.quantity("m")
    def above(below):
        return below

    one, other = WAYS[way](first, second)
    return model.replace(below=one, above=other)


@pytest.mark.parametrize("way", WAYS)
def test_an_edit_of_one_of_two_functions_of_a_name_is_never_missed(way, tmp_path):
    def run(first, second):
        written = gs.run(gs.Scenario.parse(SCENARIO, model=pair(way, first, second)), output=tmp_path / "pair.nc")
        with gs.open(written) as found:
            assert found["below"].values.tolist() == [first, 2 * first]
            assert found["above"].values.tolist() == [first * second, 2 * first * second]
        return written.computed

    assert run(2, 3) == 4
    assert run(2, 3) == 0
    assert run(5, 3) == 4
    assert run(5, 7) == 2
