"""What the model `presupernova` cannot say: it answers never, refuses, or warns, in words."""

import math

import numpy as np
import pytest

import gridscan as gs

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
    """∫ rate dt × 4π d²/targets, with 16 Gauss points on 400 panels of ln t (independent of panels at knots)."""
    nodes, weights = np.polynomial.legendre.leggauss(16)
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
