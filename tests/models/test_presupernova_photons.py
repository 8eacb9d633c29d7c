"""Radiated photons (`qed`) in everything that has a total cross section of scattering on electrons."""

import functools

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import gamma

import gridscan as gs
from gridscan.errors import GridscanError
from gridscan.physics.neutrinos.flavour_conversion import arriving_parts
from gridscan.physics.neutrinos.radiative_scattering import total_cross_section

MODEL = gs.model("presupernova")
OPEN = {"recoil_min": "0 MeV", "recoil_max": "inf MeV", "resolution_stochastic": 0.0}
ON = {"qed": "on", **OPEN}


def number(name, **values):
    return float(MODEL.evaluate(name, **values))


@functools.cache
def mean_with_photons(mean, alpha, species):
    """By adaptive quadrature, from the integral over recoils at each energy."""
    density = gamma(alpha + 1.0, scale=mean / (alpha + 1.0)).pdf

    def integrand(energy):
        return 1e45 * density(energy) * float(total_cross_section(energy, species)[0])

    return 1e-45 * quad(integrand, 1e-3, 15.0 * mean, epsabs=0.0, epsrel=1e-8, limit=200)[0]


@pytest.mark.parametrize("ordering", ["normal", "inverted", "none"])
def test_the_cross_section_of_all_that_arrives_has_photons(ordering):
    given = {"ordering": ordering, "time_before_collapse": "1 day", **ON}
    names = ["mean_energy", "heavy_flavour_mean_energy", "pinching", "heavy_flavour_ratio"]
    names += ["neutrino_survival", "antineutrino_survival"]
    mean, other, alpha, ratio, p, p_bar = (number(name, **given) for name in names)
    expected = 0.0
    for species, probability in ((("nue", "nux"), p), (("nuebar", "nuxbar"), p_bar)):
        parts = arriving_parts(probability, ratio)
        for flavour, name in enumerate(species):
            for spectrum, energy in enumerate((mean, other)):
                expected += parts[flavour, spectrum] * mean_with_photons(energy, alpha, name)
    found = number("elastic_cross_section", **given)
    assert found == pytest.approx(expected, rel=1e-6)
    assert abs(found - expected) <= number("elastic_cross_section_error", **given) + 1e-7 * expected
    without = number("elastic_cross_section", **{**given, "qed": "off"})
    assert -0.009 < found / without - 1.0 < -0.003


def test_counts_and_the_sun_have_photons_too():
    axes = {"qed": ["off", "on"], **OPEN}
    found = MODEL.evaluate(["elastic_rate", "elastic_yield", "events_in_exposure", "solar_rate"], **axes)
    for name in found.data_vars:
        off, on = found[name].values
        assert -0.009 < on / off - 1.0 < -0.003, name
    constant = MODEL.evaluate(["carbon14_share", "inverse_beta_yield"], **axes)
    assert all(item.dims == () for item in constant.data_vars.values())


def test_the_yield_is_the_integral_of_the_rate_with_photons():
    times = np.geomspace(364.0, 365.0, 21)
    sigma = MODEL.evaluate("elastic_rate", time_before_collapse={"values": times.tolist(), "unit": "day"}, **ON).values
    counted = number("events_in_exposure", lead="364 day", exposure="1 day", **ON)
    assert counted == pytest.approx(np.trapezoid(sigma, times) / 365.25, rel=1e-5)


@pytest.mark.parametrize("quantity", ["elastic_rate", "elastic_yield", "solar_rate", "elastic_horizon"])
@pytest.mark.parametrize(
    "values",
    [
        {"recoil_min": "0.2 MeV"},
        {"recoil_max": "0.5 MeV"},
        {"resolution_stochastic": 0.03},
        {"cross_section": "tree-level"},
    ],
)
def test_photons_in_a_window_of_recoils_are_refused(quantity, values):
    with pytest.raises(
        GridscanError, match=r"qed is 'on' with a window of recoils, a resolution, or couplings at tree"
    ):
        MODEL.evaluate(quantity, **{**ON, **values})


def test_photons_in_a_spectrum_of_recoils_are_refused():
    with pytest.raises(GridscanError, match="qed is 'on'; photons are known for total cross sections, not for spectra"):
        MODEL.evaluate("recoil_spectrum", **ON)
