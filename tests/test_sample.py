"""Samples: members of a population at one point of a scenario, with a seed, and with what made them."""

from __future__ import annotations

import json

import numpy as np
import pytest
import xarray as xr
from scipy import stats

import gridscan as gs
from gridscan.errors import (
    EvaluationError,
    GridscanError,
    ModelError,
    ScenarioError,
    SensitivityError,
    StoreError,
    UnitError,
)
from gridscan.model import Model
from gridscan.storage.csv import export_csv
from gridscan.storage.files import scenario_in, write_result
from gridscan.units import label_of

TEXT = """\
model = "red_supergiants"
[axes]
imf = ["kroupa", "mine"]
time = ["8 Myr", "19 Myr", "30 Myr"]
sfr = { values = [20, 40], unit = "Msun/yr" }
[axes.zip.sun]
sun_x = ["-8.2 kpc", "-7 kpc"]
sun_y = ["0 kpc", "1 kpc"]
[catalogue.imf.mine]
exponents = [1.3, 2.0, 3.0]
breaks = ["0.08 Msun", "0.5 Msun", "20 Msun", "120 Msun"]
[sampling]
realisations = 3
seed = 5
[output]
quantities = ["carbon_burning_rsg"]
"""
PHASES = {"other": 0, "red_supergiant": 1, "carbon_burning": 2, "carbon_burning_rsg": 3}


@pytest.fixture
def file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "s.toml").write_text(TEXT, encoding="utf-8")
    return tmp_path / "s.toml"


def test_a_sample_has_the_columns_with_their_units(file):
    found = gs.sample(file)
    assert list(found.data_vars) == ["x", "y", "distance", "mass", "age", "phase"]
    assert all(item.dims == ("star",) for item in found.data_vars.values())
    shown = [label_of(found[name]) for name in list(found.data_vars)[:5]]
    assert shown == ["kpc", "kpc", "kpc", "Msun", "Myr"]
    assert found.phase.attrs["flag_meanings"].split() == list(PHASES)
    np.testing.assert_array_equal(found.phase.attrs["flag_values"], [0, 1, 2, 3])
    assert found.phase.dtype == np.int8
    assert float(found.radius) == 1.0
    assert found.attrs["title"] == f"massive stars alive: {found.sizes['star']:,} drawn with seed 5"


def test_the_point_is_the_one_asked_for_and_else_nearest_to_the_defaults(file):
    near = gs.sample(file)
    told = {name: near[name].item() for name in ("imf", "time", "sfr", "sun_x", "sun_y")}
    assert told == {"imf": "kroupa", "time": 19.0, "sfr": 20.0, "sun_x": -8.2, "sun_y": 0.0}
    other = gs.sample(file, at={"imf": "mine", "time": "8 Myr", "sun": 1})
    assert (other.imf.item(), other.time.item(), other.sun_x.item(), other.sun_y.item()) == ("mine", 8.0, -7.0, 1.0)
    np.testing.assert_allclose(other.distance, np.hypot(other.x + 7.0, other.y - 1.0))
    assert float(other.age.max()) <= 8.0
    assert float(near.age.max()) > 15.0


def test_the_number_of_stars_in_each_phase_is_that_of_the_model(file):
    counts = ["stars_alive", "red_supergiants", "carbon_burning", "carbon_burning_rsg"]
    for at in ({}, {"imf": "mine", "time": "8 Myr", "sfr": "40 Msun/yr"}):
        stars = gs.sample(file, at=at)
        point = scenario_from(stars)
        exact = {name: float(gs.evaluate(point, quantities=[name])[name]) for name in counts}
        phase = stars.phase.values
        found = dict(
            zip(counts, (phase.size, *(np.isin(phase, codes).sum() for codes in ([1, 3], [2, 3], [3]))), strict=True)
        )
        for name, number in exact.items():
            assert abs(found[name] - number) < 5 * np.sqrt(number)


def scenario_from(stars: xr.Dataset):
    return gs.Scenario.parse(stars.attrs["gridscan_scenario"], overrides=json.loads(stars.attrs["gridscan_overrides"]))


def test_the_distances_are_those_of_the_fraction_within(file):
    stars = gs.sample(file, number=20_000, at={"sun": 1})
    radii = np.geomspace(0.05, 25, 400)
    exact = gs.model("red_supergiants").evaluate("fraction_within", radius=radii, sun_x="-7 kpc", sun_y="1 kpc").values
    found = stats.kstest(stars.distance.values, lambda r: np.interp(r, radii, exact))
    assert found.pvalue > 1e-3


def test_a_number_of_stars_can_be_asked_for(file):
    assert gs.sample(file, number=77).sizes["star"] == 77
    assert gs.sample(file, number=0).sizes["star"] == 0
    with pytest.raises(EvaluationError, match="cannot have -1 members"):
        gs.sample(file, number=-1)
    with pytest.raises(EvaluationError, match="'star_history' cannot be asked for a number"):
        gs.sample(file, "star_history", number=4)


def test_the_same_seed_gives_the_same_stars(file):
    one, two, other = gs.sample(file), gs.sample(file, seed=5), gs.sample(file, seed=6)
    xr.testing.assert_identical(one.drop_attrs(), two.drop_attrs())
    assert one.sizes["star"] != other.sizes["star"]
    with pytest.raises(ScenarioError, match=r"at least 0 and below .*, found -2"):
        gs.sample(file, seed=-2)
    with pytest.raises(ScenarioError, match="found 9223372036854775808"):
        gs.sample(file, seed=2**63)


def test_a_history_seen_at_its_end_holds_the_stars_alive(file):
    history = gs.sample(file, "star_history", at={"sfr": "40 Msun/yr"})
    age = history.time - history.birth_time
    alive = int(((age >= 0) & (age < history.lifetime)).sum())
    rsg = int(((age >= history.red_supergiant_start) & (age < history.lifetime)).sum())
    point = scenario_from(history)
    exact = gs.evaluate(point, quantities=["stars_alive", "red_supergiants"])
    assert abs(alive - float(exact.stars_alive)) < 5 * np.sqrt(float(exact.stars_alive))
    assert abs(rsg - float(exact.red_supergiants)) < 5 * np.sqrt(float(exact.red_supergiants))


def test_a_sample_is_written_read_exported_and_can_be_asked_further(file, tmp_path):
    stars = gs.sample(file, number=50, at={"imf": "mine"})
    path = write_result(stars, tmp_path / "stars.nc")
    with gs.open(path) as read:
        xr.testing.assert_equal(read.load(), stars)
        np.testing.assert_array_equal(read.phase.attrs["flag_values"], [0, 1, 2, 3])
        _, *lines = export_csv(read, tmp_path / "stars.csv").read_text(encoding="utf-8").splitlines()
    assert lines[0] == "star,x [kpc],y [kpc],distance [kpc],mass [Msun],age [Myr],phase"
    assert len(lines) == 51
    words = list(PHASES)
    assert [line.split(",")[-1] for line in lines[1:]] == [words[code] for code in stars.phase.values]
    assert scenario_in(path).overrides["imf"] == "mine"
    assert gs.evaluate(path, quantities=["flux"]).flux.dims == ()
    again = gs.sample(path, number=50)
    np.testing.assert_array_equal(again.x, stars.x)


def test_a_run_does_not_replace_a_sample(file, tmp_path):
    path = write_result(gs.sample(file, number=5), tmp_path / "stars.nc")
    with pytest.raises(StoreError, match="is a sample or the answer to a question"):
        gs.run(path)
    assert gs.run(path, output=tmp_path / "result.nc").is_file()


def test_a_shipped_scenario_is_sampled_by_name():
    assert gs.sample("imf_scan", number=3).sizes == {"star": 3}


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"population": "star"}, ModelError, "no population 'star'; did you mean 'stars'"),
        ({"at": {"tim": 3}}, ScenarioError, "'tim' is not an axis of the scenario; did you mean 'time'"),
        ({"at": {"imf": "salpeter"}}, SensitivityError, "axis 'imf' does not hold 'salpeter'"),
        ({"at": {"time": "8 kpc"}}, UnitError, "needs a value in 'Myr'"),
        ({"overrides": {"sfr": "0 Msun/yr"}, "number": 3}, EvaluationError, "'stars': size is 3, but no star"),
        ({"overrides": {"sfr": "1e9 Msun/yr"}}, EvaluationError, "'stars': "),
    ],
)
def test_what_cannot_be_sampled_is_refused(file, options, error, message):
    with pytest.raises(error, match=message):
        gs.sample(file, **options)


@pytest.fixture
def rain() -> Model:
    model = Model("rain", "Drops on a roof")
    model.parameter("rate", "2 / s", "Drops per time", minimum=0)
    model.parameter("width", "3 m", "Width of the roof", minimum=0)
    model.parameter("colour", "red", "Colour of the roof", choices=["red", "grey"])
    model.constant("speed_of_light")

    @model.quantity("1/min/m", long_name="density of drops")
    def density(rate, width):
        """n = r/w."""
        return rate / width

    @model.population(
        "drop",
        long_name="drops",
        columns={"place": ("cm", "where it falls"), "size": (("small", "large"), "size class")},
        also_recorded=["rate"],
        width="cm",
        density="1/min/cm",
        speed_of_light="m/s",
    )
    def drops(generator, width, density, colour, speed_of_light):
        assert str(colour) == "red"
        assert speed_of_light == 299792458.0
        number = round(float(density * width))
        return {"place": generator.random(number) * width, "size": np.arange(number) % 2}

    return model.check()


def test_a_population_of_ones_own_takes_quantities_constants_and_words(rain, tmp_path):
    text = 'model = "rain"\n[parameters]\nwidth = "4 m"\n[output]\nquantities = ["density"]\n'
    found = gs.sample(gs.Scenario.parse(text, model=rain), model=rain)
    assert found.sizes == {"drop": 120}
    assert found.place.attrs["units"] == "cm"
    assert 0 < float(found.place.min()) < 20 < 380 < float(found.place.max()) < 400
    assert (found["rate"].item(), found["width"].item()) == (2.0, 4.0)
    assert found["size"].attrs["flag_meanings"] == "small large"


def test_a_wrong_population_is_found_when_it_is_declared_or_checked(rain):
    with pytest.raises(ModelError, match="its first argument must be 'generator', not 'width'"):

        @rain.population("drop", long_name="d", columns={})
        def puddles(width):
            return {}

    with pytest.raises(ModelError, match="'drops' is declared twice"):

        @rain.population("drop", long_name="d", columns={})
        def drops(generator):
            return {}

    with pytest.raises(UnitError, match="not one of its arguments; did you mean 'width'"):

        @rain.population("drop", long_name="d", columns={}, widht="m")
        def more(generator, width):
            return {}

    @rain.population("drop", long_name="d", columns={})
    def hail(generator, widht):
        return {}

    with pytest.raises(ModelError, match=r"'hail' .* takes the unknown name 'widht'; did you mean 'width'"):
        rain.check()


def test_a_wrong_unit_of_a_population_is_proven(rain):
    @rain.population("drop", long_name="d", columns={}, width="s")
    def hail(generator, width):
        return {}

    scenario = gs.Scenario.parse('model = "rain"\n[output]\nquantities = ["density"]\n', model=rain)
    with pytest.raises(UnitError, match=r"'hail' .*its argument 'width' is in 'm', expected a unit like 's'"):
        gs.sample(scenario, "hail")


def test_a_model_without_populations_says_so(toy):
    scenario = gs.Scenario.parse('model = "planet"\n[output]\nquantities = ["decay"]\n', model=toy)
    with pytest.raises(GridscanError, match="has no population to sample"):
        gs.sample(scenario)
