"""What the model `presupernova` cannot say: it answers never, refuses, or warns, in words."""

import math

import numpy as np

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
