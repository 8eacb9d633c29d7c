"""[uncertain], [[correlated]] and [design]: the one clear message of each broken one, with line and column."""

from __future__ import annotations

import tomllib

import jsonschema
import pytest

import gridscan as gs
from gridscan.errors import ScenarioError
from gridscan.scenario.json_schema import json_schema
from gridscan.scenario.reader import Scenario
from gridscan.scenario.template import starter

GOOD = """\
model = "red_supergiants"

[axes]
detector = ["juno", "super-k"]

[parameters]
radius = "1 kpc"

[uncertain]
sfr = { normal = [2.0, 0.5], unit = "Msun/yr", minimum = 0.1 }
neutrino_luminosity = { lognormal = ["1e38 erg/s", 3] }
arm_pitch = { uniform = ["10 deg", "14 deg"] }
mean_energy = { triangular = ["0.8 MeV", "0.9 MeV", "1.2 MeV"] }
pinching = { gamma = { a = 4.0, scale = 0.5 } }
imf = { choice = ["kroupa", "salpeter"], weights = [2, 1] }
time = { table = "posterior.csv", column = "age" }

[[correlated]]
parameters = ["sun_x", "sun_y"]
covariance = [[0.01, 0.002], [0.002, 0.02]]
unit = "kpc"

[[correlated]]
parameters = ["sfr", "arm_pitch"]
correlation = [[1, 0.3], [0.3, 1]]

[design]
method = "sobol"
points = 64
seed = 1

[output]
quantities = ["events_per_year"]
"""
TABLE = "# a posterior\nage [Myr],weight,bad\n8,1,\n10,2,x\n12,1,3\n"

LAWS = (
    "known are normal, lognormal, uniform, log-uniform, triangular, choice, table, arcsine, beta, cauchy, chi2, expon,"
    " gamma, genpareto, gumbel_l, gumbel_r, halfcauchy, invgamma, laplace, logistic, lomax, maxwell, pareto, powerlaw,"
    " rayleigh, t, weibull_min"
)
SFR = 'sfr = { normal = [2.0, 0.5], unit = "Msun/yr", minimum = 0.1 }'
PITCH = 'arm_pitch = { uniform = ["10 deg", "14 deg"] }'
LUMINOSITY = 'neutrino_luminosity = { lognormal = ["1e38 erg/s", 3] }'
ENERGY = 'mean_energy = { triangular = ["0.8 MeV", "0.9 MeV", "1.2 MeV"] }'
PINCHING = "pinching = { gamma = { a = 4.0, scale = 0.5 } }"
IMF = 'imf = { choice = ["kroupa", "salpeter"], weights = [2, 1] }'
AGE = 'time = { table = "posterior.csv", column = "age" }'
COVARIANCE = "covariance = [[0.01, 0.002], [0.002, 0.02]]"
CORRELATION = "correlation = [[1, 0.3], [0.3, 1]]"

#: What is replaced in GOOD, by what, and the message after the name of the file.
BROKEN = {
    "unknown parameter": (
        "sfr = {",
        "sfrr = {",
        "10:1: unknown parameter 'sfrr' of model 'red_supergiants'; did you mean 'sfr'?",
    ),
    "unknown distribution": ("{ normal =", "{ norml =", "10:9: unknown distribution 'norml'; did you mean 'normal'?"),
    "no distribution": (SFR, 'sfr = { unit = "Msun/yr" }', "10:7: 'sfr' has no distribution; {laws}"),
    "two distributions": (
        '["10 deg", "14 deg"]',
        '["10 deg", "14 deg"], normal = ["1 deg", "1 deg"]',
        "12:47: 'arm_pitch' takes exactly one distribution; found uniform and normal",
    ),
    "a plain value": (
        SFR,
        'sfr = "2 Msun/yr"',
        "10:7: 'sfr' takes a distribution here, such as { normal = [mean, standard deviation] }, found '2 "
        "Msun/yr'; a known value belongs in [parameters]",
    ),
    "a list of values": (
        SFR,
        "sfr = [1, 2]",
        "10:7: 'sfr' takes a distribution here, such as { normal = [mean, standard deviation] }, found [1, "
        "2]; a known value belongs in [parameters]",
    ),
    "an unknown key": (
        "minimum =",
        "minimun =",
        "10:48: unknown key 'minimun' beside 'normal'; did you mean 'minimum'?; allowed are normal, unit, "
        "minimum, maximum",
    ),
    "weights beside a normal distribution": (
        "minimum = 0.1",
        "weights = [1, 2]",
        "10:48: unknown key 'weights' beside 'normal'; allowed are normal, unit, minimum, maximum",
    ),
    "too many numbers": (
        "[2.0, 0.5]",
        "[2.0, 0.5, 1]",
        "10:18: normal takes [mean, standard deviation], found 3 values",
    ),
    "one number": ("[2.0, 0.5]", "2.0", "10:18: normal takes [mean, standard deviation], found 2.0"),
    "no unit": (', unit = "Msun/yr", minimum = 0.1', "", "10:19: 'sfr': 2 has no unit; write for example '2 Msun/yr'"),
    "a wrong unit": (
        'unit = "Msun/yr"',
        'unit = "Msun/kpc"',
        "10:37: 'sfr': found 'Msun/kpc', expected a unit like 'Msun/yr'",
    ),
    "an unknown unit": (
        'unit = "Msun/yr"',
        'unit = "Msun/yaer"',
        "10:37: 'sfr': unknown unit 'yaer' in 'Msun/yaer'; did you mean 'year'?",
    ),
    "a number of another dimension": (
        '"10 deg"',
        '"10 kpc"',
        "12:26: 'arm_pitch': found 'kpc', expected a number without a unit",
    ),
    "a negative standard deviation": (
        "[2.0, 0.5]",
        "[2.0, -0.5]",
        "10:24: the standard deviation of 'sfr' must be above 0, found -0.5",
    ),
    "a factor of one": (
        '"1e38 erg/s", 3',
        '"1e38 erg/s", 1',
        "11:52: one standard deviation of the lognormal 'neutrino_luminosity' must be a factor above 1, "
        "without a unit; found 1",
    ),
    "a factor with a unit": (
        '"1e38 erg/s", 3',
        '"1e38 erg/s", "1e37 erg/s"',
        "11:52: one standard deviation of the lognormal 'neutrino_luminosity' must be a factor above 1, "
        "without a unit; found '1e37 erg/s'",
    ),
    "a negative median": (
        '"1e38 erg/s", 3',
        '"-1e38 erg/s", 3',
        "11:38: the median of the lognormal 'neutrino_luminosity' must be above 0, found '-1e38 erg/s'",
    ),
    "ends in the wrong order": (
        '["10 deg", "14 deg"]',
        '["14 deg", "10 deg"]',
        "12:36: the upper end of 'arm_pitch' must be above its lower end, found '10 deg'",
    ),
    "a log-uniform distribution from zero": (
        PITCH,
        'arm_pitch = { log-uniform = ["0 deg", "14 deg"] }',
        "12:30: the lower end of the log-uniform 'arm_pitch' must be above 0, found '0 deg'",
    ),
    "a mode outside": (
        '"0.9 MeV"',
        '"2 MeV"',
        "13:42: the mode of 'mean_energy' must lie between its ends, found '2 MeV'",
    ),
    "nothing in the allowed range": (
        "[2.0, 0.5]",
        "[-200, 0.5]",
        "10:7: nothing of the distribution of 'sfr' (normal, mean -200 Msun/yr, standard deviation 0.5 "
        "Msun/yr) is at least 0.1 Msun/yr, the allowed range",
    ),
    "a minimum above the maximum": (
        "minimum = 0.1",
        "minimum = 3, maximum = 2",
        "10:58: 'sfr' has no values from 3 to 2 Msun/yr; allowed is a number of at least 0 Msun/yr",
    ),
    "a missing shape": (
        "{ a = 4.0, scale = 0.5 }",
        "{ scale = 0.5 }",
        "14:22: gamma needs a number 'a' for its shape, which is missing",
    ),
    "an unknown shape": ("a = 4.0,", "a = 4.0, b = 1,", "14:33: gamma has no 'b'; it takes a, loc, scale"),
    "a wrong shape": ("a = 4.0", "a = -4.0", "14:22: gamma has no distribution with a = -4"),
    "a shape that is no number": ("a = 4.0", 'a = "4"', "14:28: gamma needs a number 'a' for its shape, found '4'"),
    "a list instead of shapes": (
        "{ a = 4.0, scale = 0.5 }",
        "[4.0, 0.5]",
        "14:22: gamma takes a table of a, loc, scale, found [4.0, 0.5]",
    ),
    "a scale of zero": ("scale = 0.5", "scale = 0", "14:41: the scale of 'pinching' must be above 0, found 0"),
    "a scale without a unit": (
        LUMINOSITY,
        "neutrino_luminosity = { gamma = { a = 2.0 } }",
        "11:33: gamma needs a scale with a unit here, like '1 erg/s'",
    ),
    "an unknown label": (
        '"salpeter"]',
        '"salpetr"]',
        "15:29: 'imf': unknown imf 'salpetr'; did you mean 'salpeter'?; known are kroupa, salpeter, "
        "salpeter-single, top-heavy, top-light",
    ),
    "a label twice": ('"salpeter"]', '"kroupa"]', "15:29: 'imf' can be 'kroupa' twice; write it once, with weights"),
    "too few weights": (
        "weights = [2, 1]",
        "weights = [2]",
        "15:52: the choice of 'imf' has 2 values and needs as many weights, found 1",
    ),
    "a negative weight": (
        "weights = [2, 1]",
        "weights = [2, -1]",
        "15:56: a weight of 'imf' must be a number of at least 0, found -1",
    ),
    "no weight": (
        "weights = [2, 1]",
        "weights = [0, 0]",
        "15:52: all weights of 'imf' are 0; at least one must be above",
    ),
    "nothing to choose": (
        'choice = ["kroupa", "salpeter"], weights = [2, 1]',
        "choice = []",
        "15:18: choice takes a list of values, found []",
    ),
    "a normal distribution of a label": (
        IMF,
        "imf = { normal = [1, 2] }",
        "15:9: 'imf' takes words, which have no normal distribution; write { choice = [...] }",
    ),
    "a unit of a label": ("weights = [2, 1]", 'unit = "1"', "15:42: 'imf' is not a number and has no unit"),
    "a list of numbers": (
        PINCHING,
        "exponents = { normal = [1, 2] }",
        "14:1: 'exponents' is a list of numbers, which has no distribution of its own; "
        "let a label choose among records that set it",
    ),
    "a choice of lists": (
        PINCHING,
        "exponents = { choice = [[1, 2], [2, 3]] }",
        "14:1: 'exponents' is a list of numbers, which cannot be chosen here; "
        "let a label choose among records that set it",
    ),
    "a choice outside the range": (
        SFR,
        'sfr = { choice = ["1 Msun/yr", "-1 Msun/yr"] }',
        "10:32: 'sfr' cannot be -1 Msun/yr; allowed is a number of at least 0 Msun/yr",
    ),
    "no such file": (
        '"posterior.csv"',
        '"posteriro.csv"',
        "16:18: posteriro.csv: no such file; did you mean 'posterior.csv'?",
    ),
    "no such column": (
        '"age"',
        '"aeg"',
        "16:18: posterior.csv: has no column 'aeg'; did you mean 'age'?; it has age, weight, bad",
    ),
    "an empty cell": ('"age"', '"bad"', "16:18: posterior.csv:3: bad is empty; expected a finite number in each row"),
    "a column that is no text": ('"age"', "3", "16:44: 'column' is the name of a column, found 3"),
    "a table that is no name": ('"posterior.csv"', "3", "16:18: 'time' takes the name of a file here, found 3"),
    "a column in another unit": (
        '"age" }',
        '"age", unit = "yr" }',
        "16:18: posterior.csv: column 'age': its unit is 'Myr' in the table and 'yr' here; give it once",
    ),
    "no row in range": (
        '"age" }',
        '"age", minimum = "20 Myr" }',
        "16:8: no row of posterior.csv has a value of 'time' that is at least 20 Myr",
    ),
    "given on an axis too": (
        "[parameters]",
        'sfr = { values = [1, 2], unit = "Msun/yr" }\n[parameters]',
        "11:1: 'sfr' is given twice, here and in [axes]",
    ),
    "given as a parameter too": (
        "radius =",
        'sfr = "2 Msun/yr"\nradius =',
        "7:1: 'sfr' is given twice, here and in [uncertain]",
    ),
    "a distribution on an axis": (
        "[parameters]",
        "quantile = { uniform = [0.1, 0.9] }\n[parameters]",
        "6:12: a distribution, such as that of 'quantile', belongs in [uncertain]",
    ),
    "a distribution among parameters": (
        'radius = "1 kpc"',
        'radius = { uniform = ["1 kpc", "2 kpc"] }',
        "7:10: a distribution, such as that of 'radius', belongs in [uncertain]",
    ),
    "an axis of the name of the draws": (
        "[parameters]",
        "[axes.zip.draw]\nquantile = [0.1, 0.9]\n[parameters]",
        "7:1: 'draw' is the dimension of all that is uncertain; give this axis another name",
    ),
    "an unknown method": (
        '"sobol"',
        '"soboll"',
        "28:10: 'method': input should be 'sobol', 'latin-hypercube' or 'random', found 'soboll'",
    ),
    "no points": ("points = 64", "points = 0", "29:10: 'points': input should be greater than or equal to 1, found 0"),
    "points that are no number": (
        "points = 64",
        'points = "64"',
        "29:10: 'points': input should be a valid integer, found '64'",
    ),
    "a negative seed": ("seed = 1", "seed = -1", "30:8: 'seed': input should be greater than or equal to 0, found -1"),
    "a misspelt key of the design": (
        "seed = 1",
        "sede = 1",
        "30:1: unknown key 'sede'; did you mean 'seed'?; allowed are method, points, seed",
    ),
    "correlated with one parameter": (
        '["sun_x", "sun_y"]',
        '["sun_x"]',
        "19:14: correlated parameters are a list of at least two names, found ['sun_x']",
    ),
    "correlated with an unknown parameter": (
        '"sun_y"]',
        '"sun_yy"]',
        "19:24: unknown parameter 'sun_yy' of model 'red_supergiants'; did you mean 'sun_y'?",
    ),
    "correlated with a list": (
        '["sun_x", "sun_y"]',
        '["sun_x", ["sun_y"]]',
        "19:24: unknown parameter ['sun_y'] of model 'red_supergiants'; did you mean 'sun_y'?",
    ),
    "correlated with a label": (
        '"sun_y"]',
        '"imf"]',
        "19:24: 'imf' is not a continuous number, and cannot be correlated",
    ),
    "correlated with the same twice": ('"sun_y"]', '"sun_x"]', "19:24: 'sun_x' is named twice"),
    "a covariance of the wrong size": (
        COVARIANCE,
        "covariance = [[0.01, 0.002]]",
        "20:14: the covariance of 2 parameters is 2 lists of 2 numbers, found [[0.01, 0.002]]",
    ),
    "a covariance that is not symmetric": (
        "[0.002, 0.02]]",
        "[0.003, 0.02]]",
        "20:31: the covariance is not symmetric: rows 1 and 2 have 0.002 and 0.003 for the same pair",
    ),
    "a covariance that is not positive definite": (
        COVARIANCE,
        "covariance = [[0.01, 0.02], [0.02, 0.02]]",
        "20:14: no random numbers have this covariance, which is not positive definite: rows 2 and 1 have "
        "the correlation 1.414",
    ),
    "a variance below zero": ("[[0.01,", "[[-0.01,", "20:16: a variance must be above 0, found -0.01"),
    "neither covariance nor correlation": (
        COVARIANCE,
        "",
        "18:3: correlated parameters need a covariance or a correlation; found neither",
    ),
    "covariance and correlation": (
        COVARIANCE,
        f"{COVARIANCE}\ncorrelation = 0.5",
        "21:1: correlated parameters need a covariance or a correlation; found both",
    ),
    "a covariance without a unit": (
        'unit = "kpc"\n',
        "",
        "18:3: the covariance of 'sun_x' has no unit; write unit = 'kpc', or units = [...] of each",
    ),
    "a covariance in a wrong unit": (
        'unit = "kpc"',
        'unit = "erg"',
        "21:8: 'sun_x': found 'erg', expected a unit like 'kpc'",
    ),
    "too few units": ('unit = "kpc"', 'units = ["kpc"]', "21:9: 2 parameters need 2 units, found 1"),
    "unit and units": (
        'unit = "kpc"',
        'unit = "kpc"\nunits = ["kpc", "kpc"]',
        "21:1: 'unit' is given beside 'units'; give one of them",
    ),
    "too few means": ('unit = "kpc"', 'unit = "kpc"\nmean = [1]', "22:8: 2 parameters need 2 means, found 1"),
    "no mean": (
        '"sun_y"]\n' + COVARIANCE + '\nunit = "kpc"',
        '"fiducial_mass"]\n' + COVARIANCE + '\nunits = ["kpc", "kt"]',
        "18:3: 'fiducial_mass' has no value of its own; write mean = [...]",
    ),
    "a covariance of what has a distribution": (
        f'"sun_y"]\n{COVARIANCE}\nunit = "kpc"',
        f'"pinching"]\n{COVARIANCE}\nunits = ["kpc", "1"]',
        "19:24: 'pinching' is given twice, here and in [uncertain]; a covariance is all that is known of it",
    ),
    "a covariance of what has a value": (
        '["sun_x", "sun_y"]',
        '["radius", "sun_y"]',
        "19:15: 'radius' is given twice, here and in [parameters]; a covariance is all that is known of it",
    ),
    "a covariance that leaves the range": (
        f'"sun_y"]\n{COVARIANCE}\nunit = "kpc"',
        '"metallicity"]\ncovariance = [[1, 0], [0, 1e4]]\nunits = ["kpc", "1"]',
        "19:24: 64 of 64 draws of 'metallicity' are not a number from 0.014 to 0.017; the first is -12.0501; "
        "a correlation of distributions in [uncertain] would be cut off there",
    ),
    "a correlation of what has no distribution": (
        '"sfr", "arm_pitch"]',
        '"sfr", "radius"]',
        "24:22: 'radius' has no distribution in [uncertain] to be correlated",
    ),
    "a correlation of a choice": (
        PITCH,
        'arm_pitch = { choice = ["10 deg", "12 deg"] }',
        "24:22: 'arm_pitch' is drawn from a list, and cannot be correlated; give it a distribution",
    ),
    "a correlation above one": (
        "[[1, 0.3], [0.3, 1]]",
        "[[1, 1.3], [1.3, 1]]",
        "25:15: no random numbers have this correlation, which is not positive definite: rows 2 and 1 have "
        "the correlation 1.3",
    ),
    "a correlation with itself of two": (
        "[[1, 0.3], [0.3, 1]]",
        "[[2, 0.3], [0.3, 1]]",
        "25:17: the correlation of a parameter with itself must be 1, found 2",
    ),
    "a correlation with a mean": (
        CORRELATION,
        f"{CORRELATION}\nmean = [1, 2]",
        "26:1: 'mean' does not go with a correlation, whose parameters have distributions in [uncertain]",
    ),
    "in two correlations": (
        "correlation =",
        'correlation = 0.5\n[[correlated]]\nparameters = ["pinching", "sfr"]\ncorrelation =',
        "27:27: 'sfr' stands in two tables of correlated parameters",
    ),
    "a misspelt key of a correlation": (
        "correlation =",
        "corelation =",
        "25:1: unknown key 'corelation'; did you mean 'correlation'?; allowed are parameters, covariance, "
        "correlation, mean, unit, units",
    ),
}


def faults_of(text, folder):
    """Return the messages of a scenario, beside a table of samples."""
    (folder / "posterior.csv").write_text(TABLE)
    with pytest.raises(ScenarioError) as caught:
        Scenario.parse(text, name="s.toml", folder=folder)
    return str(caught.value).replace(f"{folder}/", "").splitlines()


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_table_gives_one_clear_message_with_line_and_column(kind, tmp_path):
    old, new, message = BROKEN[kind]
    assert GOOD.count(old) == 1, old
    assert faults_of(GOOD.replace(old, new), tmp_path) == [f"s.toml:{message.replace('{laws}', LAWS)}"]


def test_the_unbroken_tables_are_valid(tmp_path):
    (tmp_path / "posterior.csv").write_text(TABLE)
    scenario = Scenario.parse(GOOD, folder=tmp_path)
    assert scenario.resolved.sizes == {"draw": 64, "detector": 2}


@pytest.mark.parametrize(
    ("overrides", "said"),
    [
        ({"design.points": 0}, "--set design.points: input should be greater than or equal to 1, found 0"),
        ({"design.point": 8}, "--set design.point: unknown key 'point'; did you mean 'points'?; allowed are method,"),
        (
            {"design.method": "sobl"},
            "--set design.method: input should be 'sobol', 'latin-hypercube' or 'random', found",
        ),
    ],
)
def test_a_wrong_override_of_the_design_is_told(overrides, said, tmp_path):
    (tmp_path / "posterior.csv").write_text(TABLE)
    with pytest.raises(ScenarioError) as caught:
        Scenario.parse(GOOD, folder=tmp_path, overrides=overrides)
    assert str(caught.value).startswith(said)


def test_the_design_may_be_overridden(tmp_path):
    (tmp_path / "posterior.csv").write_text(TABLE)
    overrides = {"design.points": 16, "design.method": "random"}
    scenario = Scenario.parse(GOOD, folder=tmp_path, overrides=overrides)
    assert scenario.resolved.sizes["draw"] == 16
    assert scenario.resolved.drawn.design == gs.Design(method="random", points=16, seed=1)
    plain = 'model = "red_supergiants"\noutput.quantities = ["flux"]\n'
    with pytest.raises(ScenarioError, match=r"--set design\.points: a design needs something to draw"):
        Scenario.parse(plain, overrides={"design.points": 8})


@pytest.mark.parametrize("name", ["red_supergiants", "boosted_dark_matter", "presupernova"])
def test_the_template_has_distributions_that_are_valid(name):
    text = starter(gs.model(name))
    start = text.index("#   [uncertain]")
    end = text.index("\n\n", start)
    own = text[start:end].replace("#   ", "")
    assert "[design]" in own
    assert Scenario.parse(text[:start] + own + text[end:]).resolved.sizes["draw"] == 1024


def test_editors_accept_the_unbroken_tables_and_refuse_broken_ones():
    validator = jsonschema.Draft202012Validator(json_schema(gs.model("red_supergiants")))
    assert not list(validator.iter_errors(tomllib.loads(GOOD)))
    kinds = ("unknown distribution", "two distributions", "a plain value", "an unknown key", "too many numbers")
    kinds += ("an unknown method", "no points", "covariance and correlation", "an unknown shape", "unknown parameter")
    for kind in kinds:
        old, new, _ = BROKEN[kind]
        assert list(validator.iter_errors(tomllib.loads(GOOD.replace(old, new)))), kind


def test_a_design_alone_has_nothing_to_draw(tmp_path):
    start = GOOD.index("[uncertain]")
    text = GOOD[:start] + GOOD[GOOD.index("[design]") :]
    said = "s.toml:9:2: a design needs something to draw; write distributions in [uncertain]"
    assert faults_of(text, tmp_path) == [said]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("uncertain = 3", "2:13: 'uncertain': input should be a valid table, found 3"),
        ("correlated = 3", "2:14: 'correlated': input should be a valid list, found 3"),
        ("correlated = [3]", "2:15: 'correlated': input should be a valid table, found 3"),
        ("design = 3", "2:10: 'design': input should be a valid table"),
        ("[correlated]\nparameters = 3", "2:2: 'correlated': input should be a valid list, found a table"),
    ],
)
def test_tables_of_another_shape_are_refused(text, said, tmp_path):
    found = faults_of(f'model = "red_supergiants"\n{text}\n[output]\nquantities = ["flux"]\n', tmp_path)
    assert found[0].startswith(f"s.toml:{said}"), found
