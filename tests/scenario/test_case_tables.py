"""[[cases]], dependent values and [uses]: the one clear message of each broken one, with line and column."""

from __future__ import annotations

import tomllib

import jsonschema
import pytest

import gridscan as gs
from gridscan.errors import ScenarioError
from gridscan.scenario.json_schema import json_schema
from gridscan.scenario.reader import Scenario

GOOD = """\
model = "red_supergiants"

[axes]
detector = ["juno", "super-k"]

[parameters]
radius = "1 kpc"

[[cases]]
name = "quiet"
sfr = "1 Msun/yr"

[[cases]]
name = "busy"
sfr = "3 Msun/yr"
imf = "salpeter"

[output]
quantities = ["events_per_year"]
"""
OF_TABLE = GOOD[: GOOD.index("[[cases]]")] + '[cases]\ntable = "cases.csv"\n\n' + GOOD[GOOD.index("[output]") :]
TABLE = "# cases\nname,sfr [Msun/yr],imf\nquiet,1,\nbusy,3,salpeter\n"

#: What is replaced in GOOD, by what, and the message after the name of the file.
BROKEN = {
    "no name": ('name = "busy"\n', "", '13:3: the case has no name; write name = "a word"'),
    "a misspelt name": (
        'name = "busy"',
        'nmae = "busy"',
        "13:3: the case has no name; did you mean 'name' in place of 'nmae'?; write name = \"a word\"",
    ),
    "a number as name": ('name = "busy"', "name = 2", '14:8: the case cannot be named 2; write name = "a word"'),
    "a name twice": ('name = "busy"', 'name = "quiet"', "14:8: two cases are named 'quiet', numbers 1 and 2"),
    "an unknown parameter": (
        'sfr = "3',
        'sfrr = "3',
        "15:1: unknown parameter 'sfrr' of model 'red_supergiants'; did you mean 'sfr'?",
    ),
    "an unknown label": (
        '"salpeter"',
        '"salpetre"',
        "16:7: unknown imf 'salpetre'; did you mean 'salpeter'?; known are kroupa, salpeter, ",
    ),
    "no unit": ('"3 Msun/yr"', "3", "15:7: 'sfr': 3 has no unit; write for example '3 Msun/yr'"),
    "a wrong unit": ("3 Msun/yr", "3 Msun", "15:7: 'sfr': found 'Msun', expected a unit like 'Msun/yr'"),
    "outside the range": (
        "3 Msun/yr",
        "-3 Msun/yr",
        "15:7: 'sfr' cannot be -3 Msun/yr; allowed is a number of at least 0 Msun/yr",
    ),
    "a list": (
        '"3 Msun/yr"',
        '["3 Msun/yr", "4 Msun/yr"]',
        "15:7: 'sfr' takes one value in each case, found ['3 Msun/yr', '4 Msun/yr']; more values are more cases",
    ),
    "an axis too": ("imf =", "detector =", "16:1: 'detector' is given twice, in a case and in [axes]"),
    "a wrong record": (
        '"salpeter"',
        '{ breaks = ["0.1 Msun", "100 Msun"], exponent = [2.35] }',
        "16:44: a record of 'imf' cannot set 'exponent'; did you mean 'exponents'?; allowed are exponents, breaks",
    ),
    "no value at all": (GOOD[GOOD.index("sfr =") : GOOD.index("[output]")], "", "9:3: the cases have names, but give"),
}
#: What is replaced in TABLE, by what, and the message after the name of the scenario.
BROKEN_TABLES = {
    "no name": ("name,", "title,", '10:9: cases.csv:3: the case has no name; write name = "a word"'),
    "an unknown column": (
        ",imf",
        ",imff",
        "10:9: cases.csv:4: unknown parameter 'imff' of model 'red_supergiants'; did",
    ),
    "a wrong unit": ("[Msun/yr]", "[Msun]", "10:9: cases.csv:3: 'sfr': found 'Msun', expected a unit like 'Msun/yr'"),
    "no unit": (" [Msun/yr]", "", "10:9: cases.csv:3: 'sfr': 1 has no unit; write for example '1 Msun/yr'"),
    "a word for a number": ("quiet,1,", "quiet,one,", "10:9: cases.csv:3: 'sfr': "),
    "an empty name": ("quiet,1,", ",1,", '10:9: cases.csv:3: the case has no name; write name = "a word"'),
    "too few cells": ("quiet,1,", "quiet,1", "10:9: cases.csv:3: 2 values for 3 columns"),
}


def read(text, folder):
    """Return the message of a faulty scenario."""
    with pytest.raises(ScenarioError) as caught:
        Scenario.parse(text, folder=folder)
    return str(caught.value)


def test_the_good_one_is_read(tmp_path):
    """What the broken ones are made of is no fault."""
    (tmp_path / "cases.csv").write_text(TABLE)
    for text in (GOOD, OF_TABLE):
        assert Scenario.parse(text, folder=tmp_path).resolved.sizes == {"detector": 2, "case": 2}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_table_has_one_message(name, tmp_path):
    """The message names the place, what was found, and what is allowed."""
    old, new, message = BROKEN[name]
    assert GOOD.count(old) == 1
    found = read(GOOD.replace(old, new), tmp_path)
    assert found.startswith(f"scenario.toml:{message}"), found
    assert "\n" not in found


@pytest.mark.parametrize("name", BROKEN_TABLES)
def test_a_broken_file_of_cases_has_one_message(name, tmp_path):
    """The message has the line of the file too."""
    old, new, message = BROKEN_TABLES[name]
    assert TABLE.count(old) == 1
    (tmp_path / "cases.csv").write_text(TABLE.replace(old, new))
    found = read(OF_TABLE, tmp_path)
    assert found.startswith(f"scenario.toml:{message}"), found
    assert "\n" not in found


@pytest.mark.parametrize(
    ("cases", "message"),
    [
        ("cases = 3", "1:1: cases are rows, each with a name, or the name of a table; found 3"),
        ("cases = {}", "1:1: cases are rows, each with a name, or the name of a table; found {}"),
        ('cases = { tabel = "cases.csv" }', "1:11: unknown key 'tabel'; did you mean 'table'?; allowed is 'table'"),
        ('cases = { table = "other.csv" }', "1:19: {folder}/other.csv: no such file"),
        ("cases = { table = 3 }", "1:19: 'table' takes the name of a comma-separated file, found 3"),
        ('cases = ["a"]', "1:10: a case is a table of values by name, found 'a'"),
    ],
)
def test_no_cases_at_all(cases, message, tmp_path):
    """What is neither rows nor a table."""
    text = f"{cases}\n{GOOD[: GOOD.index('[[cases]]')]}{GOOD[GOOD.index('[output]') :]}"
    found = read(text, tmp_path)
    assert found.startswith(f"scenario.toml:{message.replace('{folder}', str(tmp_path))}"), found
    assert "\n" not in found


def test_the_schema_of_editors_knows_cases():
    """Rows with names, their records, and the name of a file are valid; a misspelt parameter is not."""
    validator = jsonschema.Draft202012Validator(json_schema(gs.model("red_supergiants")))
    record = GOOD.replace('"salpeter"', '{ breaks = ["0.1 Msun", "100 Msun"], exponents = [2.35] }')
    for text in (GOOD, OF_TABLE, record):
        assert validator.is_valid(tomllib.loads(text))
    assert not validator.is_valid(tomllib.loads(GOOD.replace('sfr = "3', 'sfrr = "3')))
    assert not validator.is_valid(tomllib.loads(GOOD.replace('name = "busy"', "")))


PLACES = """model = "red_supergiants"
parameters.arm_outer_radius = { of = "arm_inner_radius", plus = "10 kpc" }
output.quantities = ["carbon_burning_rsg"]
[[cases]]
name = "today"
[[cases]]
name = "burst"
sfr = "10 Msun/yr"
"""


@pytest.mark.parametrize(
    ("chosen", "expected"), [("burst", ["burst"]), (["burst", "today"], ["burst", "today"]), (["today"], ["today"])]
)
def test_cases_are_chosen_by_name(chosen, expected):
    whole = gs.evaluate(gs.Scenario.parse(PLACES))["carbon_burning_rsg"]
    some = gs.evaluate(gs.Scenario.parse(PLACES, overrides={"case": chosen}))["carbon_burning_rsg"]
    assert some["case"].values.tolist() == expected
    assert some.values.tolist() == whole.sel(case=expected).values.tolist()


@pytest.mark.parametrize(("chosen", "shown"), [("brust", "'brust'; did you mean 'burst'?"), ([], "[]"), (3, "3")])
def test_a_case_that_is_not_there_is_refused(chosen, shown):
    with pytest.raises(ScenarioError) as caught:
        gs.Scenario.parse(PLACES, overrides={"case": chosen})
    assert str(caught.value) == f"--set case: there is no case {shown}; there are today, burst"
