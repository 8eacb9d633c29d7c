"""What is uncertain becomes values along one dimension: of any input, in files and in Python alike."""

import json
import re

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from astropy.coordinates import SkyCoord
from click.testing import CliRunner
from reference import ROOT
from scipy import stats

import gridscan as gs
from gridscan.cli.group import main
from gridscan.errors import GridscanWarning, ScenarioError
from gridscan.inputs.input_files import TableFiles
from gridscan.units import registry

CONTENT = TableFiles.content


def make_model():
    """Return a model with every kind of input."""
    model = gs.Model("pond", "Water in ponds")
    records = {"small": {"area": "10 m^2", "shape": [1, 2]}, "large": {"area": "2 km^2", "shape": [3]}}
    pond = model.label(
        "pond", "small", "Ponds", records={key: {"source": "a map", **it} for key, it in records.items()}
    )
    model.parameter("area", pond, "Area", unit="m^2", above=0)
    model.parameter("shape", pond, "Shape", unit="1", vector="corner", padded=True)
    model.parameter("depth", "2 m", "Depth", minimum=0)
    model.parameter("slope", 0.5, "Slope", above=0, below=1)
    model.parameter("ducks", 3.0, "Number of ducks", minimum=0, integer=True)
    model.parameter("season", "summer", "Season", choices=("summer", "winter"))
    model.constant("gravity", "9.8 m/s^2", "Gravity")

    @model.quantity("m^3")
    def volume(area, depth):
        """Volume."""
        return area * depth

    @model.quantity("m^3")
    def drunk(volume, ducks, slope):
        """What the ducks drink."""
        return volume * ducks * slope / 1e6

    @model.quantity("m")
    def fall(depth, gravity, season, shape):
        """Depth in another way."""
        return depth * np.where(season == "summer", 1.0, 2.0) * shape[..., 0] + 0 * depth * (gravity / gravity)

    return model.check()


POND = make_model()
TEXT = """
model = "pond"
[uncertain]
depth = { normal = [2.0, 0.5], unit = "m", minimum = 0.1 }
area = { lognormal = ["1 km^2", 3] }
slope = { log-uniform = [0.1, 0.9] }
ducks = { choice = [1, 2, 5], weights = [1, 1, 2] }
pond = { choice = ["small", "large"] }
season = { choice = ["summer", "winter"], weights = [3, 1] }
gravity = { gamma = { a = 4, scale = "2.5 m/s^2" } }
[design]
points = 128
seed = 5
[output]
quantities = ["volume", "drunk", "fall"]
"""
IN_PYTHON = {
    "depth": gs.normal("2 m", 0.5 * registry.m, minimum=0.1),
    "area": gs.lognormal("1 km^2", 3),
    "slope": gs.log_uniform(0.1, 0.9),
    "ducks": gs.choice([1, 2, 5], weights=[1, 1, 2]),
    "pond": gs.choice(["small", "large"]),
    "season": gs.choice(["summer", "winter"], [3, 1]),
    "gravity": gs.distribution("gamma", a=4, scale="2.5 m/s^2"),
}


def in_file(text=TEXT, **options):
    """Return what a scenario evaluates to."""
    return gs.evaluate(gs.Scenario.parse(text, model=POND, **options))


def drawn(name, value, points=4096, **options):
    """Return the draws of one parameter."""
    quantity = {"gravity": "fall", "season": "fall", "ducks": "drunk", "slope": "drunk"}.get(name, "volume")
    design = options.pop("design", gs.Design(points=points, seed=1))
    return POND.evaluate([quantity], design=design, **{name: value}, **options)[name]


def test_files_and_python_draw_the_same_numbers():
    from_file = in_file()
    in_python = POND.evaluate(["volume", "drunk", "fall"], design=gs.Design(points=128, seed=5), **IN_PYTHON)
    assert from_file.sizes == {"draw": 128}
    xr.testing.assert_equal(from_file, in_python)
    for name in IN_PYTHON:
        assert from_file[name].attrs == in_python[name].attrs
        assert from_file[name].attrs["distribution"]
    assert from_file["draw"].attrs["design"] == "scrambled Sobol points, seed 5"


def test_a_python_distribution_overrides_that_of_a_file_and_is_kept_as_a_file_has_it():
    scenario = gs.Scenario.parse(TEXT, model=POND, overrides={"depth": gs.uniform("1 m", 3 * registry.m)})
    assert json.loads(json.dumps(scenario.overrides)) == {"depth": {"uniform": ["1 m", "3.0 m"]}}
    found, before = gs.evaluate(scenario), in_file()
    assert found["depth"].attrs["distribution"] == "uniform, 1 to 3 m"
    for name in IN_PYTHON:
        assert name == "depth" or np.array_equal(found[name], before[name])


def test_a_value_in_place_of_a_distribution_leaves_the_other_draws():
    found, before = in_file(overrides={"depth": "2 m"}), in_file()
    assert found["depth"].ndim == 0
    assert all(np.array_equal(found[name], before[name]) for name in IN_PYTHON if name != "depth")


def test_an_axis_in_place_of_a_distribution_stands_behind_the_draws():
    found = in_file(overrides={"slope": [0.2, 0.4]})
    assert found["drunk"].dims == ("draw", "slope")
    assert found["volume"].dims == ("draw",)
    assert np.array_equal(found["depth"], in_file()["depth"])


def test_a_distribution_on_the_command_line(tmp_path):
    file = tmp_path / "s.toml"
    file.write_text('model = "red_supergiants"\noutput.quantities = ["carbon_burning_rsg"]\n')
    arguments = ["plan", str(file), "--set", 'sfr={normal=[2.0, 0.5], unit="Msun/yr"}']
    shown = CliRunner().invoke(main, arguments, terminal_width=200, env={"COLUMNS": "200"})
    assert shown.exit_code == 0, shown.output
    assert "scrambled Sobol points, seed 0: sfr" in shown.output
    said = "normal, mean 2 Msun/yr, standard deviation 0.5 Msun/yr, at least 0 Msun/yr (0.00317 % cut off)"
    assert said in shown.output
    assert "1,024" in shown.output


def test_only_what_depends_on_a_draw_has_its_dimension():
    found = POND.evaluate(["volume", "drunk"], slope=gs.uniform(0.2, 0.4), depth=["1 m", "2 m"])
    assert found["volume"].dims == ("depth",)
    assert found["drunk"].dims == ("draw", "depth")
    assert found.sizes["draw"] == 1024


@pytest.mark.parametrize(
    ("name", "value", "law"),
    [
        ("depth", gs.normal("2 m", "0.5 m"), stats.truncnorm(-4, np.inf, 2, 0.5)),
        ("depth", gs.normal("2 m", "0.5 m", maximum="2 m"), stats.truncnorm(-4, 0, 2, 0.5)),
        ("depth", gs.lognormal("200 cm", 2), stats.lognorm(np.log(2), scale=2)),
        ("depth", gs.triangular("1 m", "2 m", "5 m"), stats.triang(0.25, 1, 4)),
        ("slope", gs.log_uniform(0.01, 2.0), stats.loguniform(0.01, 1.0)),
        ("slope", gs.uniform(-1, 2), stats.uniform(0, 1)),
        ("gravity", gs.distribution("gamma", a=4, scale="250 cm/s^2"), stats.gamma(4, scale=2.5)),
        ("gravity", gs.distribution("cauchy", loc="9.8 m/s^2", scale=0.1), stats.cauchy(9.8, 0.1)),
    ],
)
def test_draws_follow_their_distributions(name, value, law):
    values = drawn(name, value).values
    assert len(values) == 4096
    ranks = np.sort(law.cdf(values))
    # The points of a net: their distribution is within one point of the exact one.
    assert np.abs(ranks - (np.arange(4096) + 0.5) / 4096).max() < 1.0 / 4096


@pytest.mark.parametrize("method", ["sobol", "random", "latin-hypercube"])
def test_choices_follow_their_weights(method):
    found = drawn("pond", gs.choice(["small", "large"], [3, 1]), design=gs.Design(method=method, points=4096))
    assert (found == "large").mean() == pytest.approx(0.25, abs=0.03 if method == "random" else 1e-3)
    ducks = drawn("ducks", gs.choice([1, 2, 5], [1, 0, 3]))
    assert sorted(set(ducks.values.tolist())) == [1.0, 5.0]
    assert (ducks == 5).mean() == 0.75


def test_a_file_may_be_chosen_and_is_read_once(tmp_path, monkeypatch):
    shipped = ROOT / "data" / "stellar_phases.csv"
    other = tmp_path / "other.csv"
    other.write_text(shipped.read_text().replace("0.014,12.0,17.713250", "0.014,12.0,17.713251"))
    read = []
    monkeypatch.setattr(TableFiles, "content", lambda self, *given: read.append(given) or CONTENT(self, *given))
    found = gs.model("red_supergiants").evaluate(
        "carbon_burning_rsg",
        stellar_table=gs.choice(["stellar_phases.csv", str(other)]),
        design=gs.Design(points=64),
    )
    assert (found["stellar_table"] == str(other)).sum() == 32
    assert len(read) < 5
    with pytest.raises(ScenarioError) as caught:
        gs.model("red_supergiants").evaluate("carbon_burning_rsg", stellar_table=gs.choice(["no.csv", "none.csv"]))
    assert len(str(caught.value).splitlines()) == 2


def test_a_label_sets_what_its_records_bundle():
    found = POND.evaluate(["volume", "fall"], pond=gs.choice(["small", "large"]), design=gs.Design(points=16))
    assert found["area"].dims == ("draw",)
    assert np.array_equal(found["area"], np.where(found["pond"] == "small", 10.0, 2e6))
    assert np.array_equal(found["fall"], np.where(found["pond"] == "small", 2.0, 6.0))


def test_a_distribution_of_a_bundled_parameter_wins_over_the_records():
    found = POND.evaluate(["volume"], pond=["small", "large"], area=gs.uniform("1 m^2", "2 m^2"))
    assert found["volume"].dims == ("draw",)


def test_a_quantity_can_be_uncertain_in_place_of_its_formula():
    found = POND.evaluate(["drunk"], volume=gs.uniform("1 m^3", "2 m^3"), slope=0.5, design=gs.Design(points=64))
    np.testing.assert_allclose(found["drunk"], found["volume"] * 1.5e-6)


def test_parameters_that_are_given_in_another_way_are_drawn_too():
    values = {"right_ascension": gs.normal("350.85 deg", "2 deg"), "declination": gs.uniform("58 deg", "59.5 deg")}
    model, design = gs.model("boosted_dark_matter"), gs.Design(points=64)
    found = model.evaluate("off_centre_angle", design=design, **values)
    assert found.dims == ("draw",)
    assert found["declination"].values.min() > 58.0
    assert found["declination"].attrs["distribution"] == "uniform, 58 to 59.5 deg"
    places = SkyCoord(found["right_ascension"].values, found["declination"].values, unit="deg").galactic
    np.testing.assert_allclose(found["supernova_latitude"], places.b.deg, rtol=1e-9)


def test_correlated_parameters_are_normal_together():
    together = gs.correlated(["depth", "gravity"], covariance=[[0.01, 0.006], [0.006, 0.04]], mean=["3 m", 9.0])
    found = POND.evaluate(["fall"], correlated=[together], design=gs.Design(points=1 << 14))
    depth, gravity = found["depth"].values, found["gravity"].values
    np.testing.assert_allclose(np.cov(depth, gravity), [[0.01, 0.006], [0.006, 0.04]], rtol=5e-3)
    np.testing.assert_allclose([depth.mean(), gravity.mean()], [3.0, 9.0], rtol=1e-4)
    assert found["depth"].attrs["distribution"] == (
        "normal, mean 3 m, standard deviation 0.1 m; correlation 0.3 of depth and gravity"
    )


def test_a_covariance_has_its_own_units_and_means():
    together = gs.correlated(["depth", "gravity"], covariance=[[1e4, 0], [0, 1]], units=["mm", "m/s^2"])
    found = POND.evaluate(["fall"], correlated=[together], design=gs.Design(points=4096))
    assert found["depth"].values.std() == pytest.approx(0.1, rel=1e-2)
    assert found["depth"].values.mean() == pytest.approx(2.0, rel=1e-3)
    assert found["gravity"].values.mean() == pytest.approx(9.8, rel=1e-3)


def test_a_correlation_joins_distributions_of_any_kind_and_leaves_each_as_it_is():
    values = {"depth": gs.lognormal("2 m", 2), "slope": gs.uniform(0.2, 0.8)}
    together = gs.correlated(["depth", "slope"], correlation=-0.7)
    found = POND.evaluate(["drunk"], correlated=[together], design=gs.Design(points=1 << 14), **values)
    scores = [
        stats.norm.ppf(stats.lognorm(np.log(2), scale=2).cdf(found["depth"].values)),
        stats.norm.ppf((found["slope"].values - 0.2) / 0.6),
    ]
    assert np.corrcoef(scores)[0, 1] == pytest.approx(-0.7, abs=2e-3)
    assert stats.kstest(found["slope"].values, stats.uniform(0.2, 0.6).cdf).statistic < 2e-3
    # Spearman's coefficient of a normal copula.
    spearman = stats.spearmanr(found["depth"], found["slope"]).statistic
    assert spearman == pytest.approx(6 / np.pi * np.arcsin(-0.35), abs=3e-3)


def test_what_is_drawn_together_is_no_more_correlated_than_said():
    found = in_file(TEXT.replace("points = 128", "points = 4096"))
    numbers = [found[name].values for name in ("depth", "slope", "gravity")]
    assert np.abs(np.corrcoef(stats.rankdata(numbers, axis=1))[np.triu_indices(3, 1)]).max() < 0.01


@pytest.fixture
def posterior(tmp_path):
    """Return a table of correlated samples in other units."""
    rng = np.random.default_rng(1)
    depth, weights = rng.uniform(100, 300, 500), rng.uniform(0, 1, 500)
    frame = pd.DataFrame({"depth [cm]": depth, "incline": depth / 1000, "w": weights})
    frame.to_csv(tmp_path / "samples.csv", index=False)
    return frame


def test_columns_of_one_table_are_drawn_by_row(tmp_path, posterior):
    text = """
        model = "pond"
        [uncertain]
        depth = { table = "samples.csv", column = "depth", weights = "w" }
        slope = { table = "samples.csv", column = "incline", weights = "w" }
        [design]
        points = 8192
        [output]
        quantities = ["drunk"]
    """
    scenario = gs.Scenario.parse(text, model=POND, folder=tmp_path)
    found = gs.evaluate(scenario)
    np.testing.assert_allclose(found["slope"], found["depth"] / 10)
    counts = pd.Series(found["depth"].values.round(9)).value_counts()
    expected = 8192 * posterior["w"] / posterior["w"].sum()
    by_row = counts.reindex((posterior["depth [cm]"] / 100).round(9)).fillna(0)
    assert np.abs(by_row.to_numpy() - expected.to_numpy()).max() <= 2
    assert list(scenario.tables) == ["samples.csv"]
    samples = {
        name: gs.table(posterior, column, weights="w") for name, column in (("depth", "depth"), ("slope", "incline"))
    }
    in_python = POND.evaluate(["drunk"], design=gs.Design(points=8192), **samples)
    np.testing.assert_allclose(in_python["slope"], in_python["depth"] / 10)


def test_rows_outside_the_range_of_one_column_are_left_out_of_all(tmp_path, posterior):
    samples = {
        "depth": {"table": str(tmp_path / "samples.csv"), "column": "depth", "minimum": "200 cm"},
        "slope": gs.table(str(tmp_path / "samples.csv"), "incline"),
    }
    found = POND.evaluate(["drunk"], **samples)
    assert found["slope"].values.min() >= 0.2
    lost = (posterior["depth [cm]"] < 200).mean()
    assert f"{100 * lost:.3g} % cut off" in found["depth"].attrs["distribution"]


def test_units_of_columns_may_stand_in_a_comment_or_beside_the_name(tmp_path):
    (tmp_path / "a.csv").write_text("# units: d cm\nd\n100\n200\n")
    (tmp_path / "b.csv").write_text("d\n100\n200\n")
    first = drawn("depth", gs.table(str(tmp_path / "a.csv"), "d"))
    second = drawn("depth", gs.table(str(tmp_path / "b.csv"), "d", unit="cm"))
    third = drawn("depth", gs.table({"d": [1.0, 2.0]}, "d"))
    assert set(first.values) == set(second.values) == set(third.values) == {1.0, 2.0}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("d [cm]\n", "samples.csv: holds no line of column names followed by a row for each sample"),
        ("d [cm],d [m]\n1,2\n", "samples.csv:1: two columns 'd'"),
        ("d [cn]\n1\n", "samples.csv:1: column 'd': unknown unit 'cn'"),
        ("d [cm],e\n1\n", "samples.csv:2: 1 values for 2 columns"),
        ("d [cm]\n1\nnan\n", "samples.csv:3: d is 'nan'; expected a finite number in each row"),
        ("d [cm]\n1\n\n1e400\n", "samples.csv:4: d is '1e400'; expected a finite number in each row"),
        ("d [s]\n1\n", "samples.csv: column 'd': found 's', expected a unit like 'm'"),
        ("d\n1\n", "samples.csv: column 'd' has no unit; write it in its header: 'd [m]'"),
        ("# units: e cm\nd\n1\n", "samples.csv:1: no column 'e'"),
        ("d [cm],w\n1,-1\n", "samples.csv:2: the weight is -1; it must be at least 0"),
        ("d [cm],w\n1,0\n", "samples.csv: all weights in column 'w' are 0"),
    ],
)
def test_broken_tables_are_refused_with_their_line(tmp_path, content, said):
    (tmp_path / "samples.csv").write_text(content)
    weights = ', weights = "w"' if "w" in content.partition("\n")[0] else ""
    text = f'model = "pond"\nuncertain.depth = {{ table = "samples.csv", column = "d"{weights} }}\n'
    with pytest.raises(ScenarioError) as caught:
        gs.Scenario.parse(f'{text}output.quantities = ["volume"]\n', model=POND, folder=tmp_path, name="s.toml")
    assert str(caught.value).startswith(f"s.toml:2:29: {said}")


def test_columns_of_one_table_need_the_same_weights(tmp_path, posterior):
    file = str(tmp_path / "samples.csv")
    with pytest.raises(ScenarioError, match=r"have one column of weights, found None here and 'w' for 'depth'"):
        POND.evaluate(["drunk"], depth=gs.table(file, "depth", weights="w"), slope=gs.table(file, "incline"))


def test_a_distribution_that_leaves_the_range_is_cut_off_and_stays_within_open_ends():
    values = drawn("slope", gs.normal(1.0, 10.0))
    assert 0.0 < values.values.min() < values.values.max() < 1.0
    assert "above 0 and below 1 (9" in values.attrs["distribution"]


def test_numbers_of_the_cut_are_those_that_a_table_allows():
    """A table of stars allows metallicities from 0.014 to 0.017 only."""
    model = gs.model("red_supergiants")
    found = model.evaluate(["carbon_burning_rsg"], metallicity=gs.normal(0.014, 0.001), design=gs.Design(points=64))
    assert found["metallicity"].values.min() >= 0.014
    assert "at least 0.014 and at most 0.017 (50.1 % cut off)" in found["metallicity"].attrs["distribution"]


def test_design_without_anything_uncertain_is_refused():
    with pytest.raises(ScenarioError, match="a design needs something to draw"):
        POND.evaluate("volume", design=gs.Design())
    text = 'model = "pond"\n[design]\npoints = 8\n[output]\nquantities = ["volume"]\n'
    with pytest.raises(ScenarioError, match=r"s\.toml:2:2: a design needs something to draw; write distributions in"):
        gs.Scenario.parse(text, model=POND, name="s.toml")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (
            {"design": {"points": 8}},
            r"design takes a gs\.Design, such as gs\.Design\(points=1024\), found \{'points': 8\}",
        ),
        ({"correlated": 3}, r"correlated takes a list of what gs\.correlated returns, found 3"),
        ({"correlated": [3]}, "correlated parameters are a table of parameters, covariance, correlation"),
        ({"slope": gs.table({"a": [0.5]}, "b")}, "the table: has no column 'b'; it has a"),
        ({"slope": gs.table({"a": [0.5], "c": [1, 2]}, "a")}, "its columns need the same number of values"),
        ({"slope": gs.normal([1, 2], 3)}, r"'slope': found \[1, 2\], expected a number"),
        ({"depth": gs.normal("2 s", "1 s")}, "^'depth': found 's', expected a unit like 'm'$"),
        ({"pond": gs.choice("small")}, "choice takes a list of values, found 'small'"),
    ],
)
def test_mistakes_in_python_have_messages_too(options, said):
    with pytest.raises(ScenarioError, match=said):
        POND.evaluate("drunk", **options)


def test_a_model_that_uses_the_name_of_the_draws_is_told():
    model = gs.Model("cards", "A game")
    model.parameter("deck", 52.0, "Number of cards", minimum=0)

    @model.quantity("1")
    def draw(deck):
        """Cards drawn."""
        return deck / 2

    with pytest.raises(ScenarioError, match="nothing can be uncertain in model 'cards', which uses the name 'draw'"):
        model.evaluate("draw", deck=gs.uniform(1, 2))


def test_one_table_of_correlated_parameters_needs_no_list():
    together = gs.correlated(["depth", "slope"], correlation=0.5)
    values = {"depth": gs.uniform("1 m", "2 m"), "slope": gs.uniform(0.1, 0.2)}
    assert POND.evaluate("drunk", correlated=together, **values).dims == ("draw",)


def test_what_is_correlated_cannot_be_given_a_value_alone():
    text = TEXT + '[[correlated]]\nparameters = ["depth", "slope"]\ncorrelation = 0.5\n'
    with pytest.raises(ScenarioError, match="--set depth: 'depth' is correlated with others, and cannot be given a"):
        gs.Scenario.parse(text, model=POND, overrides={"depth": "2 m"})


def test_a_point_of_what_is_uncertain_and_correlated_can_be_given_as_a_whole():
    text = (
        TEXT
        + """
        [[correlated]]
        parameters = ["depth", "slope"]
        correlation = 0.5
    """
    )
    point = {"depth": "2 m", "slope": 0.5, "ducks": 2, "pond": "small", "season": "winter", "gravity": "9 m/s^2"}
    found, before = in_file(text, overrides={"depth": "2 m", "slope": 0.5}), in_file(text)
    assert np.array_equal(found["area"], before["area"])
    assert in_file(text, overrides={**point, "area": "1 km^2"}).sizes == {}


def test_a_sample_is_drawn_at_one_draw(tmp_path):
    text = """
        model = "red_supergiants"
        uncertain.sfr = { uniform = ["1e-4 Msun/yr", "2e-4 Msun/yr"] }
        uncertain.time = { uniform = ["15 Myr", "20 Myr"] }
        correlated = [{ parameters = ["sfr", "time"], correlation = 0.3 }]
        design = { points = 8 }
        output.quantities = ["flux"]
    """
    scenario = gs.Scenario.parse(text, folder=tmp_path)
    rate = scenario.resolved.coordinates["sfr"].values
    first, third = (gs.sample(scenario, at=at, seed=1) for at in ({}, {"draw": 3}))
    assert json.loads(first.attrs["gridscan_overrides"])["sfr"] == f"{float(rate[0])!r} Msun/yr"
    assert json.loads(third.attrs["gridscan_overrides"])["sfr"] == f"{float(rate[3])!r} Msun/yr"


def test_names_that_are_not_known_are_told_with_the_nearest():
    with pytest.raises(ScenarioError, match="unknown parameter 'dept' of model 'pond'; did you mean 'depth'"):
        POND.evaluate("volume", dept=gs.normal("2 m", "1 m"))
    with pytest.raises(ScenarioError, match=r"unknown distribution 'gama' of scipy\.stats; did you mean 'gamma'"):
        gs.distribution("gama", a=1)


def test_the_draws_of_a_parameter_without_effect_are_told():
    with pytest.warns(GridscanWarning, match="the value of 'slope' has no effect"):
        POND.evaluate("volume", slope=gs.uniform(0.1, 0.2), depth=gs.uniform("1 m", "2 m"))


def test_one_draw_is_a_dimension_too():
    found = POND.evaluate("volume", depth=gs.uniform("1 m", "2 m"), design=gs.Design(points=1))
    assert found.dims == ("draw",)
    assert found.sizes == {"draw": 1}


def test_many_draws_of_labels_are_quick_and_their_settings_short(tmp_path):
    text = """
        model = "red_supergiants"
        uncertain.imf = { choice = ["kroupa", "salpeter"] }
        design.points = 3000
        output.quantities = ["carbon_burning_rsg"]
    """
    found = gs.evaluate(gs.Scenario.parse(text, folder=tmp_path))
    assert json.loads(found.attrs["gridscan_settings"])["imf"] in (["kroupa", "salpeter"], ["salpeter", "kroupa"])
    assert found["imf"].sizes == {"draw": 3000}


@pytest.mark.parametrize(
    ("law", "instead"),
    [
        (stats.norm(2, 0.5), r"'norm', has no units; write gs.normal(mean, standard_deviation)"),
        (stats.gamma(2), r"'gamma', has no units; write gs.distribution('gamma', …)"),
        (stats.alpha(2), r"'alpha', has no units; write gs.table of samples of it"),
    ],
)
def test_a_frozen_distribution_is_refused_with_what_to_write(law, instead):
    with pytest.raises(ScenarioError, match=re.escape(instead)):
        gs.model("red_supergiants").evaluate("carbon_burning_rsg", sfr=law)
    with pytest.raises(ScenarioError, match=re.escape(instead)):
        gs.distribution(law)


def test_ends_at_which_any_distribution_is_cut_off():
    for made in (
        gs.uniform("1 Msun/yr", "4 Msun/yr", minimum="2 Msun/yr", maximum="3 Msun/yr"),
        gs.log_uniform("1 Msun/yr", "4 Msun/yr", minimum="2 Msun/yr", maximum="3 Msun/yr"),
        gs.triangular("1 Msun/yr", "2 Msun/yr", "4 Msun/yr", minimum="2 Msun/yr", maximum="3 Msun/yr"),
    ):
        drawn = gs.model("red_supergiants").evaluate("carbon_burning_rsg", sfr=made, design=gs.Design(points=64))["sfr"]
        assert 2 <= drawn.min() < 2.1
        assert 2.9 < drawn.max() <= 3


def test_what_evaluate_returns_says_how_it_was_computed():
    model = gs.model("red_supergiants")
    both = (
        model.evaluate(["carbon_burning_rsg"], sfr="3 Msun/yr"),
        model.evaluate("carbon_burning_rsg", sfr="3 Msun/yr"),
    )
    for found in both:
        assert found.attrs["source"] == f"gridscan {gs.__version__}, model red_supergiants"
        assert json.loads(found.attrs["gridscan_settings"])["sfr"] == {"value": 3.0, "unit": "Msun/yr"}
        assert "gridscan_replaced" not in found.attrs
    mine = model.replace(
        carbon_burning_rsg=lambda sfr, time_as_carbon_burning_rsg: 2 * sfr * time_as_carbon_burning_rsg
    )
    assert "carbon_burning_rsg" in json.loads(mine.evaluate(["carbon_burning_rsg"]).attrs["gridscan_replaced"])
