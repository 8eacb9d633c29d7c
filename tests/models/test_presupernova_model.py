"""Limits, anchors and refusals of the model of stars before collapse."""

import math

import numpy as np
import presupernova
import pytest

import gridscan as gs
from gridscan.definition.graph import Graph
from gridscan.errors import EvaluationError, GridscanError, ScenarioError
from gridscan.inputs.shipped_files import data_path
from gridscan.physics.stellar.imf_shapes import MassFunction, number_between
from gridscan.units import readable

MODEL = gs.model("presupernova")
OPEN = {
    "recoil_min": "0 MeV",
    "recoil_max": "inf MeV",
    "resolution_stochastic": 0.0,
    "resolution_proportional": 0.0,
    "resolution_constant": "0 MeV",
    "efficiency_elastic": 1.0,
    "direction_efficiency": 1.0,
}
SPECIES = {"nue": "nue", "nux": "numutau", "nuebar": "nuebar", "nuxbar": "numutaubar"}
# What takes seconds, or has one value for most parameters; tested by itself.
DEAR = {"flux_exceedance", "flux_quantile", "count_probability", "count_exceedance", "stars_above_flux"}
DEAR |= {"probability_of_star_above_flux"}


def number(quantity, **values):
    return float(MODEL.evaluate(quantity, **values))


def constant_star(luminosity=1e38, mean_energy=0.9, pinching=2.0):
    """Return the text of a table of a star that never changes."""
    rows = [f"{mass},{time},{luminosity},{mean_energy},{pinching}" for mass in (15, 25) for time in (1e-5, 1e5)]
    units = "# units: mass Msun; time_before_collapse yr; luminosity erg/s; mean_energy MeV; pinching 1"
    return "\n".join([units, "mass,time_before_collapse,luminosity,mean_energy,pinching", *rows])


# Reference numbers of single cross sections and of flavours.


@pytest.mark.parametrize("case", presupernova.cases("scattering_total"), ids=str)
def test_total_cross_sections_are_those_of_the_reference(case):
    given = {**OPEN, "energy": f"{case['energy']!r} MeV", "species": SPECIES[case["species"]]}
    for word, column in (("radiative", "radiative"), ("tree-level", "tree")):
        found = number("scattering_cross_section", cross_section=word, **given)
        assert found == pytest.approx(case[column], rel=1e-8, abs=0.0)
    if "radiative_qed" in case:
        found = number("scattering_cross_section", qed="on", **given)
        assert found == pytest.approx(case["radiative_qed"], rel=1e-6, abs=0.0)


@pytest.mark.parametrize("section", ["scattering_window", "scattering_smeared"])
def test_cross_sections_of_windows_are_those_of_the_reference(section):
    for case in presupernova.cases(section):
        given = {
            **OPEN,
            "energy": f"{case['energy']!r} MeV",
            "species": SPECIES[case["species"]],
            "recoil_min": f"{case['recoil_min']!r} MeV",
            "recoil_max": f"{case['recoil_max']!r} MeV",
            "resolution_stochastic": case.get("stochastic", 0.0),
            "resolution_proportional": case.get("proportional", 0.0),
            "resolution_constant": f"{case.get('constant', 0.0)!r} MeV",
        }
        found = number("scattering_cross_section", **given)
        assert found == pytest.approx(case["radiative"], rel=2e-8, abs=0.0), case


@pytest.mark.parametrize("case", presupernova.cases("flavour"), ids=str)
def test_flavours_at_the_earth_are_those_of_the_reference(case):
    given = {name: case[name] for name in ("ordering", "sin2_theta12", "sin2_theta13")}
    assert number("neutrino_survival", **given) == pytest.approx(case["p"], rel=1e-12)
    assert number("antineutrino_survival", **given) == pytest.approx(case["p_bar"], rel=1e-12)


@pytest.mark.parametrize("case", presupernova.cases("recoil_spectrum"), ids=str)
def test_recoil_spectra_are_those_of_the_reference(case):
    """One species alone is seen where nothing is converted and nothing else is emitted."""
    star = {
        "mean_energy": f"{case['mean_energy']!r} MeV",
        "heavy_flavour_mean_energy": f"{case['mean_energy']!r} MeV",
        "pinching": case["pinching"],
        "recoil_energy": f"{case['recoil']!r} MeV",
        "ordering": "none",
    }
    empty = {**star, "nue_to_antinue": 0.0, "heavy_flavour_ratio": 0.0}
    electron = number("recoil_cross_section", **empty)
    parts = {
        "nuebar": electron,
        "nue": number("recoil_cross_section", **{**empty, "nue_to_antinue": 1.0}) - electron,
    }
    if case["species"] in parts:
        assert parts[case["species"]] == pytest.approx(case["radiative"], rel=1e-7, abs=0.0)


@pytest.mark.parametrize("case", presupernova.cases("inverse_beta_mean"), ids=str)
def test_mean_cross_sections_of_a_proton_are_those_of_the_reference(case):
    if case.get("energy_min", 0.0) > 0.0:
        prompt = f"{case['energy_min'] - 1.29333236 + 0.51099895069!r} MeV"
    else:
        prompt = "0 MeV"
    found = number(
        "inverse_beta_cross_section",
        ordering="none",
        mean_energy=f"{case['mean_energy']!r} MeV",
        pinching=case["pinching"],
        energy_min_prompt=prompt,
    )
    # Masses of another year of CODATA move the threshold, near which spectra are steep.
    assert found == pytest.approx(case["value"], rel=3e-6, abs=0.0)


# Limits.


def test_a_constant_star_without_heavy_flavours_is_that_of_red_supergiants(tmp_path):
    """Twice, since neutrinos and antineutrinos are counted here, and one of them there."""
    table = tmp_path / "constant.csv"
    table.write_text(constant_star())
    here = {"neutrino_table": str(table), "ordering": "none", "heavy_flavour_ratio": 0.0}
    toy = gs.model("red_supergiants")
    assert number("emitted_flux", **here) == pytest.approx(float(toy.evaluate("reference_flux")), rel=1e-9)
    # The windows are those of the column of durations there, and of the ages in the toy.
    mean = number("mean_population_flux", **here, time="1 Gyr")
    assert mean == pytest.approx(2.0 * float(toy.evaluate("flux", time="1 Gyr")), rel=1e-3)
    stars = number("dying_stars_within", **here, time="1 Gyr")
    assert stars == pytest.approx(float(toy.evaluate("carbon_burning_rsg_within", time="1 Gyr")), rel=1e-3)
    counted = {"fiducial_mass": "1 kt", "electrons_per_mass": "0.5555555555555556 mol/g"}
    rate = number("elastic_rate", cross_section="tree-level", **here, **OPEN, **counted)
    expected = [
        float(
            toy.evaluate(
                "reference_events_per_year",
                flavor=flavor,
                cross_section="tree-level",
                energy_min="0 MeV",
                energy_max="40 MeV",
                **counted,
            )
        )
        for flavor in ("nue", "nuebar")
    ]
    assert rate == pytest.approx(sum(expected), rel=1e-5)


def test_more_star_formation_is_more_alarms_and_young_galaxies_have_none():
    one, two = MODEL.evaluate("alarms_per_century", sfr=["1 Msun/yr", "2 Msun/yr"]).values
    assert two == pytest.approx(2.0 * one, rel=1e-12)
    assert number("alarms_per_century", time="1 Myr") == 0.0
    assert number("stars_above_flux", flux_threshold="0 / cm^2 / s", time="1 Myr") == 0.0


def test_a_grid_has_the_numbers_of_its_points():
    axes = {
        "detector": ["kamland", "juno"],
        "ordering": ["normal", "inverted"],
        "progenitor": ["interpolated", "kepler-25"],
        "lead": ["0 day", "2 day"],
        "initial_mass": ["15 Msun", "20 Msun"],
        "heavy_flavour_ratio": [0.0, 0.19],
        "channel": ["elastic", "inverse_beta"],
        "imf": ["kroupa", "chabrier-2005"],
        "metallicity": [0.014, 0.017],
    }
    names = ["events_in_exposure", "alarm_horizon", "alarms_per_century", "alarm_lead", "mean_population_flux"]
    grid = MODEL.evaluate(names, **axes)
    generator = np.random.default_rng(1)
    for _ in range(12):
        point = {name: values[generator.integers(2)] for name, values in axes.items()}
        chosen = {name: axes[name].index(value) for name, value in point.items()}
        one = MODEL.evaluate(names, **point)
        for name in names:
            cell = grid[name].isel({dim: chosen[dim] for dim in grid[name].dims})
            assert float(cell) == pytest.approx(float(one[name]), rel=1e-12, nan_ok=True), (name, point)


def test_only_what_a_quantity_depends_on_are_its_dimensions():
    axes = {"imf": ["kroupa", "igimf"], "sfr": ["1 Msun/yr", "2 Msun/yr"], "detector": ["juno", "kamland"]}
    grid = MODEL.evaluate(["alarm_horizon", "collapse_rate", "fraction_within", "alarms_per_century"], **axes)
    assert grid.alarm_horizon.dims == ("detector",)
    assert grid.collapse_rate.dims == ("imf", "sfr")
    assert grid.fraction_within.dims == ()
    assert grid.alarms_per_century.dims == ("imf", "sfr", "detector")


# Published numbers, and what is known.


def test_orderings_shift_the_horizon_of_juno_by_what_is_published(tmp_path):
    """1.78 (JUNO 2024, arXiv:2309.07109), with the flavours of the spectra of 30 Msun that were used there.

    These have as many nu_x per nu_e as hot pairs at all times, of the same mean energy, so that distances follow from
    the number of nu_e-bar that arrive alone, whatever the star.
    """
    squared = {charge: (0.5 * charge + 2 * 0.23122) ** 2 + 0.25 for charge in (1, -1)}
    hot = squared[-1] / squared[1]
    rows = data_path("neutrino_tracks.csv").read_text(encoding="utf-8").splitlines()
    header = next(index for index, row in enumerate(rows) if row.startswith("mass"))
    units = next(index for index, row in enumerate(rows) if row.startswith("# units"))
    rows[units] += "; nux_to_nue 1; nux_hardness 1"
    rows[header] += ",nux_to_nue,nux_hardness"
    rows[header + 1 :] = [f"{row},{hot!r},1" for row in rows[header + 1 :]]
    (tmp_path / "hot.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    given = {"neutrino_table": str(tmp_path / "hot.csv"), "initial_mass": ["15 Msun", "25 Msun"]}
    far = MODEL.evaluate("alarm_horizon", ordering=["normal", "inverted"], **given).transpose("ordering", ...)
    normal, inverted = far.values
    kept = (1 - 0.3075) * (1 - 0.0222), 0.0222
    expected = math.sqrt((kept[0] + (1 - kept[0]) * hot) / (kept[1] + (1 - kept[1]) * hot))
    assert normal / inverted == pytest.approx([expected, expected], rel=1e-9)
    assert expected == pytest.approx(1.78, rel=0.01)
    assert (normal[1], inverted[1]) == pytest.approx((1.6, 0.9), rel=0.03)


def test_thermal_pairs_of_their_time_set_the_orderings_farther_apart():
    """Fewer nu_x than of hot pairs, though harder ones: 1.86; 1.78 needs 0.165 of them per nu_e."""
    given = {"initial_mass": "25 Msun", "ordering": ["normal", "inverted"]}
    normal, inverted = MODEL.evaluate("alarm_horizon", **given).values
    assert normal / inverted == pytest.approx(1.86, rel=0.01)
    assert normal == pytest.approx(1.6, rel=0.05)
    normal, inverted = MODEL.evaluate("alarm_horizon", heavy_flavour_ratio=0.165, **given).values
    assert normal / inverted == pytest.approx(1.78, rel=0.01)


def test_red_supergiants_near_the_sun_are_as_many_as_in_the_catalogue():
    """5 with distances of Gaia, and three brighter ones without, within 1 kpc: Healy et al. 2024, arXiv:2307.08785."""
    expected = float(gs.model("red_supergiants").evaluate("red_supergiants_within", radius="1 kpc"))
    assert abs(8.0 - expected) < 2.0 * math.sqrt(expected)


def test_continuous_masses_have_fewer_stars():
    galaxy = {"radius": "25 kpc", "flux_threshold": "1000 / cm^2 / s"}
    assert number("probability_of_star_above_flux", **galaxy) == pytest.approx(0.0240, rel=0.01)
    continuous = number("probability_of_star_above_flux", mass_integration="continuous", **galaxy)
    assert continuous == pytest.approx(0.0214, rel=0.01)
    assert number("dying_stars_within", mass_integration="continuous") == pytest.approx(0.063, rel=0.02)


def test_quantiles_of_the_flux_of_the_galaxy():
    found = MODEL.evaluate("flux_quantile", quantile=[0.05, 0.5, 0.95, 0.99], radius="25 kpc")
    np.testing.assert_allclose(found, [6.74, 31.98, 456.0, 2875.0], rtol=0.003)


def test_an_alarm_is_as_early_as_its_horizon_is_far():
    star = {"distance": "300 pc", "initial_mass": "15 Msun"}
    lead = number("alarm_lead", **star)
    assert number("alarm_lead_error", **star) < 1e-5 * lead
    just = [number("alarm_horizon", initial_mass="15 Msun", lead=f"{lead * part!r} day") for part in (0.999, 1.001)]
    assert just[0] > 0.3 > just[1]


@pytest.mark.parametrize("kind", ["chabrier-2005", "maschberger", "kroupa"])
def test_collapses_follow_the_mass_function(kind):
    functions = {
        "chabrier-2005": MassFunction([1.0, 2.35], [0.08, 1.0, 120.0], "lognormal"),
        "maschberger": MassFunction([0.48, 2.3], [0.08, 0.2, 120.0], "maschberger"),
        "kroupa": MassFunction([1.3, 2.3], [0.08, 0.5, 120.0]),
    }
    expected = 2.0 * float(number_between(11.0, 37.5, functions[kind]))
    assert number("collapse_rate", imf=kind, stars="all") == pytest.approx(expected, rel=1e-9)


def test_a_galaxy_wide_mass_function_follows_star_formation_and_metallicity():
    rates = MODEL.evaluate(
        "collapse_rate", imf="igimf", stars="all", sfr=["0.1 Msun/yr", "10 Msun/yr"], metallicity_dex=[-1.0, 0.0]
    )
    assert float(rates[1, 1] / rates[0, 1]) > 110.0
    assert float(rates[0, 0]) > float(rates[0, 1])
    # The default is that of the tracks.
    own = number("collapse_rate", imf="igimf", stars="all", metallicity=0.0142)
    assert own == pytest.approx(
        number("collapse_rate", imf="igimf", stars="all", metallicity_dex=0.0, metallicity=0.0142)
    )
    with pytest.raises(EvaluationError, match=r"sfr is 0.0001"):
        MODEL.evaluate("collapse_rate", imf="igimf", sfr="1e-4 Msun/yr")


# What is refused.


@pytest.mark.parametrize(
    ("quantity", "values", "message"),
    [
        ("elastic_rate", {"recoil_min": "1 MeV", "recoil_max": "0.5 MeV"}, "recoil_max must be above recoil_min"),
        ("elastic_rate", {"resolution_stochastic": -0.1}, "'resolution_stochastic' cannot be -0.1"),
        ("luminosity", {"time_before_collapse": "-1 yr"}, "'time_before_collapse' cannot be -1 yr"),
        (
            "luminosity",
            {"initial_mass": "8 Msun"},
            "'initial_mass' cannot be 8 Msun; allowed is a number from 12 to 35",
        ),
        ("solar_rate", {"solar_rejection": 0.5}, "'solar_rejection' cannot be 0.5"),
        ("significance_of_star", {"background_error": -0.1}, "'background_error' cannot be -0.1"),
        ("flux", {"distance": "0 pc"}, "'distance' cannot be 0 pc"),
        ("events_in_exposure", {"exposure": "0 yr"}, "'exposure' cannot be 0 yr"),
        ("alarm_threshold", {"window": "0 day"}, "'window' cannot be 0 d;"),
        ("collapses_within", {"observing_time": "0 yr"}, "'observing_time' cannot be 0 yr"),
        ("neutrino_survival", {"sin2_theta12": 1.5}, "'sin2_theta12' cannot be 1.5"),
        ("elastic_rate", {"efficiency_elastic": 1.5}, "'efficiency_elastic' cannot be 1.5"),
        ("elastic_rate", {"pinching": 1.0}, "pinching is 1.*above 1"),
        ("significance_of_star", {"background_in_exposure": 0.0}, "background is 0"),
        ("scattering_cross_section", {"qed": "on"}, "qed is 'on' with a window of recoils"),
        ("alarm_horizon", {"horizon_probability": 1e-9}, r"probability is 1e-09"),
        ("luminosity", {"progenitor": "kepler-20"}, "unknown progenitor 'kepler-20'; did you mean 'kepler-25'"),
        ("collapse_rate", {"imf": "igimf", "metallicity_dex": 1.0}, "metallicity_dex is 1"),
    ],
)
def test_what_cannot_be_is_refused_in_words(quantity, values, message):
    with pytest.raises(GridscanError, match=message):
        MODEL.evaluate(quantity, **values)


def test_a_table_of_one_star_has_no_other(tmp_path):
    lines = constant_star().splitlines()
    table = tmp_path / "one.csv"
    table.write_text("\n".join(lines[:4]))
    assert number("luminosity", neutrino_table=str(table), initial_mass="15 Msun") == pytest.approx(1e38)
    with pytest.raises(EvaluationError, match="one progenitor, of 15 Msun"):
        MODEL.evaluate("luminosity", neutrino_table=str(table), initial_mass="20 Msun")
    with pytest.raises(EvaluationError, match="no progenitor of 25 Msun"):
        MODEL.evaluate("luminosity", neutrino_table=str(table), progenitor="kepler-25")


def test_stars_outside_of_the_progenitors_are_told():
    masses = ["12 Msun", "15 Msun", "20 Msun", "30 Msun"]
    assert MODEL.evaluate("outside_progenitors", initial_mass=masses).values.tolist() == [1.0, 0.0, 0.0, 1.0]


def _ends(node):
    default = node.default if isinstance(node.default, float) and math.isfinite(node.default) else 1.0
    closed = [end for end in (node.minimum, node.maximum) if end is not None]
    opened = [end for end in (node.above, node.below) if end is not None]
    return closed + [end + 1e-3 * (default - end) for end in opened], opened


def _number_or_refusal(name, values):
    try:
        return number(name, **values)
    except (ScenarioError, EvaluationError) as fault:
        return str(fault)


def _declared(name, found):
    node = MODEL.quantities[name]
    return (math.isnan(found) and node.missing is not None) or (math.isinf(found) and node.unbounded is not None)


GALAXY = set(MODEL.groups["galaxy"].members)
NUMBERS = [
    name
    for name, node in MODEL.parameters.items()
    if not node.is_word and name not in GALAXY and node.vector is None and name != "number_of_events"
]


@pytest.mark.parametrize("parameter", NUMBERS)
def test_at_each_end_of_a_range_a_model_computes_or_refuses_in_words(parameter):
    node, unit = MODEL.parameters[parameter], readable(MODEL.parameters[parameter].unit)
    needing = [
        name
        for name, quantity in MODEL.quantities.items()
        if quantity.error_of is None and name not in DEAR and parameter in Graph.of(MODEL, [name]).inputs
    ]
    inside, outside = _ends(node)

    def given(value):
        return f"{value!r} {unit}".replace(" 1", "") if unit != "1" else int(value) if node.integer else value

    for value in inside:
        for name in needing:
            found = _number_or_refusal(name, {parameter: given(value)})
            words = isinstance(found, str) and ("must be" in found or "allowed" in found)
            assert words or math.isfinite(found) or _declared(name, found), (name, value, found)
    for value in outside:
        with pytest.raises(ScenarioError, match=f"'{parameter}' cannot be"):
            MODEL.evaluate(needing, **{parameter: given(value)})


def test_gadolinium_warns_of_betelgeuse_nine_hours_ahead():
    """Machado et al. 2022 (Super-Kamiokande), arXiv:2205.09881, for 0.01 %; more of it takes more neutrons."""
    given = {"distance": "168 pc", "initial_mass": "15 Msun", "window": "12 h", "false_alarm_rate": "1 / century"}
    detectors = ["super-k", "super-k-gd-2020", "super-k-gd"]
    without, first, second = 24.0 * MODEL.evaluate("alarm_lead", detector=detectors, **given).values
    assert without == -math.inf
    assert first == pytest.approx(9.0, abs=0.3)
    assert second > first


@pytest.mark.parametrize(
    ("ordering", "sines", "prompt", "lead", "window", "protons", "background", "expected"),
    [
        ("none", (0.276, 0.027), "0.0 MeV", "0.0 day", "0.665 day", 8.65e32, "0.0362 / day", 0.058344794525),
        ("normal", (0.331, 0.0167), "2.34 MeV", "0.291 day", "2.52 day", 2.34e34, "0.0988 / day", 0.07106088453),
        ("normal", (0.327, 0.0194), "3.44 MeV", "0.0208 day", "4.95 day", 1.8e33, "0.446 / day", 0.00048630517103),
        ("inverted", (0.335, 0.0155), "0.0 MeV", "0.00241 day", "1.8 day", 1.97e34, "0.0531 / day", 0.30449803878),
        ("inverted", (0.283, 0.0261), "0.0 MeV", "3.06 day", "1.78 day", 3.54e33, "7.42 / day", 5.9806339532e-05),
        ("inverted", (0.297, 0.0264), "0.0 MeV", "0.0 day", "4.12 day", 4.81e32, "0.477 / day", 0.00085134308077),
    ],
)
def test_alarms_of_random_detectors_are_as_summed_by_hand_within_their_error(
    ordering, sines, prompt, lead, window, protons, background, expected
):
    """By 24 Gauss points between knots and nodes of the pairs, 160 in energy, and a mass function written anew."""
    given = {"ordering": ordering, "energy_min_prompt": prompt, "lead": lead, "window": window}
    given |= dict(zip(("sin2_theta12", "sin2_theta13"), sines, strict=True))
    given |= {"number_of_protons": protons, "efficiency_inverse_beta": 1.0, "inverse_beta_background": background}
    found = MODEL.evaluate(["alarms_per_century", "alarms_per_century_error"], **given)
    value, error = float(found.alarms_per_century), float(found.alarms_per_century_error)
    assert abs(value - expected) <= error
    assert value == pytest.approx(expected, rel=1e-6)
    assert error <= 1e-5 * value
