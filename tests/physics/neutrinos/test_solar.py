import math
import tomllib

import numpy as np
import pytest
from digits import near
from presupernova import CONSTANTS, cases
from scipy.integrate import quad

from gridscan import units
from gridscan.errors import EvaluationError
from gridscan.inputs.shipped_files import data_path
from gridscan.physics.neutrinos import solar
from gridscan.physics.neutrinos.electron_scattering import window_cross_section
from gridscan.physics.neutrinos.measured_recoil import RecoilWindow
from gridscan.physics.neutrinos.solar import COMPONENTS, SolarMixing
from gridscan.physics.neutrinos.weak_couplings import SPECIES, radiative_couplings

COUPLINGS = {species: radiative_couplings(species, constants=CONSTANTS) for species in SPECIES}
CONTINUOUS = ("b8", *solar.DECAYS)
ELECTRONS, DAY = 3.3428e32, 86400.0
MODELS = {
    label: {
        component: units.parse_quantity(record[f"{component}_flux"]).to("1/cm^2/s").magnitude.item()
        for component in COMPONENTS
    }
    for label, record in tomllib.loads(data_path("solar_model.toml").read_text(encoding="utf-8")).items()
}


def end_of(component):
    return 15.2 if component == "b8" else solar.DECAYS[component].endpoint


@pytest.mark.parametrize("case", cases("solar"), ids=lambda case: "-".join(map(str, list(case.values())[:4])))
def test_reference_rates_of_the_sun_are_met(case):
    """Within 1 %, those above one a day; the reference takes tabulated spectra."""
    window = RecoilWindow(case["recoil_min"], case["recoil_max"], case["stochastic"])
    rates = {}
    for component in COMPONENTS:
        sigma, error = solar.solar_cross_section(component, window, COUPLINGS, None, CONSTANTS)
        rates[component] = ELECTRONS * DAY * MODELS[case["model"]][component] * sigma
        assert error <= 1e-7 * sigma
        if case[component] > 1.0:
            assert rates[component] == near(case[component], rel=0.01)
    assert sum(rates.values()) == near(case["total"], rel=0.01)


@pytest.mark.parametrize(
    ("threshold", "high", "low"), [(0.05, 1355, 1310), (0.26, 326, 294), (0.6, 69.3, 62.1), (1, 10.2, 9.1)]
)
def test_totals_are_those_of_the_notes(threshold, high, low):
    for label, expected in (("GS98", high), ("AGSS09", low)):
        total = sum(
            ELECTRONS * DAY * flux * solar.solar_cross_section(component, RecoilWindow(threshold), COUPLINGS)[0]
            for component, flux in MODELS[label].items()
        )
        assert total == near(expected, rel=0.005)


def test_borexino_measures_what_is_expected():
    """134 +- 10, 48.3 +- 1.1, 2.43 +- 0.36 a day and 100 t of pseudocumene (Agostini et al. 2018, Nature 562, 505)."""
    for component, measured, error in (("pp", 134, 10), ("be7", 48.3, 1.1), ("pep", 2.43, 0.36)):
        sigma, _ = solar.solar_cross_section(component, RecoilWindow(), COUPLINGS)
        assert abs(3.307e31 * DAY * MODELS["GS98"][component] * sigma - measured) < 1.5 * error


@pytest.mark.parametrize("component", CONTINUOUS)
def test_continuous_spectra_are_normalised(component):
    end = end_of(component)
    total = quad(lambda v: 2 * v * float(solar.solar_spectrum(component, end - v * v)), 0, math.sqrt(end))[0]
    assert total == near(1.0, rel=1e-8)
    assert solar.solar_spectrum(component, [0.0, end, 20.0]).tolist() == [0.0, 0.0, 0.0]


@pytest.mark.parametrize(("component", "mean"), [("pp", 0.267), ("b8", 6.735), ("n13", 0.7063), ("o15", 0.9964)])
def test_mean_energies_are_the_published_ones(component, mean):
    """Bahcall & Ulrich 1988, Rev. Mod. Phys. 60, 297, and for 8B tables, to which its closed form is fitted."""
    end = end_of(component)
    found = quad(
        lambda v: 2 * v * (end - v * v) * float(solar.solar_spectrum(component, end - v * v)), 0, math.sqrt(end)
    )[0]
    assert found == near(mean, rel=0.01 if component == "b8" else 0.004)


@pytest.mark.parametrize("component", CONTINUOUS)
@pytest.mark.parametrize("window", [RecoilWindow(), RecoilWindow(0.2), RecoilWindow(0.1, 0.3)])
def test_errors_bound_the_difference_from_another_quadrature_of_the_sun(component, window):
    """Gauss-Legendre on 500 panels in the energy, with the closed form of a sharp window."""
    end = end_of(component)
    nodes, weights = np.polynomial.legendre.leggauss(20)
    edges = np.sort(np.concatenate([end * (1 - np.linspace(0, 1, 501) ** 2), [0.3496, 0.2158, 0.46]]))
    edges = np.unique(np.clip(edges, 0, end))
    half = 0.5 * np.diff(edges)[:, None]
    energy = edges[:-1, None] + half * (1 + nodes)
    sigma = {
        name: window_cross_section(energy, window.recoil_min, window.recoil_max, COUPLINGS[name], CONSTANTS)
        for name in ("nue", "nux")
    }
    survival = solar.solar_survival(energy, component)
    heights = solar.solar_spectrum(component, energy, CONSTANTS) * (
        survival * sigma["nue"] + (1 - survival) * sigma["nux"]
    )
    expected = (half * weights * heights).sum()
    value, error = solar.solar_cross_section(component, window, COUPLINGS, None, CONSTANTS)
    assert abs(value - expected) <= error + 1e-7 * expected


def test_survival_goes_from_vacuum_to_matter():
    """(1 - s13)^2 (1 - sin^2(2 theta_12)/2) + s13^2 for slow and (1 - s13)^2 s12 + s13^2 for fast neutrinos."""
    s_12, s_13 = SolarMixing()[:2]
    vacuum = (1 - s_13) ** 2 * (1 - 2 * s_12 * (1 - s_12)) + s_13**2
    matter = (1 - s_13) ** 2 * s_12 + s_13**2
    assert solar.solar_survival(0.0, "pp") == near(vacuum, rel=1e-14)
    assert solar.solar_survival(1e6, "b8") == near(matter, rel=1e-9)
    energies = np.linspace(0.0, 20.0, 200)
    assert (np.diff(solar.solar_survival(energies, "b8")) < 0).all()


def test_without_mixing_all_survive():
    np.testing.assert_allclose(solar.solar_survival([0.5, 5.0], "b8", SolarMixing(0.0, 0.0)), 1.0, rtol=1e-14)


def test_survival_is_within_the_error_of_the_measured_one():
    """0.57 +- 0.09 (pp), 0.53 +- 0.05 (7Be), 0.37 +- 0.08 (8B) (Agostini et al. 2018, Nature 562, 505)."""
    for component, energy, measured, error in (
        ("pp", 0.267, 0.57, 0.09),
        ("be7", 0.862, 0.53, 0.05),
        ("b8", 8.1, 0.37, 0.08),
    ):
        assert abs(solar.solar_survival(energy, component) - measured) < error


def test_windows_broadcast_and_add_up():
    window = RecoilWindow([0.0, 0.2, 0.5], [0.2, 0.5, math.inf], 0.05)
    for component in ("pp", "be7"):
        parts, errors = solar.solar_cross_section(component, window, COUPLINGS)
        whole, error = solar.solar_cross_section(component, RecoilWindow(0.0, math.inf, 0.05), COUPLINGS)
        assert abs(parts.sum() - whole) <= errors.sum() + error
    grid = RecoilWindow(np.array([[0.1], [0.2]]), math.inf, [0.0, 0.05, 0.1])
    assert solar.solar_cross_section("pp", grid, COUPLINGS)[0].shape == (2, 3)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: solar.solar_spectrum("be7", 0.5), "no continuous component 'be7' of the Sun"),
        (lambda: solar.solar_spectrum("pp", -0.5), r"energy is -0\.5 MeV"),
        (lambda: solar.solar_survival(0.5, "ppp"), "unknown component 'ppp' of the Sun; did you mean"),
        (
            lambda: solar.solar_survival(0.5, "pp", SolarMixing(1.5)),
            r"sine_squared_12 is 1\.5; it must be a number from",
        ),
        (lambda: solar.solar_survival(0.5, "pp", SolarMixing(mass_squared_21=0.0)), r"mass_squared_21 is 0 eV\^2"),
        (lambda: solar.solar_cross_section("hep", RecoilWindow(), COUPLINGS), "unknown component 'hep' of the Sun"),
        (lambda: solar.solar_cross_section("pp", RecoilWindow(0.3, 0.3), COUPLINGS), r"recoil_max is 0\.3 MeV"),
    ],
)
def test_nonsense_about_the_sun_is_refused(call, message):
    with pytest.raises(EvaluationError, match=message):
        call()


@pytest.mark.parametrize(
    ("component", "window", "mixing", "expected"),
    [
        ("pp", (0.078, 0.216), (0.397, 0.043, 7.17e-05), 3.14879677528e-46),
        ("pep", (0.483, np.inf), (0.227, 0.024, 6.72e-05), 4.204792794528e-45),
        ("be7", (0.154, np.inf), (0.248, 0.041, 7.27e-05), 2.567298740398e-45),
        ("b8", (3.443, 12.688), (0.362, 0.046, 6.45e-05), 1.337390554705e-44),
        ("n13", (0.33, np.inf), (0.204, 0.009, 7.18e-05), 1.295457357982e-45),
        ("o15", (0.534, 1.327), (0.352, 0.011, 6.4e-05), 1.535951548275e-45),
        ("f17", (0.449, np.inf), (0.291, 0.023, 8.16e-05), 1.990663980539e-45),
        ("pp", (0.206, np.inf), (0.439, 0.036, 8.97e-05), 1.927275596706e-47),
        ("pep", (0.131, np.inf), (0.326, 0.037, 6.93e-05), 5.742943617881e-45),
        ("be7", (0.269, np.inf), (0.312, 0.025, 7.7e-05), 1.84691507923e-45),
        ("b8", (9.474, np.inf), (0.358, 0.005, 7.83e-05), 8.855167636698e-46),
        ("n13", (0.408, np.inf), (0.264, 0.003, 7.12e-05), 8.97246062614e-46),
        ("o15", (0.548, np.inf), (0.217, 0.036, 6.96e-05), 1.638552746551e-45),
        ("f17", (0.384, 1.436), (0.365, 0.027, 6.65e-05), 2.154895347841e-45),
    ],
)
def test_components_are_as_an_adaptive_integral_of_the_closed_forms_within_their_error(
    component, window, mixing, expected
):
    """By scipy's QUADPACK in sqrt(Q - E), from spectra, survival and windows written out anew, at random points."""
    found, error = solar.solar_cross_section(
        component, RecoilWindow(*window), COUPLINGS, SolarMixing(*mixing), CONSTANTS
    )
    assert abs(float(found) - expected) <= float(error) + 1e-11 * expected
    assert float(error) <= 1e-7 * expected
