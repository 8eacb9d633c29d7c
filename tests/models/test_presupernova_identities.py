"""Identities that the model of stars before collapse keeps at any point, and its limits."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import gridscan as gs
from gridscan.physics.stellar.imf_shapes import MassFunction, stars_per_bin
from gridscan.stellar_tables.phases import shipped_phase_table

MODEL = gs.model("presupernova")
SHARP = {
    "recoil_min": "0 MeV",
    "recoil_max": "inf MeV",
    "resolution_stochastic": 0.0,
    "resolution_proportional": 0.0,
    "resolution_constant": "0 MeV",
}
ORDERINGS = st.sampled_from(["normal", "inverted", "none"])
MASSES, TIMES, DAYS = st.floats(12.0, 35.0), st.floats(1e-4, 5e3), st.floats(1e-3, 1e3)
BREAKS, POWERS = [0.08, 0.5, 120.0], {"kroupa": [1.3, 2.3], "top-heavy": [1.3, 1.9], "salpeter": [1.3, 2.35]}
IMFS = st.sampled_from(sorted(POWERS))


def number(quantity, **values):
    return float(MODEL.evaluate(quantity, **values))


def star_at(mass, time, ordering="normal"):
    return {"initial_mass": f"{mass!r} Msun", "time_before_collapse": f"{time!r} yr", "ordering": ordering}


@settings(max_examples=8, deadline=None)
@given(MASSES, TIMES, ORDERINGS)
def test_flavours_are_converted_but_none_is_lost(mass, time, ordering):
    star, energy = star_at(mass, time, ordering), np.linspace(1e-3, 40.0, 1001)
    spectra = MODEL.evaluate("flux_spectrum", species=["nue", "numutau", "nuebar", "numutaubar"], energy=energy, **star)
    total = np.trapezoid(spectra.sum("species").values, energy)
    assert total == pytest.approx(number("flux", **star), rel=1e-4)


@settings(max_examples=8, deadline=None)
@given(
    MASSES,
    st.floats(0.0, 1e3),
    st.floats(1e-3, 1e3),
    st.floats(1e-3, 1e3),
    st.sampled_from(["elastic", "inverse_beta"]),
)
def test_exposures_one_after_another_add_up(mass, lead, first, second, channel):
    star = {"initial_mass": f"{mass!r} Msun", "channel": channel, "detector": "juno"}
    early = number("events_in_exposure", lead=f"{lead + first!r} day", exposure=f"{second!r} day", **star)
    late = number("events_in_exposure", lead=f"{lead!r} day", exposure=f"{first!r} day", **star)
    both = number("events_in_exposure", lead=f"{lead!r} day", exposure=f"{first + second!r} day", **star)
    assert early + late == pytest.approx(both, rel=1e-9)


@settings(max_examples=8, deadline=None)
@given(MASSES, TIMES, st.floats(1.1, 10.0), st.sampled_from(["luminosity", "neutrino_rate"]))
def test_what_remains_falls_by_what_is_emitted(mass, time, factor, rate):
    remaining = {"luminosity": "energy_remaining", "neutrino_rate": "number_remaining"}[rate]
    star, ends = {"initial_mass": f"{mass!r} Msun"}, np.array([time, factor * time])
    later, earlier = MODEL.evaluate(
        remaining, time_before_collapse={"values": ends.tolist(), "unit": "yr"}, **star
    ).values
    seconds = np.geomspace(*ends, 8001)
    emitted = MODEL.evaluate(rate, time_before_collapse={"values": seconds.tolist(), "unit": "yr"}, **star).values
    assert earlier - later == pytest.approx(np.trapezoid(emitted, seconds * 31557600.0), rel=1e-6)


@settings(max_examples=6, deadline=None)
@given(MASSES, TIMES, ORDERINGS)
def test_recoil_spectra_integrate_to_the_cross_section(mass, time, ordering):
    star, root = star_at(mass, time, ordering), np.linspace(1e-4, np.sqrt(40.0), 2001)
    spectrum = MODEL.evaluate("recoil_cross_section", recoil_energy=root**2, **star).values
    whole = number("elastic_cross_section", **star, **SHARP)
    assert np.trapezoid(2.0 * root * spectrum, root) == pytest.approx(whole, rel=1e-4)


@settings(max_examples=6, deadline=None)
@given(MASSES, TIMES, st.floats(0.01, 1.0), st.floats(0.0, 0.3))
def test_windows_of_recoils_side_by_side_are_one(mass, time, low, stochastic):
    star = {**star_at(mass, time), **SHARP, "resolution_stochastic": stochastic}
    parts = [
        number("elastic_cross_section", **{**star, "recoil_min": first, "recoil_max": last})
        for first, last in (("0 MeV", f"{low!r} MeV"), (f"{low!r} MeV", "inf MeV"))
    ]
    assert sum(parts) == pytest.approx(number("elastic_cross_section", **star), rel=1e-9)


@settings(max_examples=4, deadline=None)
@given(st.sampled_from(["red", "all"]), st.floats(0.1, 10.0), st.sampled_from([1.0, 25.0]), IMFS)
def test_where_every_star_is_above_a_flux_their_number_is_that_of_collapses_in_their_time(stars, sfr, radius, imf):
    """N = collapse rate × G × mean time: of carbon burning, of which stars shine in their last 6000 yr."""
    population = {"stars": stars, "sfr": f"{sfr!r} Msun/yr", "radius": f"{radius!r} kpc", "imf": imf, "time": "1 Gyr"}
    table = shipped_phase_table()
    red, per_mass = (
        1e6 * table.carbon_rsg_duration[0],
        stars_per_bin(table.bin_edges, MassFunction(POWERS[imf], BREAKS)),
    )
    durations = {"red": red, "all": np.full(red.shape, 6000.0)}[stars]
    for quantity, longest in (("dying_stars_within", np.inf), ("stars_above_flux", 6000.0)):
        time = per_mass @ np.minimum(durations, longest) / per_mass[durations > 0.0].sum()
        collapses = number("collapses_within", observing_time=f"{float(time)!r} yr", **population)
        assert number(quantity, flux_threshold="1e-20 / cm^2 / s", **population) == pytest.approx(collapses, rel=1e-6)


@settings(max_examples=5, deadline=None)
@given(st.floats(0.0, 100.0), st.floats(0.1, 10.0), IMFS, ORDERINGS)
def test_a_detector_without_limits_warns_of_every_collapse(lead, sfr, imf, ordering):
    population = {"sfr": f"{sfr!r} Msun/yr", "imf": imf, "time": "1 Gyr"}
    seen = number("alarms_per_century", number_of_protons=1e55, lead=f"{lead!r} day", ordering=ordering, **population)
    assert seen == pytest.approx(100.0 * number("collapse_rate", stars="all", **population), rel=1e-6)


@settings(max_examples=2, deadline=None)
@given(st.floats(1e-4, 1.0), st.floats(0.1, 10.0))
def test_the_probability_of_any_count_is_that_of_no_group_of_counts(background, sfr):
    counted = {"radius": "25 kpc", "exposure": "1 day", "sfr": f"{sfr!r} Msun/yr", "detector": "juno"}
    counted["inverse_beta_background"] = [0.0, background]
    none = MODEL.evaluate("count_probability", number_of_events=0, **counted).values
    any_count = MODEL.evaluate("count_exceedance", number_of_events=1, **counted).values
    # P(N >= 1) = 1 - exp(-λ), and counts of the background are independent of those of stars.
    np.testing.assert_allclose(any_count, -np.expm1(np.log(none)), rtol=1e-9, atol=1e-15)
    assert none[1] / none[0] == pytest.approx(math.exp(-background), rel=1e-9)


@settings(max_examples=15, deadline=None)
@given(st.floats(0.1, 1e4), st.floats(0.1, 1e4))
def test_a_background_known_exactly_leaves_the_significance_of_counts(signal, background):
    found = number(
        "significance_of_star", events_in_exposure=signal, background_in_exposure=background, background_error=0.0
    )
    excess = (signal + background) * math.log1p(signal / background) - signal
    assert found == pytest.approx(math.sqrt(2.0 * excess), rel=1e-6)


@settings(max_examples=6, deadline=None)
@given(MASSES, TIMES, ORDERINGS)
def test_without_heavy_flavours_an_ordering_only_lowers_the_decays(mass, time, ordering):
    star = {**star_at(mass, time, ordering), "heavy_flavour_ratio": 0.0}
    unconverted = number("inverse_beta_rate", **{**star, "ordering": "none"})
    kept = number("antineutrino_survival", ordering=ordering)
    assert number("inverse_beta_rate", **star) == pytest.approx(kept * unconverted, rel=1e-9)
    pairs = number("flux", **star) / number("emitted_flux", **star)
    assert pairs == pytest.approx(2.0, rel=1e-9)
