"""The reference numbers of stars before collapse, driven through the model."""

import math

import numpy as np
import presupernova
import presupernova_cases
import pytest

import gridscan as gs

WATER = {"number_of_electrons": 3.3428e32, "number_of_protons": 6.6856e31}
PERFECT = {
    "efficiency_elastic": 1.0,
    "efficiency_inverse_beta": 1.0,
    "direction_efficiency": 1.0,
    "solar_rejection": 1.0,
    "energy_min_prompt": "0 MeV",
    "recoil_min": "0 MeV",
    "recoil_max": "inf MeV",
    "resolution_stochastic": 0.0,
    "resolution_proportional": 0.0,
    "resolution_constant": "0 MeV",
}
PURE = {
    "carbon14_activity": "0 / kt / day",
    "krypton85_activity": "0 / kt / day",
    "bismuth210_activity": "0 / kt / day",
    "other_background": "0 / kt / day",
}


@pytest.fixture(scope="module")
def model():
    return gs.model("presupernova")


def number(model, quantity, **values):
    return float(model.evaluate(quantity, **values))


@pytest.mark.parametrize(
    "case", presupernova.cases("luminosity"), ids=lambda case: f"{case['initial_mass']}-{case['time_before_collapse']}"
)
def test_what_a_star_emits_is_that_of_the_reference(model, case):
    mass = min(max(case["initial_mass"], 12.0), 35.0)
    at = {"initial_mass": f"{mass} Msun", "time_before_collapse": f"{case['time_before_collapse']!r} yr"}
    for name, column, tolerance in (
        ("luminosity", "luminosity", 1e-8),
        ("mean_energy", "mean_energy", 1e-10),
        ("pinching", "pinching", 1e-10),
        ("neutrino_rate", "rate", 1e-8),
        ("energy_remaining", "energy_remaining", 1e-8),
        ("number_remaining", "number_remaining", 1e-8),
        ("heavy_flavour_ratio", "nux_to_nue", 1e-5),
        ("neutrino_rate_of_all_flavours", "rate_all_flavours", 1e-5),
    ):
        if column in case and (mass == case["initial_mass"]):
            assert number(model, name, **at) == pytest.approx(case[column], rel=tolerance, abs=0.0), name


@pytest.mark.parametrize("case", presupernova.cases("one_star"), ids=str)
def test_rates_of_one_star_are_those_of_the_reference(model, case):
    star = {
        "initial_mass": f"{case['initial_mass']} Msun",
        "time_before_collapse": f"{case['time_before_collapse']!r} yr",
        "distance": f"{case['distance']} kpc",
        "ordering": case["ordering"],
        **WATER,
        **PERFECT,
    }
    windows = {
        "es_all": {},
        "es_0.2": {"recoil_min": "0.2 MeV"},
        "es_0.2_0.5_smeared": {"recoil_min": "0.2 MeV", "recoil_max": "0.5 MeV", "resolution_stochastic": 0.05},
        "es_0.45_smeared": {"recoil_min": "0.45 MeV", "resolution_stochastic": 0.03},
    }
    for column, window in windows.items():
        given = {**star, **window}
        assert number(model, "elastic_rate", **given) == pytest.approx(case[column], rel=1e-5, abs=0.0), column
        error = number(model, "elastic_cross_section_error", **given)
        assert error <= 1e-8 * number(model, "elastic_cross_section", **given)
    assert number(model, "inverse_beta_rate", **star) == pytest.approx(case["ibd"], rel=1e-5, abs=0.0)


@pytest.mark.parametrize("case", presupernova.cases("ibd_window"), ids=str)
def test_inverse_beta_decays_in_a_window_are_those_of_the_reference(model, case):
    given = {
        "initial_mass": f"{case['initial_mass']} Msun",
        "distance": f"{case['distance']} kpc",
        "ordering": case["ordering"],
        "lead": f"{case['lead']!r} day",
        **PERFECT,
        "number_of_protons": 7.331e31,
    }
    window = f"{case['window']!r} day"
    assert number(model, "events_in_window", window=window, **given) == pytest.approx(case["ibd"], rel=1e-5)
    exposed = {"exposure": window, "channel": "inverse_beta", **given}
    assert number(model, "events_in_exposure", **exposed) == pytest.approx(case["ibd"], rel=1e-5)
    assert number(model, "events_in_exposure_error", **exposed) <= 1e-6 * case["ibd"]


@pytest.mark.parametrize("case", presupernova.cases("solar"), ids=str)
def test_the_background_of_the_sun_is_that_of_the_reference(model, case):
    given = {
        **PERFECT,
        "recoil_min": f"{case['recoil_min']} MeV",
        "recoil_max": f"{case['recoil_max']} MeV",
        "resolution_stochastic": case["stochastic"],
        "number_of_electrons": 3.3428e32,
        "solar_model": case["model"],
    }
    total = number(model, "solar_rate", **given)
    assert total == pytest.approx(case["total"], rel=0.01)
    assert number(model, "solar_rate", **{**given, "solar_rejection": 10.0}) == pytest.approx(total / 10.0, rel=1e-12)


@pytest.mark.parametrize(
    "case", [one for one in presupernova.cases("beta_background") if one["fraction"] > 1e-12], ids=str
)
def test_shares_of_beta_decays_are_those_of_the_reference(model, case):
    name = {"14C": "carbon14", "85Kr": "krypton85", "210Bi": "bismuth210"}[case["isotope"]]
    given = {
        **PERFECT,
        "recoil_min": f"{case['recoil_min']} MeV",
        "recoil_max": f"{case['recoil_max']} MeV",
        "resolution_stochastic": case["stochastic"],
    }
    assert number(model, f"{name}_share", **given) == pytest.approx(case["fraction"], rel=1e-6)
    rate = number(model, f"{name}_rate", fiducial_mass="2 kt", **{**given, f"{name}_activity": "50 / kt / day"})
    assert rate == pytest.approx(100.0 * case["fraction"], rel=1e-6)


@pytest.mark.parametrize("case", presupernova_cases.cases("alarm"), ids=str)
def test_alarms_are_those_of_the_reference(model, case):
    given = {
        "inverse_beta_background": f"{case['background']!r} / day",
        "window": f"{case['window']!r} day",
        "false_alarm_rate": f"{case['false_alarm_rate']!r} / day",
    }
    assert number(model, "alarm_threshold", **given) == case["threshold"]
    reached = number(model, "false_alarm_rate_reached", **given) / 365.25
    assert reached == pytest.approx(case["false_alarm_rate_at_threshold"], rel=1e-8)
    assert number(model, "alarm_signal", **given) == pytest.approx(case["signal_needed"], rel=1e-8)
    for events, probability in case["detection_probability"].items():
        found = number(model, "alarm_probability", events_in_window=float(events), **given)
        assert found == pytest.approx(probability, rel=1e-8)


@pytest.mark.parametrize("case", presupernova_cases.cases("ibd_horizon"), ids=str)
def test_horizons_and_rates_of_alarms_are_those_of_the_reference(model, case):
    given = {
        **PERFECT,
        "number_of_protons": case["protons"],
        "efficiency_inverse_beta": case["efficiency"],
        "inverse_beta_background": f"{case['background']!r} / day",
        "window": f"{case['window']!r} day",
        "false_alarm_rate": f"{case['false_alarm_rate']!r} / day",
        "ordering": case["ordering"],
        "lead": f"{case['lead']!r} day",
    }
    assert number(model, "alarm_threshold", **given) == case["threshold"]
    masses = [f"{mass} Msun" for mass in case["horizon"]]
    horizons = model.evaluate("alarm_horizon", initial_mass=masses, **given)
    np.testing.assert_allclose(horizons, list(case["horizon"].values()), rtol=1e-4)
    tolerance = 3e-4  # a share of the stars grows with a power above two of the horizon
    rate, error = (number(model, name, **given) for name in ("alarms_per_century", "alarms_per_century_error"))
    assert rate == pytest.approx(case["alerts_per_century"], rel=tolerance)
    assert error < 1e-4 * rate
    assert number(model, "probability_of_alarm", **given) == pytest.approx(
        case["probability_of_alert_in_century"], rel=tolerance
    )


@pytest.mark.parametrize("case", presupernova_cases.cases("es_horizon"), ids=str)
def test_elastic_horizons_are_those_of_the_reference(model, case):
    given = {
        **PERFECT,
        **PURE,
        "number_of_electrons": case["mass"] * (3.372e32 if case["detector"].startswith("lab") else 3.3428e32),
        "fiducial_mass": f"{case['mass']} kt",
        "recoil_min": f"{case['recoil_min']} MeV",
        "recoil_max": "inf MeV" if case["recoil_max"] is None else f"{case['recoil_max']} MeV",
        "resolution_stochastic": case["stochastic"],
        "solar_rejection": case["solar_rejection"],
        "solar_model": "AGSS09",
        "background_error": case["relative_background_error"],
        "exposure": f"{case['exposure']} yr",
        "initial_mass": f"{case['initial_mass']} Msun",
        "ordering": case["ordering"],
    }
    assert number(model, "elastic_background", **given) == pytest.approx(case["background"], rel=0.006)
    leads = {"values": [float(lead) for lead in case["horizon_at_time_before_collapse"]], "unit": "yr"}
    # The reference takes the Sun from tables of its spectra.
    own = {**given, "elastic_background": case["background"], "lead": leads}
    found = model.evaluate("elastic_horizon", **own)
    np.testing.assert_allclose(found, list(case["horizon_at_time_before_collapse"].values()), rtol=0.003)
    needed = number(model, "elastic_signal_needed", **{**given, "elastic_background": case["background"]})
    assert needed == pytest.approx(case["signal_needed"], rel=1e-4)


@pytest.mark.parametrize("case", presupernova_cases.cases("counts"), ids=str)
def test_counts_of_all_stars_are_those_of_the_reference(model, case):
    given = {
        **PERFECT,
        "number_of_protons": case["protons"],
        "efficiency_inverse_beta": case["efficiency"],
        "inverse_beta_background": "0 / day",
        "exposure": f"{case['exposure']} yr",
        "ordering": case["ordering"],
        "stars": "all",
        "radius": "25 kpc",
        "time": "1 Gyr",
    }
    numbers = [int(text) for text in case["probability_at_least"]]
    found = model.evaluate("count_exceedance", number_of_events=numbers, **given)
    np.testing.assert_allclose(found, list(case["probability_at_least"].values()), rtol=0.002)
    exactly = model.evaluate("count_probability", number_of_events=[0, 1, 2, 3], **given)
    assert float(exactly.sum()) + number(model, "count_exceedance", number_of_events=4, **given) == pytest.approx(1.0)
    assert float(exactly[0]) == pytest.approx(math.exp(-case["lambda_sum"]), rel=1e-5)


@pytest.mark.parametrize("case", presupernova_cases.cases("required_mass"), ids=str)
def test_required_masses_are_those_of_the_reference(model, case):
    given = {
        "background_in_exposure": case["background_at_base_mass"],
        "events_in_exposure": case["signal_to_background"] * case["background_at_base_mass"],
        "background_error": case["relative_background_error"],
        "significance": case["significance"],
        "fiducial_mass": "2 kt",
    }
    found = number(model, "required_mass", **given)
    if case["mass_scale"] is None:
        assert found == math.inf
    else:
        assert found == pytest.approx(2.0 * case["mass_scale"], rel=1e-8)


@pytest.mark.parametrize("case", presupernova_cases.cases("asimov"), ids=str)
def test_significances_are_those_of_the_reference(model, case):
    found = number(
        model,
        "significance_of_star",
        events_in_exposure=case["signal"],
        background_in_exposure=case["background"],
        background_error=case["background_error"] / case["background"],
    )
    assert found == pytest.approx(case["significance"], rel=1e-9)


@pytest.mark.parametrize("case", presupernova_cases.cases("population"), ids=str)
def test_the_population_is_that_of_the_reference(model, case):
    imf = {"salpeter-seed": "salpeter"}.get(case["imf"], case["imf"])
    given = {"imf": imf, "sfr": f"{case['sfr']} Msun/yr", "radius": f"{case['radius']} kpc"}
    collapses = number(model, "collapses_within", **given)
    assert collapses == pytest.approx(case["collapses_per_century_within"], rel=1e-5)
    assert number(model, "dying_stars_within", **given) == pytest.approx(case["stars"], rel=1e-5)
    year = number(model, "collapses_within", observing_time="1 yr", **given)
    assert year == pytest.approx(case["stars_in_last_year"], rel=1e-5)
    mean = number(model, "mean_population_flux", **given)
    assert mean == pytest.approx(case["mean_flux"], rel=1e-3)


@pytest.mark.parametrize("case", presupernova_cases.cases("flux_distribution"), ids=str)
def test_the_distribution_of_the_flux_is_that_of_the_reference(model, case):
    given = {"flux_threshold": f"{case['flux']!r} / cm^2 / s", "radius": f"{case['radius']} kpc"}
    above = number(model, "stars_above_flux", **given)
    assert above == pytest.approx(case["expected_stars_above"], rel=1e-3)
    assert number(model, "stars_above_flux_error", **given) < 2e-3 * above
    one = number(model, "probability_of_star_above_flux", **given)
    assert one == pytest.approx(case["probability_one_star_above"], rel=1e-3)
    found, error = (number(model, name, **given) for name in ("flux_exceedance", "flux_exceedance_error"))
    assert abs(found - case["probability_sum_above"]) <= error + case["half_width"] + 1e-3 * found
