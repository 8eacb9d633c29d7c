"""Scenario files: what a good one gives, and the one clear message that each kind of broken one gets."""

from __future__ import annotations

import json
import tomllib

import jsonschema
import numpy as np
import pytest
from click.testing import CliRunner

import gridscan as gs
from gridscan.cli import main
from gridscan.errors import GridscanError, ScenarioError
from gridscan.inputs.shipped_files import shipped_scenarios
from gridscan.scenario.json_schema import json_schema
from gridscan.scenario.reader import Scenario

GOOD = """\
model = "red_supergiants"
title = "A scan"

[axes]
imf = ["kroupa", "top-heavy"]
sfr = { linspace = [0.5, 5, 10], unit = "Msun/yr" }
radius = { values = [0.5, 1, 2], unit = "kpc" }

[axes.zip.place]
sun_x = ["-8 kpc", "-9 kpc"]
sun_y = ["0 kpc", "1 kpc"]

[parameters]
metallicity = 0.014
neutrino_luminosity = "1e38 erg/s"
exponents = [1.3, 2.0]

[catalogue.detector.mine]
fiducial_mass = "3 kt"
electrons_per_mass = "0.6 mol/g"

[output]
quantities = ["flux", "events_per_year"]
path = "out.nc"
"""

#: What is replaced in GOOD, by what, and the message after the name of the file.
BROKEN = {
    "misspelt top-level key": (
        "title =",
        "titel =",
        "2:1: unknown key 'titel'; did you mean 'title'?; {keys}",
    ),
    "misspelt table": (
        "[parameters]",
        "[parameter]",
        "13:2: unknown key 'parameter'; did you mean 'parameters'?; {keys}",
    ),
    "misspelt parameter": (
        "metallicity =",
        "metalicity =",
        "14:1: unknown parameter 'metalicity' of model 'red_supergiants'; did you mean 'metallicity'?",
    ),
    "misspelt axis": (
        "radius =",
        "raduis =",
        "7:1: unknown parameter 'raduis' of model 'red_supergiants'; did you mean 'radius'?",
    ),
    "misspelt zipped axis": (
        "sun_y =",
        "sun_z =",
        "11:1: unknown parameter 'sun_z' of model 'red_supergiants'; did you mean 'sun_y'?",
    ),
    "misspelt quantity": (
        '"events_per_year"]',
        '"events_per_years"]',
        "23:23: model 'red_supergiants' has no quantity 'events_per_years'; did you mean 'events_per_year'?",
    ),
    "misspelt label": (
        '"top-heavy"]',
        '"top-hevy"]',
        "5:18: unknown imf 'top-hevy'; did you mean 'top-heavy'?;"
        " known are kroupa, salpeter, salpeter-single, top-heavy, top-light",
    ),
    "unknown label without neighbour": (
        '"top-heavy"]',
        '"wibble"]',
        "5:18: unknown imf 'wibble'; known are kroupa, salpeter, salpeter-single, top-heavy, top-light",
    ),
    "label of another type": (
        '"top-heavy"]',
        "3]",
        "5:18: 'imf' takes a label, found 3; known are kroupa, salpeter, salpeter-single, top-heavy, top-light",
    ),
    "misspelt catalogue": (
        "[catalogue.detector.mine]",
        "[catalogue.detectors.mine]",
        "18:12: model 'red_supergiants' has no catalogue 'detectors'; did you mean 'detector'?;"
        " it has imf, flavor, detector",
    ),
    "misspelt key of a record": (
        "fiducial_mass =",
        "fiducial_maas =",
        "19:1: a record of 'detector' cannot set 'fiducial_maas'; did you mean 'fiducial_mass'?;"
        " allowed are fiducial_mass, electrons_per_mass",
    ),
    "record lacking a key": (
        'electrons_per_mass = "0.6 mol/g"\n',
        "",
        "18:21: the record 'mine' of 'detector' does not set 'electrons_per_mass'",
    ),
    "wrong unit in a record": ('"3 kt"', '"3 kpc"', "19:17: 'fiducial_mass': found 'kpc', expected a unit like 'kt'"),
    "missing unit in a record": ('"3 kt"', "3", "19:17: 'fiducial_mass': 3 has no unit; write for example '3 kt'"),
    "record that is no table": (
        '[catalogue.detector.mine]\nfiducial_mass = "3 kt"\nelectrons_per_mass = "0.6 mol/g"',
        "[catalogue.detector]\nmine = 3",
        "19:8: 'mine': input should be a valid table, found 3",
    ),
    "wrong unit": (
        '"1e38 erg/s"',
        '"1e38 erg"',
        "15:23: 'neutrino_luminosity': found 'erg', expected a unit like 'erg/s'",
    ),
    "unknown unit": (
        '"1e38 erg/s"',
        '"1e38 ergs/sek"',
        "15:23: 'neutrino_luminosity': unknown unit 'sek' in 'ergs/sek'",
    ),
    "missing unit": (
        '"1e38 erg/s"',
        "1e38",
        "15:23: 'neutrino_luminosity': 1e+38 has no unit; write for example '1e+38 erg/s'",
    ),
    "missing unit in a text": (
        '"1e38 erg/s"',
        '"1e38"',
        "15:23: 'neutrino_luminosity': '1e38' has no unit; expected one like 'erg/s'",
    ),
    "missing unit of an axis": (', unit = "kpc"', "", "7:22: 'radius': 0.5 has no unit; write for example '0.5 kpc'"),
    "wrong unit of an axis": ('unit = "kpc"', 'unit = "yr"', "7:41: 'radius': found 'yr', expected a unit like 'kpc'"),
    "unknown unit of an axis": (
        'unit = "kpc"',
        'unit = "kpcc"',
        "7:41: unknown unit 'kpcc' in 'kpcc'; did you mean 'kpc'?",
    ),
    "unit that is no text": ('unit = "kpc"', "unit = 3", "7:41: 'unit': input should be a valid string, found 3"),
    "unit on a number without one": (
        "0.014",
        '"0.014 kpc"',
        "14:15: 'metallicity': found 'kpc', expected a number without a unit",
    ),
    "text that is no number": (
        '"1e38 erg/s"',
        '"bright"',
        "15:23: 'neutrino_luminosity': 'bright' does not begin with a number; expected a value such as '2 kpc'",
    ),
    "empty text": (
        '"1e38 erg/s"',
        '""',
        "15:23: 'neutrino_luminosity': '' does not begin with a number; expected a value such as '2 kpc'",
    ),
    "text for a number": (
        "0.014",
        '"solar"',
        "14:15: 'metallicity': 'solar' does not begin with a number; expected a value such as '2 kpc'",
    ),
    "boolean": ("0.014", "true", "14:15: 'metallicity': found True, expected a number"),
    "date": ("0.014", "2020-05-01", "14:15: 'metallicity': found 2020-05-01, expected a number"),
    "table for a parameter": (
        "0.014",
        "{ value = 3 }",
        "14:15: 'metallicity' takes one value here; several values make an axis and belong in [axes]",
    ),
    "not a number": ("0.014", "nan", "14:15: 'metallicity' cannot be nan; allowed is a number from 0.014 to 0.017"),
    "infinite": (
        '"1e38 erg/s"',
        '"inf erg/s"',
        "15:23: 'neutrino_luminosity' cannot be inf erg/s; allowed is a number of at least 0 erg/s",
    ),
    "out of range": ("0.014", "0.5", "14:15: 'metallicity' cannot be 0.5; allowed is a number from 0.014 to 0.017"),
    "number of hundreds of digits": (
        "0.014",
        "1" + "0" * 400,
        "14:15: 'metallicity': the whole number is too large to compute with",
    ),
    "negative where only positive is allowed": (
        '"1e38 erg/s"',
        '"-1e38 erg/s"',
        "15:23: 'neutrino_luminosity' cannot be -1e+38 erg/s; allowed is a number of at least 0 erg/s",
    ),
    "out of range on an axis": (
        "values = [0.5, 1, 2]",
        "values = [0.5, -1, 2]",
        "7:27: 'radius' cannot be -1 kpc; allowed is a number of at least 1e-06 kpc",
    ),
    "empty axis": ('["kroupa", "top-heavy"]', "[]", "5:7: the axis 'imf' is empty; give it at least one value"),
    "empty values": (
        "values = [0.5, 1, 2]",
        "values = []",
        "7:10: the axis 'radius' is empty; give it at least one value",
    ),
    "value twice": ("values = [0.5, 1, 2]", "values = [0.5, 1, 0.5]", "7:30: the axis 'radius' contains 0.5 kpc twice"),
    "label twice": ('"top-heavy"]', '"kroupa"]', "5:18: the axis 'imf' contains kroupa twice"),
    "lengths of zipped axes": (
        '"1 kpc"]',
        '"1 kpc", "2 kpc"]',
        "11:9: 'sun_y' has 3 values, but the axes zipped along 'place' have 2",
    ),
    "zipped axis named like a parameter": (
        "[axes.zip.place]",
        "[axes.zip.time]",
        "9:11: 'time' cannot name the zipped axis; use an identifier that is not a name of the model",
    ),
    "zipped axis with an impossible name": (
        "[axes.zip.place]",
        '[axes.zip."the place"]',
        "9:11: 'the place' cannot name the zipped axis; use an identifier that is not a name of the model",
    ),
    "zip without a name": ("[axes.zip.place]", "[axes.zip]", "9:7: zipped axes are written [axes.zip.NAME]"),
    "single value in a zipped axis": (
        '["0 kpc", "1 kpc"]',
        '"0 kpc"',
        "11:9: 'sun_y' takes a list of values here, found '0 kpc'",
    ),
    "parameter zipped twice": (
        "[parameters]",
        '[axes.zip.other]\nsun_x = ["1 kpc", "2 kpc"]\n[parameters]',
        "14:9: 'sun_x' is zipped twice",
    ),
    "linspace of two values": ("[0.5, 5, 10]", "[0.5, 5]", "6:20: linspace takes three values [first, last, how many]"),
    "linspace of no values": (
        "[0.5, 5, 10]",
        "[0.5, 5, 0]",
        "6:29: linspace needs a whole number of values of at least 1, found 0",
    ),
    "linspace of half a value": (
        "[0.5, 5, 10]",
        "[0.5, 5, 2.5]",
        "6:29: linspace needs a whole number of values of at least 1, found 2.5",
    ),
    "linspace with a unit as number": (
        "[0.5, 5, 10]",
        '["0.5 kpc", 5, 10]',
        "6:21: 'sfr': found 'kpc', expected a unit like 'Msun/yr'",
    ),
    "linspace that is no list": ("[0.5, 5, 10]", "5", "6:20: 'linspace': input should be a valid list, found 5"),
    "linspace of a boolean": (
        "[0.5, 5, 10]",
        "[true, 5, 10]",
        "6:21: 'linspace': expected numbers or texts with a unit, found True",
    ),
    "geomspace through zero": (
        "linspace = [0.5, 5, 10]",
        "geomspace = [0, 5, 10]",
        "6:21: geomspace needs two ends of the same sign, not zero; found 0 and 5",
    ),
    "arange with a step that leads away": (
        "linspace = [0.5, 5, 10]",
        "arange = [0.5, 5, -1]",
        "6:27: a step of -1 does not lead from 0.5 to 5",
    ),
    "axis too long": (
        "linspace = [0.5, 5, 10]",
        "arange = [0.5, 5, 1e-9]",
        "6:27: the axis has 4,500,000,000 values; at most 10,000,000 are allowed",
    ),
    "axis described twice": (
        "linspace = [0.5, 5, 10]",
        "linspace = [0.5, 5, 10], values = [1]",
        "6:7: an axis takes exactly one of values, linspace, geomspace, arange; found values and linspace",
    ),
    "axis not described": (
        "linspace = [0.5, 5, 10], ",
        "",
        "6:7: an axis takes exactly one of values, linspace, geomspace, arange; found none",
    ),
    "misspelt key of an axis": (
        "linspace =",
        "linspce =",
        "6:9: unknown key 'linspce'; did you mean 'linspace'?; allowed are values, linspace, geomspace, arange, unit,"
        " weight",
    ),
    "range of labels": (
        '["kroupa", "top-heavy"]',
        "{ linspace = [0, 1, 2] }",
        "5:9: 'imf' is not a number; give its values as a list",
    ),
    "single value in axes": (
        '["kroupa", "top-heavy"]',
        '"kroupa"',
        "5:7: an axis takes a list of values, found 'kroupa'; a single value belongs in [parameters]",
    ),
    "list in parameters": (
        "0.014",
        "[0.014, 0.017]",
        "14:15: 'metallicity' takes one value here; several values make an axis and belong in [axes]",
    ),
    "axis given twice": (
        "metallicity =",
        'sfr = "1 Msun/yr"\nmetallicity =',
        "14:1: 'sfr' is given twice, here and in [axes]",
    ),
    "zipped axis given twice": (
        "metallicity =",
        'sun_x = "1 kpc"\nmetallicity =',
        "14:1: 'sun_x' is given twice, here and in [axes]",
    ),
    "vector that is a number": ("[1.3, 2.0]", "1.3", "16:13: 'exponents' takes a list of numbers, found 1.3"),
    "empty vector": ("[1.3, 2.0]", "[]", "16:13: 'exponents' takes a list of numbers, found []"),
    "wrong item of a vector": (
        "[1.3, 2.0]",
        '[1.3, "kpc"]',
        "16:19: 'exponents': 'kpc' does not begin with a number; expected a value such as '2 kpc'",
    ),
    "impossible choice": (
        "metallicity =",
        'cross_section = "quadratic"\nmetallicity =',
        "14:17: 'cross_section' cannot be 'quadratic'; allowed is one of linear, tree-level",
    ),
    "fraction of a count": (
        "metallicity =",
        "arm_count = 2.5\nmetallicity =",
        "14:13: 'arm_count' cannot be 2.5; allowed is a whole number of at least 1",
    ),
    "no output": (
        '[output]\nquantities = ["flux", "events_per_year"]\npath = "out.nc"\n',
        "",
        "1:1: the key 'output' is missing",
    ),
    "output without quantities": (
        'quantities = ["flux", "events_per_year"]\n',
        "",
        "22:2: the key 'quantities' is missing",
    ),
    "no quantity": ('["flux", "events_per_year"]', "[]", "23:14: no quantity is requested; the model has {quantities}"),
    "quantities that are no list": (
        '["flux", "events_per_year"]',
        '"flux"',
        "23:14: 'quantities': input should be a valid list, found 'flux'",
    ),
    "quantity that is no text": (
        '["flux", "events_per_year"]',
        '["flux", 3]',
        "23:23: 'quantities': input should be a valid string, found 3",
    ),
    "quantity asked for twice": ('"events_per_year"]', '"flux"]', "23:23: 'flux' is requested twice"),
    "quantity given and asked for": (
        "metallicity =",
        'flux = "1 / cm^2 / s"\nmetallicity =',
        "24:15: 'flux' is given a value, so there is nothing to compute for it",
    ),
    "parameter asked for": (
        '"events_per_year"]',
        '"radius"]',
        "23:23: model 'red_supergiants' has no quantity 'radius'; it has {quantities}",
    ),
    "output of another kind": (
        '"out.nc"',
        '"out.csv"',
        "24:8: 'out.csv' does not end in .nc; the output is a netCDF file",
    ),
    "unknown key of the output": (
        "path = ",
        "paht = ",
        "24:1: unknown key 'paht'; did you mean 'path'?; allowed are format, compression, quantities, path, types,"
        " derived",
    ),
    "output path that is no text": ('"out.nc"', "3", "24:8: 'path': input should be a valid string, found 3"),
    "no model": ('model = "red_supergiants"\n', "", "1:1: the key 'model' is missing"),
    "unknown model": (
        '"red_supergiants"',
        '"red_supergiant"',
        "1:9: unknown model 'red_supergiant'; did you mean 'red_supergiants'?; installed are boosted_dark_matter,"
        " presupernova, red_supergiants; name one of your own with --model FILE.py:NAME or MODULE:NAME",
    ),
    "model that is a file": (
        '"red_supergiants"',
        '"mine.py:model"',
        "1:9: a scenario cannot name Python code; write a plain name here, and run it with --model mine.py:model",
    ),
    "model that is no text": ('"red_supergiants"', "3", "1:9: 'model': input should be a valid string, found 3"),
    "title that is no text": (
        '"A scan"',
        '["A scan"]',
        "2:9: 'title': input should be a valid string, found ['A scan']",
    ),
    "axes that are no table": (
        GOOD[GOOD.index("[axes]") : GOOD.index("[parameters]")],
        "axes = 3\n",
        "4:8: 'axes': input should be a valid table, found 3",
    ),
    "unclosed string": ('"A scan"', '"A scan', "2:16: not valid TOML: the line ends inside a string"),
    "unclosed list": ('"top-heavy"]', '"top-heavy"', "6:1: not valid TOML: unclosed array"),
    "key twice": ("sfr =", 'imf = ["kroupa"]\nsfr =', "6:17: not valid TOML: duplicate key"),
    "table twice": ("[parameters]", "[axes]", "13:6: not valid TOML: duplicate table 'axes'"),
    "value missing": ("0.014", "", "14:15: not valid TOML: invalid value"),
    "bare word": ("0.014", "solar", "14:15: not valid TOML: invalid value"),
    "number of thousands of digits": ("0.014", "1" * 5000, "14:1: not valid TOML: an integer with too many digits"),
    "key without equals sign": (
        "metallicity = 0.014",
        "metallicity 0.014",
        "14:13: not valid TOML: expected '=' after a key in a key/value pair",
    ),
    "nesting without end": ("0.014", "[" * 5000, "1:1: not valid TOML: nested too deeply"),
    "deep nesting": ("0.014", "[" * 900 + "]" * 900, "1:1: not valid TOML: nested too deeply"),
    "deep key": ("metallicity", "a." * 3000 + "b", "1:1: not valid TOML: nested too deeply"),
    "control character": ("A scan", "A \x01 scan", "2:12: not valid TOML: a control character, U+0001; remove it"),
    "expression": (
        "0.014",
        '"0.007 * 2"',
        "14:15: 'metallicity': '2' is not a unit: did not expect '2'; a unit contains no number",
    ),
    "code": (
        "0.014",
        "\"__import__('os').getcwd()\"",
        "14:15: 'metallicity': \"__import__('os').getcwd()\" does not begin with a number;"
        " expected a value such as '2 kpc'",
    ),
    "parameters that are no table": (
        '[parameters]\nmetallicity = 0.014\nneutrino_luminosity = "1e38 erg/s"\nexponents = [1.3, 2.0]\n',
        "[[parameters]]\nmetallicity = 0.014\n",
        "13:3: 'parameters': input should be a valid table, found [{'metallicity': 0.014}]",
    ),
    "unit of labels": (
        '["kroupa", "top-heavy"]',
        '{ values = ["kroupa"], unit = "kpc" }',
        "5:30: 'imf' is not a number and has no unit",
    ),
}


def broken(kind: str) -> tuple[str, str]:
    """Return the text of a broken scenario, and the message that it has to give."""
    old, new, message = BROKEN[kind]
    assert GOOD.count(old) == 1
    names = ", ".join(gs.model("red_supergiants").quantities)
    keys = "allowed are model, title, description, axes, parameters, uncertain, cases, correlated, design, catalogue, "
    keys += "uses, sampling, output"
    return GOOD.replace(old, new), message.replace("{quantities}", names).replace("{keys}", keys)


def faults_of(text: str, **options) -> list[str]:
    with pytest.raises(ScenarioError) as caught:
        Scenario.parse(text, name="s.toml", **options)
    return str(caught.value).splitlines()


def test_there_are_at_least_forty_kinds_of_broken_files():
    assert len(BROKEN) >= 40
    assert len({message for _, _, message in BROKEN.values()}) > 80


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_file_gives_one_clear_message_with_line_and_column(kind):
    text, message = broken(kind)
    assert faults_of(text) == [f"s.toml:{message}"]


@pytest.mark.parametrize("kind", BROKEN)
def test_the_command_line_reports_a_broken_file_with_status_two_and_no_traceback(kind, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    text, message = broken(kind)
    (tmp_path / "s.toml").write_text(text, encoding="utf-8")
    result = CliRunner().invoke(main, ["check", "s.toml"])
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr == f"error: s.toml:{message}\n"


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("s.toml", b"title = '\xff'", "s.toml: not UTF-8 text (byte 9); expected a TOML file"),
        ("s.toml", b"\xff\xfe\x00", "s.toml: not UTF-8 text (byte 0); expected a TOML file"),
        ("s.toml", b"", "s.toml:1:1: the key 'model' is missing\ns.toml:1:1: the key 'output' is missing"),
        ("s.toml", b"# nothing\n", "s.toml:1:1: the key 'model' is missing\ns.toml:1:1: the key 'output' is missing"),
        ("t.toml", b"", "s.toml: there is no such file; did you mean 't.toml'?"),
        ("nothing.txt", b"", "s.toml: there is no such file"),
        ("s.toml", None, "s.toml: cannot be read: Is a directory"),
    ],
)
def test_a_file_that_cannot_be_read_is_reported(name, content, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / name).mkdir() if content is None else (tmp_path / name).write_bytes(content)
    with pytest.raises(ScenarioError) as caught:
        Scenario.load("s.toml")
    assert str(caught.value) == message
    result = CliRunner().invoke(main, ["check", "s.toml"])
    assert result.exit_code == 2
    assert result.stderr.removeprefix("error: ") == message + "\n"


TEN_FAULTS = """\
model = "red_supergiants"
titel = "A scan"

[axes]
imf = ["kroupa", "top-hevy"]
sfr = { linspace = [0.5, 5], unit = "Msun/yr" }
radius = { values = [0.5, 1, 0.5], unit = "kpc" }
time = []

[parameters]
metalicity = 0.014
mean_energy = "1 kpc"

[catalogue.detector.mine]
fiducial_mass = "3 kt"

[output]
quantities = ["flux", "event_per_year"]
path = "out.csv"
"""


def test_ten_faults_of_one_file_are_reported_at_once_and_in_order():
    assert faults_of(TEN_FAULTS) == [
        "s.toml:2:1: unknown key 'titel'; did you mean 'title'?; allowed are model, title, description, axes,"
        " parameters, uncertain, cases, correlated, design, catalogue, uses, sampling, output",
        "s.toml:5:18: unknown imf 'top-hevy'; did you mean 'top-heavy'?;"
        " known are kroupa, salpeter, salpeter-single, top-heavy, top-light",
        "s.toml:6:20: linspace takes three values [first, last, how many]",
        "s.toml:7:30: the axis 'radius' contains 0.5 kpc twice",
        "s.toml:8:8: the axis 'time' is empty; give it at least one value",
        "s.toml:11:1: unknown parameter 'metalicity' of model 'red_supergiants'; did you mean 'metallicity'?",
        "s.toml:12:15: 'mean_energy': found 'kpc', expected a unit like 'MeV'",
        "s.toml:14:21: the record 'mine' of 'detector' does not set 'electrons_per_mass'",
        "s.toml:18:23: model 'red_supergiants' has no quantity 'event_per_year'; did you mean 'events_per_year'?",
        "s.toml:19:8: 'out.csv' does not end in .nc; the output is a netCDF file",
    ]


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_a_good_file_is_read_whatever_its_line_ends_and_byte_order_mark(tmp_path, line_end):
    path = tmp_path / "good.toml"
    path.write_bytes(b"\xef\xbb\xbf" + GOOD.replace("\n", line_end).encode())
    scenario = Scenario.load(path)
    assert scenario.model is gs.model("red_supergiants")
    assert scenario.quantities == ["flux", "events_per_year"]
    assert scenario.output_path == tmp_path / "out.nc"
    assert scenario.resolved.sizes == {"imf": 2, "sfr": 10, "radius": 3, "place": 2}
    assert scenario.resolved.coordinates["sun_x"].dims == ("place",)
    assert float(scenario.resolved.coordinates["neutrino_luminosity"].values) == 1e38
    np.testing.assert_allclose(scenario.resolved.coordinates["sfr"].values, np.linspace(0.5, 5, 10))
    mine = Scenario.load(path, overrides={"detector": "mine"})
    assert float(mine.resolved.coordinates["fiducial_mass"].values) == 3


def test_line_ends_do_not_move_the_place_of_a_fault():
    text, message = broken("out of range on an axis")
    assert faults_of(text.replace("\n", "\r\n")) == [f"s.toml:{message}"]


def test_columns_count_characters():
    assert faults_of(GOOD.replace('"kroupa", ', '"größe", '))[0].startswith("s.toml:5:8: unknown imf 'größe'")
    assert faults_of(GOOD.replace('"kroupa", "top', '"kröupa", "tüp'))[1].startswith("s.toml:5:18: unknown imf 'tüp-")


def test_the_output_lies_beside_the_scenario_under_its_name_by_default(tmp_path):
    text = GOOD.replace('path = "out.nc"\n', "")
    assert Scenario.parse(text, name="a/scan.toml", folder=tmp_path).output_path == tmp_path / "scan.nc"


TOY = """\
model = "planet"
[axes]
planet = ["earth", "mars"]
[axes.zip.pair]
luminosity = ["1 Lsun", "2 Lsun"]
moons = [0, 1]
[parameters]
end = "5 yr"
[output]
quantities = ["temperature"]
"""


def test_a_model_can_be_given_beside_the_file(toy):
    scenario = Scenario.parse(TOY, model=toy)
    assert scenario.model is toy
    assert scenario.resolved.sizes == {"planet": 2, "pair": 2}


@pytest.mark.parametrize(
    ("overrides", "sizes"),
    [
        ({"end": "7 yr"}, {"planet": 2, "pair": 2}),
        ({"end": ["7 yr", "8 yr"]}, {"planet": 2, "pair": 2, "end": 2}),
        ({"planet": ["venus"]}, {"planet": 1, "pair": 2}),
        ({"planet": "venus"}, {"pair": 2}),
        ({"luminosity": "3 Lsun"}, {"planet": 2, "pair": 2}),
        ({"moons": [1, 2, 3], "luminosity": "1 Lsun"}, {"planet": 2, "moons": 3}),
        ({"sky": ["overcast", "clear"]}, {"planet": 2, "pair": 2, "sky": 2}),
    ],
)
def test_overrides_win_over_the_file(toy, overrides, sizes):
    scenario = Scenario.parse(TOY, model=toy, overrides=overrides)
    assert list(scenario.resolved.sizes.items()) == list(sizes.items())
    for name, value in overrides.items():
        shown = scenario.resolved.coordinates[name].values
        first = value[0] if isinstance(value, list) else value
        assert str(np.ravel(shown)[0]).startswith(str(first).split()[0])


def test_an_override_can_mend_a_faulty_file(toy):
    text = TOY.replace('end = "5 yr"', 'end = "5 kg"')
    assert faults_of(text, model=toy) == ["s.toml:8:7: 'end': found 'kg', expected a unit like 'yr'"]
    assert float(Scenario.parse(text, model=toy, overrides={"end": "6 yr"}).resolved.coordinates["end"].values) == 6


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ({"ende": "7 yr"}, "--set ende: unknown parameter 'ende' of model 'planet'; did you mean 'end'?"),
        ({"end": "7 kg"}, "--set end: 'end': found 'kg', expected a unit like 'yr'"),
        ({"end": 7}, "--set end: 'end': 7 has no unit; write for example '7 yr'"),
        (
            {"planet": "erth"},
            "--set planet: unknown planet 'erth'; did you mean 'earth'?; known are earth, mars, venus",
        ),
    ],
)
def test_a_faulty_override_is_reported_by_its_name(toy, overrides, message):
    assert faults_of(TOY, model=toy, overrides=overrides) == [message]


def test_a_scenario_never_runs_code(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "evil.py").write_text("raise SystemExit('executed')")
    for name in ("evil", "evil.py", "evil.py:model", "gridscan.models", "os"):
        with pytest.raises(GridscanError):
            Scenario.parse(GOOD.replace('"red_supergiants"', f'"{name}"'))


@pytest.mark.parametrize("name", shipped_scenarios())
def test_a_shipped_scenario_is_valid_for_gridscan_and_for_the_schema_of_editors(name):
    text = shipped_scenarios()[name].read_text(encoding="utf-8")
    scenario = Scenario.parse(text)
    schema = json_schema(scenario.model)
    jsonschema.Draft202012Validator.check_schema(schema)
    assert not list(jsonschema.Draft202012Validator(schema).iter_errors(tomllib.loads(text)))


#: Broken files that an editor can underline already while they are written.
SEEN_BY_EDITORS = [
    *("misspelt top-level key", "misspelt parameter", "misspelt axis", "misspelt quantity", "misspelt catalogue"),
    *("missing unit", "boolean", "impossible choice", "no output", "quantities that are no list", "unknown model"),
    *("misspelt key of an axis", "single value in axes", "list in parameters", "vector that is a number", "empty axis"),
    *("linspace of two values", "linspace of a boolean", "unit that is no text", "title that is no text"),
]


@pytest.fixture(scope="module")
def editor():
    """What an editor refuses; the schema itself is checked once."""
    schema = json_schema(gs.model("red_supergiants"))
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    validator.validate(tomllib.loads(GOOD))
    return validator


@pytest.mark.parametrize("kind", SEEN_BY_EDITORS)
def test_the_schema_refuses_what_an_editor_can_see(kind, editor):
    assert not editor.is_valid(tomllib.loads(broken(kind)[0]))


def test_the_schema_of_any_model_is_plain_json(toy):
    schema = json.loads(json.dumps(json_schema(toy)))
    assert set(schema["properties"]["parameters"]["properties"]) == set(toy.names)
    assert schema["$defs"]["axes"]["properties"]["sky"]["anyOf"][0]["items"]["enum"] == ["clear", "overcast"]
    assert schema["title"] == "gridscan: planet"


@pytest.mark.parametrize("order", [1, -1])
def test_a_name_that_is_both_an_axis_and_zipped_is_refused(order):
    plain = '[axes]\nradius = ["1 kpc", "2 kpc"]\n'
    zipped = '[axes.zip.both]\nradius = ["5 kpc", "6 kpc"]\nsfr = ["1 Msun/yr", "2 Msun/yr"]\n'
    tables = "".join([plain, zipped][::order])
    text = f'model = "red_supergiants"\n{tables}[output]\nquantities = ["flux"]\n'
    with pytest.raises(ScenarioError, match=r"'radius' is given twice, here and in \[axes\]"):
        Scenario.parse(text, name="s.toml")
