"""Parameters that a record need not set, and parameters that may be infinite."""

import pytest

import gridscan as gs
from gridscan.errors import ModelError, ScenarioError

RECORDS = {
    "plain": {"mass": "1 kt", "source": "made up"},
    "window": {"mass": "2 kt", "low": "100 keV", "high": "inf MeV", "kind": "round", "source": "made up"},
}


@pytest.fixture
def model():
    made = gs.Model("windows", "Windows of detectors")
    detector = made.label("detector", "plain", "Detector", records=RECORDS)
    made.parameter("mass", detector, "Mass", unit="kt", minimum=0)
    made.parameter("low", detector, "Lower end", unit="MeV", minimum=0, otherwise="20 keV")
    made.parameter("high", detector, "Upper end", unit="MeV", above=0, infinite=True, otherwise="3 MeV")
    made.parameter("kind", detector, "Shape", choices=["round", "square"], otherwise="square")

    @made.kernel("1", mass="kt", low="MeV", high="MeV")
    def covered(mass, low, high, kind):
        return mass * (1.0 - low / high) * (1 + (kind == "round"))

    return made


def test_what_a_record_does_not_say_is_what_the_parameter_says_otherwise(model):
    found = model.evaluate("covered", detector=["plain", "window"])
    assert found.values == pytest.approx([1.0 - 0.02 / 3.0, 4.0], rel=1e-15)
    assert float(model.evaluate("covered", detector="window", low="1 MeV", high="2 MeV")) == pytest.approx(2.0)


def test_a_record_of_a_scenario_need_not_say_it_either(tmp_path):
    path = tmp_path / "own.toml"
    path.write_text(
        'model = "presupernova"\n[parameters]\ndetector = "own"\n[output]\nquantities = ["effective_protons"]\n'
        'path = "own.nc"\n[catalogue.detector.own]\nfiducial_mass = "1 kt"\nelectrons_per_mass = "0.5 mol/g"\n'
        'protons_per_mass = "0.1 mol/g"\n'
    )
    found = gs.open(gs.run(path))
    assert float(found.effective_protons) == pytest.approx(1e9 * 0.1 * 6.02214076e23, rel=1e-12)


def test_only_a_parameter_that_is_said_to_be_may_be_infinite(model):
    assert float(gs.model("presupernova").evaluate("elastic_rate", recoil_max="inf MeV")) > 0.0
    with pytest.raises(ScenarioError, match="'low' cannot be inf MeV"):
        model.evaluate("covered", low="inf MeV")
    with pytest.raises(ScenarioError, match="'high'"):
        model.evaluate("covered", high="nan MeV")
    with pytest.raises(ScenarioError, match="'high' cannot be -inf MeV; allowed is a number above 0 MeV"):
        model.evaluate("covered", high="-inf MeV")


def test_what_it_is_otherwise_has_to_be_allowed():
    model = gs.Model("wrong", "Wrong")
    label = model.label("detector", "plain", "Detector", records=RECORDS)
    with pytest.raises(ModelError, match="the default -1 of 'mass' is not allowed"):
        model.parameter("mass", label, "Mass", unit="kt", minimum=0, otherwise="-1 kt")
    with pytest.raises(ModelError, match="'flat' of 'kind' is not one of its choices"):
        model.parameter("kind", label, "Shape", choices=["round"], otherwise="flat")
