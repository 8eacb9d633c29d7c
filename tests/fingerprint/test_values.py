"""Digests of what functions hold: the same for what holds the same, in every process, and never by chance."""

from __future__ import annotations

import copy
import enum
import functools
import itertools
import math
import os
import random
import socket
import sys
import weakref
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridscan.fingerprint.identity import changes, code_of, incomparable
from gridscan.fingerprint.values import Incomparable, Values, digest


def _made(value):
    def inner(x):
        return value, x

    return inner


def _with_default(value):
    def inner(x, given=value):
        return x, given

    return inner


def _with_named_default(value):
    def inner(x, *, named=value):
        return x, named

    return inner


def _with_attribute(value):
    def inner(x):
        return x

    inner.note = value
    return inner


class Holder:
    def __init__(self, value) -> None:
        self.value = value

    def __call__(self, x):
        return self.value, x

    def method(self, x):
        return self.value + x


class Slotted:
    __slots__ = ("value",)

    def __init__(self, value) -> None:
        self.value = value


@dataclass(frozen=True)
class Record:
    value: object
    size: int = 3


class Colour(enum.Enum):
    RED = 1
    BLUE = 2


WAYS = [
    _made,
    _with_default,
    _with_named_default,
    _with_attribute,
    Holder,
    lambda value: Holder(value).method,
    lambda value: functools.partial(_made, value),
    lambda value: functools.partial(_made, named=value),
    lambda value: functools.lru_cache(_made(value)),
    lambda value: functools.wraps(_made(0))(_made(value)),
    lambda value: _made(_made(value)),
    lambda value: _made([{"a": (value,)}]),
    lambda value: _made(Record(value)),
    lambda value: _made(Slotted(value)),
    lambda value: _made(SimpleNamespace(value=value)),
    lambda value: _made([value].index),
]


@pytest.mark.parametrize("way", WAYS)
def test_a_value_that_a_function_holds_counts_wherever_it_is_held(way):
    assert code_of(way(1.5)) == code_of(way(1.5))
    assert code_of(way(1.5)) != code_of(way(2.5))


DIFFERENT = [
    *(0, 1, -1, True, None, 0.0, -0.0, 1.0, float("nan"), float("inf"), 1j, "", "1", "a", "\udcff", b"a", b"", ...),
    *([], [1], [1, 2], [2, 1], (), (1,), (1, 2), {}, {1: 2}, {2: 1}, {1, 2}, frozenset({1, 2}), {"a": [1]}),
    *({"a": (1,)}, [[1], 2], [[1, 2]], [1, [2]], range(3), slice(1, 2), bytearray(b"a"), Path("a"), Path("b")),
    *(np.arange(3), np.arange(3.0), np.arange(4), np.arange(3)[:, None], np.zeros(2)),
    *(np.zeros(2, dtype=int), np.zeros((1, 2)), np.float64(1), np.float32(1), np.int64(1)),
    *(np.dtype("f8"), np.array([1, "a"], dtype=object)),
    *(np.sin, np.cos, math.sin, len, int, float, Holder, Record, Colour.RED, Colour.BLUE),
    *(Record(1), Record(2), Record(1, 4), Holder(1), Holder(2), Slotted(1), np, os, functools.partial(len)),
    *(_made(1), _made(2), lambda x: x, lambda x: -x, lambda y: y, lambda x: (x, 1), lambda x: (x, 1.0)),
    *(lambda x: (x, True), lambda x, /: x, lambda *, x: x, lambda x: [-i for i in x]),
    *(lambda x: (-i for i in x), lambda x: x.a, lambda x: x.b, int.__add__, float.__add__, (1).__add__, (2).__add__),
    *(Holder(1).method, Holder(2).method, Holder.method, [1].append, [2].append, [1].index),
]  # fmt: skip


def test_different_values_have_different_digests():
    values = Values(lambda _: None)
    digests = [values.of(value) for value in DIFFERENT]
    same = [
        (a, b) for (a, one), (b, two) in itertools.combinations(zip(DIFFERENT, digests, strict=True), 2) if one == two
    ]
    assert not same


def test_where_one_part_ends_counts():
    assert len({digest("ab", "c"), digest("a", "bc"), digest("abc"), digest("", "abc"), digest("abc", "")}) == 5


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner) | st.tuples(inner, inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(PLAIN, PLAIN)
def test_values_have_one_digest_exactly_if_they_are_written_in_one_way(first, second):
    values = Values(lambda _: None)
    assert values.of(first) == values.of(copy.deepcopy(first))
    assert (values.of(first) == values.of(second)) == (repr(first) == repr(second))


@given(st.sets(st.integers() | st.text()))
def test_the_order_in_which_a_set_was_filled_does_not_count(items):
    values = Values(lambda _: None)
    backwards = sorted(items, key=repr, reverse=True)
    assert values.of(items) == values.of(set(backwards))


@pytest.mark.parametrize(
    "value",
    [
        (item for item in [1]),
        np.frompyfunc(lambda x: x, 1, 1),
        socket.socket(),
        weakref.ref(Holder),
        random.SystemRandom(),
        sys._getframe(),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_says_nothing_of_its_content_is_never_the_same(value):
    with pytest.raises(Incomparable, match=type(value).__name__):
        Values(lambda _: None).of(value)
    holder = _made([value])
    assert code_of(holder) != code_of(holder)
    (name,) = incomparable(code_of(holder))
    assert type(value).__name__ in name


def test_an_open_file_is_never_the_same(tmp_path):
    with open(tmp_path / "file", "w") as file:
        assert incomparable(code_of(_made(file))) == ["function inner of test_values.py (which holds a TextIOWrapper)"]


def test_cycles_of_values_and_functions_end():
    cycle = [1]
    cycle.append(cycle)
    assert code_of(_made(cycle)) == code_of(_made(cycle))
    functions = {}
    exec("def even(n): return n == 0 or odd(n - 1)\ndef odd(n): return n > 0 and even(n - 1)", functions)
    assert {"function even", "function odd"} <= set(code_of(functions["even"]))

    def itself(n):
        return itself(n - 1) if n else 0

    assert code_of(itself) == code_of(itself)


def test_two_functions_of_one_name_both_count():
    def code(first, second):
        names = {}
        cell = "def f(x): return {}\nkept = [f]\ndef f(x): return {}\ndef formula(x): return kept, f"
        exec(cell.format(first, second), names)
        return code_of(names["formula"])["function f"]

    assert len({code(1, 2), code(3, 2), code(1, 4)}) == 3


def test_a_long_chain_of_helpers_is_followed_to_its_end():
    lines = [f"def f{i}(x): return f{i + 1}(x)" for i in range(3000)]

    def code(end):
        names = {}
        exec("\n".join([*lines, f"def f3000(x): return {end}"]), names)
        return code_of(names["f0"])

    assert changes(code(1), code(2)) == "function f3000 has changed"
