"""Where keys and values stand in a TOML text."""

from __future__ import annotations

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridscan.scenario.toml_positions import locate

TEXT = """\
# a comment first
model = "m"    # and one behind

[axes]
sfr = { linspace = [0.5, 5, 10], unit = "Msun/yr" }
"quoted key" = [
    1,    # one
    # none
    2,
]
a.b . "c.d" = true
"größe" = ["ä", "€", "x"]
"""


@pytest.mark.parametrize(
    ("path", "key", "value"),
    [
        (("model",), (2, 1), (2, 9)),
        (("axes",), (4, 2), None),
        (("axes", "sfr"), (5, 1), (5, 7)),
        (("axes", "sfr", "linspace"), (5, 9), (5, 20)),
        (("axes", "sfr", "linspace", 0), None, (5, 21)),
        (("axes", "sfr", "linspace", 2), None, (5, 29)),
        (("axes", "sfr", "unit"), (5, 34), (5, 41)),
        (("axes", "quoted key"), (6, 1), (6, 16)),
        (("axes", "quoted key", 0), None, (7, 5)),
        (("axes", "quoted key", 1), None, (9, 5)),
        (("axes", "a"), (11, 1), None),
        (("axes", "a", "b"), (11, 3), None),
        (("axes", "a", "b", "c.d"), (11, 7), (11, 15)),
        (("axes", "größe"), (12, 1), (12, 11)),
    ],
)
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_keys_and_values_have_line_and_column(path, key, value, line_end):
    positions = locate(TEXT.replace("\n", line_end))
    assert positions.keys.get(path) == key
    assert positions.values.get(path) == value


def test_columns_count_characters_and_not_bytes():
    positions = locate('"größe" = ["ä", "€", "𝛼", "x"]\n')
    assert [positions.values["größe", index] for index in range(4)] == [(1, 12), (1, 17), (1, 22), (1, 27)]


@pytest.mark.parametrize(
    ("text", "path", "place"),
    [
        ("x = [[1, 2], [3, [4]]]", ("x", 1, 1, 0), (1, 19)),
        ("x = { y = { z = 1 } }", ("x", "y", "z"), (1, 17)),
        ("[a.b.c]\nd = 1", ("a", "b", "c", "d"), (2, 5)),
        ("[[t]]\na = 1\n[[t]]\na = 2", ("t", 1, "a"), (4, 5)),
        ("[[t]]\n[t.u]\na = 1\n[[t]]\n[t.u]\na = 2", ("t", 1, "u", "a"), (6, 5)),
        ("[[t]]\n[[t.u]]\na = 1\n[[t.u]]\na = 2", ("t", 0, "u", 1, "a"), (5, 5)),
        ('["x.y"]\nz = 1', ("x.y", "z"), (2, 5)),
        ("'literal' = 1", ("literal",), (1, 13)),
        (r'"\u00e9" = 1', ("é",), (1, 12)),
        ('x = """\nlong\n"""\ny = 1', ("y",), (4, 5)),
        ("x = 1979-05-27", ("x",), (1, 5)),
        ("  x   =   1", ("x",), (1, 11)),
        ("3 = 1", ("3",), (1, 5)),
    ],
)
def test_values_are_found_in_every_form_of_toml(text, path, place):
    content = tomllib.loads(text)
    for part in path:
        content = content[part]
    assert locate(text).values[path] == place


@pytest.mark.parametrize(
    ("path", "at_key", "place"),
    [
        (("axes", "sfr", "linspace", 7), False, (5, 20)),
        (("axes", "sfr", "nothing"), True, (5, 7)),
        (("axes", "sfr"), True, (5, 1)),
        (("axes", "sfr"), False, (5, 7)),
        (("axes", "nothing"), False, (4, 2)),
        (("nothing", "at", "all"), False, (1, 1)),
        ((), False, (1, 1)),
    ],
)
def test_what_is_not_there_is_reported_where_it_would_stand(path, at_key, place):
    assert locate(TEXT).find(path, at_key) == place


_KEYS = st.one_of(st.from_regex(r"[A-Za-z0-9_-]{1,6}", fullmatch=True), st.text("ab .#=é", min_size=1, max_size=5))
_VALUES = st.recursive(
    st.one_of(st.integers(-99, 99), st.booleans(), st.text("ab#]}é,\\", max_size=5)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(_KEYS, inner, max_size=3)),
    max_leaves=8,
)


def _written(value) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_quoted(key)} = {_written(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_written(item) for item in value) + "]"
    return _quoted(value) if isinstance(value, str) else str(value).lower()


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\") + '"'


def _leaves(value, path):
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else None
    if items is None:
        yield path, value
    else:
        for key, item in items:
            yield from _leaves(item, (*path, key))


@given(st.dictionaries(_KEYS, _VALUES, max_size=4))
def test_every_value_stands_where_it_is_said_to(content):
    text = "\n".join(f"{_quoted(key)} = {_written(value)}" for key, value in content.items())
    assert tomllib.loads(text) == content
    positions, lines = locate(text), text.split("\n")
    for path, value in _leaves(content, ()):
        line, column = positions.values[path]
        assert lines[line - 1][column - 1 :].startswith(_written(value))
