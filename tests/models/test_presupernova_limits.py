"""What the model `presupernova` cannot say: it answers never, refuses, or warns, in words."""

import math
import re

import numpy as np
import pytest
from click.testing import CliRunner

import gridscan as gs
from gridscan.cli import main
from gridscan.errors import GridscanError, ModelWarning

MODEL = gs.model("presupernova")


# Never is a number, and no gap.


def test_no_mass_suffices_is_infinite_and_noted():
    far = MODEL.evaluate("required_mass", distance=["1 pc", "200 pc"], lead="10 yr", background_error=0.01)
    assert math.isfinite(far.values[0])
    assert far.values[1] == np.inf
    assert "infinite where no mass suffices" in far.attrs["comment"]
    # A background that is known exactly sets no limit, and a star that sends nothing none either.
    assert math.isfinite(float(MODEL.evaluate("required_mass", lead="10 yr", background_error=0.0)))
    assert float(MODEL.evaluate("required_mass", lead="7000 yr", background_error=0.0)) == np.inf


def test_a_star_that_raises_no_alarm_has_a_lead_time_of_minus_infinity():
    leads = MODEL.evaluate(["alarm_lead", "alarm_lead_error"], distance=["300 pc", "2 kpc"])
    assert leads.alarm_lead.values[0] > 0.1
    assert leads.alarm_lead.values[1] == -np.inf
    assert leads.alarm_lead_error.values[1] == 0.0
    assert "infinite and negative where the star raises no alarm" in leads.alarm_lead.attrs["comment"]
    blind = MODEL.evaluate(["yield_for_alarm", "alarm_lead", "alarm_horizon"], detector="super-k")
    assert float(blind.yield_for_alarm) == np.inf
    assert float(blind.alarm_lead) == -np.inf
    assert float(blind.alarm_horizon) == 0.0


def test_a_file_keeps_what_never_happens(tmp_path):
    (tmp_path / "scan.toml").write_text(
        'model = "presupernova"\n[axes]\ndistance = ["1 pc", "200 pc"]\n[parameters]\nlead = "10 yr"\n'
        '[output]\nquantities = ["required_mass"]\npath = "out.nc"\n'
    )
    gs.run(tmp_path / "scan.toml")
    found = gs.open(tmp_path / "out.nc").required_mass
    assert math.isfinite(found.values[0])
    assert found.values[1] == np.inf


# Errors bound what is off.


def fine_yield(rate_name, targets, lead, length, **star):
    """∫ rate dt × 4π d²/targets, with 4 Gauss points on 400 panels of ln t (independent of panels at knots)."""
    nodes, weights = np.polynomial.legendre.leggauss(4)
    edges = np.log(np.geomspace(lead, lead + length, 401))
    half, middle = 0.5 * np.diff(edges)[:, None], 0.5 * (edges[1:] + edges[:-1])[:, None]
    time = np.exp(middle + half * nodes)
    given = {"time_before_collapse": {"values": time.ravel().tolist(), "unit": "day"}, "distance": "1 kpc", **star}
    rates = MODEL.evaluate(rate_name, **given)
    per_day = rates.values.reshape(time.shape) * {"d^-1": 1.0, "yr^-1": 1.0 / 365.25}[rates.attrs["units"]]
    return float((per_day * time * half * weights).sum()) / targets


@pytest.mark.parametrize(("lead", "mass"), [(0.3, 15), (3.0, 20), (40.0, 12)])
def test_the_error_of_an_alarm_s_horizon_bounds_what_is_off(lead, mass):
    star = {"initial_mass": f"{mass} Msun", "ordering": "inverted"}
    at = {"lead": f"{lead!r} day", "window": "1 day", **star}
    found = MODEL.evaluate(["alarm_horizon", "alarm_horizon_error", "alarm_signal"], **at)
    events = fine_yield("inverse_beta_rate", 1.0, lead, 1.0, **star)
    expected = math.sqrt(events / float(found.alarm_signal))
    off = abs(float(found.alarm_horizon) - expected)
    # Panels that do not end at the knots are right to 1e-6.
    assert off <= float(found.alarm_horizon_error) + 1e-6 * expected
    assert float(found.alarm_horizon_error) < 1e-6 * expected


@pytest.mark.parametrize(("lead", "detector"), [(10.0, "juno"), (365.25, "theia-25"), (3652.5, "borexino")])
def test_the_error_of_an_elastic_horizon_bounds_what_is_off(lead, detector):
    at = {"detector": detector, "lead": f"{lead!r} day", "exposure": "1 yr"}
    found = MODEL.evaluate(["elastic_horizon", "elastic_horizon_error", "elastic_signal_needed"], **at)
    events = fine_yield("elastic_rate", 1.0, lead, 365.25, detector=detector)
    expected = 1e3 * math.sqrt(events / float(found.elastic_signal_needed))
    assert abs(float(found.elastic_horizon) - expected) <= float(found.elastic_horizon_error) + 1e-6 * expected
    assert 0.0 < float(found.elastic_horizon_error) < 1e-6 * expected


def test_the_error_of_a_background_is_in_that_of_the_horizon():
    sure = {"elastic_background": 1e6, "elastic_background_error": 0.0}
    unsure = {"elastic_background": 1e6, "elastic_background_error": 1e4}
    off = [float(MODEL.evaluate("elastic_horizon_error", **given)) for given in (sure, unsure)]
    far = [float(MODEL.evaluate("elastic_horizon", elastic_background=b)) for b in (1e6, 1.01e6)]
    assert off[1] - off[0] >= abs(far[1] - far[0])
    assert off[1] < 2.0 * abs(far[1] - far[0])


# What is refused, and what is warned about, of the section on limits.


@pytest.mark.parametrize(
    ("quantity", "values", "message"),
    [
        ("elastic_rate", {"pinching": 1.0}, "pinching is 1.*above 1"),
        ("luminosity", {"time_before_collapse": "-1 s"}, "'time_before_collapse' cannot be"),
        ("luminosity", {"initial_mass": "36 Msun"}, "'initial_mass' cannot be 36 Msun; allowed is a number from 12 to"),
        ("elastic_rate", {"recoil_min": "1 MeV", "recoil_max": "1 MeV"}, "recoil_max must be above recoil_min"),
        ("elastic_rate", {"resolution_proportional": -0.1}, "'resolution_proportional' cannot be -0.1"),
        ("elastic_rate", {"resolution_constant": "-1 keV"}, "'resolution_constant' cannot be"),
        ("significance_of_star", {"background_in_exposure": 0.0}, "background is 0"),
        ("elastic_horizon", {"elastic_background": 0.0, "elastic_background_error": 0.0}, "background is 0"),
        ("required_mass", {"background_in_exposure": 0.0}, "background is 0"),
        ("solar_rate", {"solar_rejection": 0.99}, "'solar_rejection' cannot be 0.99"),
        ("required_mass", {"background_error": -1e-9}, "'background_error' cannot be -1e-09"),
        ("flux", {"distance": "0 pc"}, "'distance' cannot be 0 pc"),
        ("flux", {"distance": "-1 pc"}, "'distance' cannot be -1 pc"),
        ("events_in_exposure", {"exposure": "0 s"}, "'exposure' cannot be"),
        ("alarm_horizon", {"window": "-1 h"}, "'window' cannot be"),
        ("probability_of_alarm", {"observing_time": "0 yr"}, "'observing_time' cannot be 0 yr"),
        ("neutrino_survival", {"sin2_theta13": -0.1}, "'sin2_theta13' cannot be -0.1"),
        ("inverse_beta_rate", {"efficiency_inverse_beta": 1.01}, "'efficiency_inverse_beta' cannot be 1.01"),
        ("solar_rate", {"efficiency_elastic": -0.5}, "'efficiency_elastic' cannot be -0.5"),
        ("elastic_rate", {"direction_efficiency": 2.0}, "'direction_efficiency' cannot be 2"),
        ("collapse_rate", {"imf": "igimf", "sfr": "2000 Msun/yr"}, "sfr is 2000"),
        ("collapse_rate", {"imf": "igimf", "metallicity_dex": -2.1}, "metallicity_dex is -2.1"),
        ("neutrino_survival", {"neutrino_mass_state": 4}, "'neutrino_mass_state' cannot be 4"),
    ],
)
def test_what_is_beyond_a_limit_is_refused(quantity, values, message):
    with pytest.raises(GridscanError, match=message):
        MODEL.evaluate(quantity, **values)


@pytest.mark.parametrize(
    "quantity",
    [
        "collapses_within",
        "dying_stars_within",
        "mean_population_flux",
        "stars_above_flux",
        "flux_exceedance",
        "flux_quantile",
        "count_probability",
        "count_exceedance",
        "probability_of_star_above_flux",
    ],
)
def test_a_relation_of_whole_galaxies_is_refused_for_a_part_of_one(quantity):
    given = {"imf": ["kroupa", "igimf"], "radius": "1 kpc"}
    with pytest.raises(GridscanError, match=r"relation of whole galaxies, and radius holds 0\.171 % of"):
        MODEL.evaluate(quantity, **given)


def test_a_relation_of_whole_galaxies_holds_for_a_whole_one():
    given = {"imf": "igimf", "radius": "25 kpc"}
    found = MODEL.evaluate(["collapses_within", "stars_above_flux", "alarms_per_century"], **given)
    assert all(float(item) > 0.0 for item in found.data_vars.values())


def test_a_table_with_one_time_of_a_star_is_refused(tmp_path):
    table = tmp_path / "one.csv"
    units = "# units: mass Msun; time_before_collapse yr; luminosity erg/s; mean_energy MeV; pinching 1"
    header = "mass,time_before_collapse,luminosity,mean_energy,pinching"
    table.write_text(f"{units}\n{header}\n15,1,1e40,0.9,3\n15,2,1e40,0.9,3\n25,1,1e40,0.9,3\n")
    with pytest.raises(GridscanError, match=r"one\.csv:5: the star of 25 Msun has one time; two or more are needed"):
        MODEL.evaluate("luminosity", neutrino_table=str(table))


def test_counts_of_more_than_700_events_are_not_refused_since_they_do_not_underflow():
    given = {"inverse_beta_background": "3 / day", "exposure": "365 day", "time": "0 Myr", "number_of_events": 1095}
    expected = math.exp(1095 * math.log(1095.0) - 1095.0 - math.lgamma(1096.0))
    assert float(MODEL.evaluate("count_probability", **given)) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(
    ("quantity", "values", "warning"),
    [
        ("luminosity", {"initial_mass": ["15 Msun", "12 Msun"]}, "lighter or heavier than the progenitors"),
        ("alarm_horizon", {"initial_mass": "30 Msun"}, "lighter or heavier than the progenitors"),
        ("luminosity", {"progenitor": "kepler-15", "initial_mass": "20 Msun"}, "lighter or heavier"),
        ("luminosity", {"initial_mass": "20 Msun"}, None),
        ("luminosity", {"time_before_collapse": "4 min"}, "held until the collapse"),
        ("luminosity", {"time_before_collapse": "6 min"}, None),
        ("elastic_rate", {"time_before_collapse": "2000 yr"}, "a lower bound .* photoneutrinos are left out"),
        ("events_in_exposure", {"lead": "2000 yr"}, "a lower bound .* photoneutrinos are left out"),
        ("events_in_exposure", {"lead": "900 yr"}, None),
        ("elastic_background", {"recoil_min": "0.1 MeV", "carbon14_activity": "0 / kt / day"}, "no 14C"),
        ("elastic_horizon", {"recoil_min": "0.1 MeV"}, "no pairs of 14C decays"),
        ("elastic_background", {"recoil_min": "0.1 MeV", "resolving_time": "300 ns"}, None),
        ("elastic_background", {"detector": "super-k", "recoil_min": "0.1 MeV"}, None),
        ("elastic_background", {"detector": "jinping", "recoil_min": "0.25 MeV"}, None),
        ("solar_rate", {"detector": "theia-25", "solar_rejection": 10.0, "recoil_min": "0.2 MeV"}, "optimist's bound"),
        ("solar_rate", {"detector": "theia-25", "solar_rejection": 10.0}, None),
    ],
)
def test_what_is_doubtful_is_said_in_an_attribute(quantity, values, warning):
    found = MODEL.evaluate(quantity, **values).attrs.get("warning")
    assert found is None if warning is None else re.search(warning, found)


def test_warnings_are_kept_in_files(tmp_path):
    (tmp_path / "scan.toml").write_text(
        'model = "presupernova"\n[axes]\nstar = ["betelgeuse", "lambda-vel"]\n'
        '[output]\nquantities = ["flux", "alarm_threshold"]\npath = "out.nc"\n'
    )
    gs.run(tmp_path / "scan.toml")
    found = gs.open(tmp_path / "out.nc")
    assert "lighter or heavier" in found.flux.attrs["warning"]
    assert "warning" not in found.alarm_threshold.attrs


def test_what_is_doubtful_is_warned_of_once_with_what_it_concerns():
    with pytest.warns(ModelWarning) as seen:
        MODEL.evaluate(
            ["flux", "luminosity", "alarm_threshold"], initial_mass="12 Msun", time_before_collapse="2000 yr"
        )
    assert sorted(str(one.message) for one in seen) == [
        "doubtful: a lower bound more than 1000 yr before collapse: photoneutrinos are left out (flux, luminosity)",
        "doubtful: some stars are lighter or heavier than the progenitors, and are taken for the nearest of them "
        "(flux, luminosity)",
    ]


@pytest.mark.parametrize("command", ["check", "plan", "run"])
def test_what_is_doubtful_is_said_at_the_prompt(command, tmp_path):
    (tmp_path / "scan.toml").write_text(
        'model = "presupernova"\n[axes]\nstar = ["betelgeuse", "lambda-vel"]\n'
        '[output]\nquantities = ["flux", "alarm_threshold"]\npath = "out.nc"\n'
    )
    said = CliRunner().invoke(main, [command, str(tmp_path / "scan.toml")])
    assert said.exit_code == 0
    assert said.output.count("warning: doubtful: some stars are lighter or heavier than the progenitors") == 1
