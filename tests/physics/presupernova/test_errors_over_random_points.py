"""Error estimates bound the true errors at hundreds of random points, against other quadratures."""

import math
from itertools import pairwise

import numpy as np
from scipy.special import ndtr
from star_population import GALAXY, shining

from gridscan.physics.constants import WEAK, YEAR
from gridscan.physics.galaxy.reach import reach_of
from gridscan.physics.neutrinos import beta_decay, inverse_beta
from gridscan.physics.neutrinos.flavour_conversion import survival_probabilities
from gridscan.physics.neutrinos.measured_recoil import RecoilWindow, counted_share
from gridscan.physics.neutrinos.recoil_spectrum import spectrum_moments
from gridscan.physics.neutrinos.recoil_window import window_moments
from gridscan.physics.neutrinos.thermal_pairs import pair_table
from gridscan.physics.presupernova.event_rates import inverse_beta_cross_section, inverse_beta_parts, spectra_of
from gridscan.physics.presupernova.luminosity import emission
from gridscan.physics.presupernova.luminosity_table import track_of
from gridscan.physics.presupernova.population import time_above_in
from gridscan.physics.presupernova.rate_curve import RateCurve, panel_edges, panel_times
from gridscan.physics.presupernova.time_points import TimePoints
from gridscan.stellar_tables.neutrino_tracks import shipped_luminosity_table

POINTS, TABLE = 500, shipped_luminosity_table()
NODES, WEIGHTS = np.polynomial.legendre.leggauss(40)


def _drawn(seed, *ranges):
    """Return random numbers between ends, even in their logarithms."""
    generator = np.random.default_rng(seed)
    return [np.exp(generator.uniform(np.log(low), np.log(high), POINTS)) for low, high in ranges]


def _integral(function, edges):
    """Return the integral over panels along the last axis of edges, with many Gauss points."""
    half = 0.5 * np.diff(edges)[..., None]
    place = edges[..., :-1, None] + half * (1.0 + NODES)
    return (half * WEIGHTS * function(place)).sum(axis=(-2, -1))


def test_mean_cross_sections_of_inverse_beta_decay():
    mean, pinching, lowest = _drawn(1, (0.4, 12.0), (0.5, 27.0), (0.1, 12.0))
    value, error = inverse_beta.mean_cross_section(mean, pinching, lowest)
    rest = WEAK.neutron_proton_difference + WEAK.electron_mass_energy
    first = np.maximum(lowest, rest)
    steep = (pinching + 1.0) / mean
    last = np.minimum(first + (60.0 + pinching + 12.0 * np.sqrt(pinching)) / steep, inverse_beta.HIGHEST)
    # From the threshold on in u² = E - threshold, in panels that grow towards high energies.
    ends = np.sqrt(np.stack([first - rest, last - rest]))
    edges = ends[0, :, None] + (ends[1] - ends[0])[:, None] * np.linspace(0.0, 1.0, 41) ** 2

    def integrand(root):
        above = root**2
        energy, positron = rest + above, WEAK.electron_mass_energy + above
        momentum = root * np.sqrt(above + 2.0 * WEAK.electron_mass_energy)
        log = np.log(energy)
        b, alpha = steep[:, None, None], pinching[:, None, None]
        density = np.exp((alpha + 1) * np.log(b) + alpha * log - b * energy - np.vectorize(math.lgamma)(alpha + 1))
        return (
            2.0
            * root
            * 1e-43
            * momentum
            * positron
            * np.exp(log * (-0.07056 + 0.02018 * log - 0.001953 * log**3))
            * density
        )

    expected = _integral(integrand, edges)
    assert (np.abs(value - expected) <= error + 3e-12 * expected + 1e-300).all()
    some = expected > 1e-60
    assert (error[some] <= 1e-9 * value[some]).all()


def test_recoils_in_windows_of_any_resolution():
    mean, pinching, low, width, stochastic, constant = _drawn(
        2, (0.5, 3.0), (1.2, 27.0), (0.01, 3.0), (0.01, 3.0), (1e-3, 0.4), (1e-5, 0.1)
    )
    high = np.where(np.arange(POINTS) % 3 == 0, math.inf, low + width)
    window = RecoilWindow(low, high, stochastic, 0.0, constant)
    moments, errors = window_moments(mean, pinching, window)
    for index in range(POINTS):
        own = RecoilWindow(low[index], high[index], stochastic[index], 0.0, constant[index])
        sigma = [
            math.hypot(stochastic[index] * math.sqrt(end), constant[index])
            for end in (own.recoil_min, min(own.recoil_max, 50.0))
        ]
        cuts = [
            end + part * s
            for end, s in zip((own.recoil_min, own.recoil_max), sigma, strict=True)
            for part in range(-8, 9, 2)
        ]
        steps = np.concatenate([np.linspace(0.0, 8.0, 25) ** 2, np.clip(np.nan_to_num(cuts, posinf=64.0), 0.0, 64.0)])
        edges = np.unique(np.sqrt(steps))

        def heights(root, own=own, index=index):
            recoil = root**2
            found = spectrum_moments(recoil, mean[index], pinching[index]) * counted_share(recoil, own)
            return 2.0 * root * found

        expected = _integral(heights, edges)
        assert (np.abs(moments[..., index] - expected) <= errors[..., index] + 1e-12 * expected + 1e-250).all(), own


def test_decays_in_windows_of_any_resolution():
    low, width, stochastic = _drawn(3, (0.005, 0.6), (0.005, 0.6), (5e-3, 0.2))
    names = sorted(beta_decay.ISOTOPES)
    for place, name in enumerate(names):
        own = np.arange(POINTS) % len(names) == place
        window = RecoilWindow(low[own], low[own] + width[own], stochastic[own])
        share, error = beta_decay.counted_decays(name, window)
        decay = beta_decay.ISOTOPES[name]
        edges = np.sqrt(decay.endpoint) * np.sin(0.5 * math.pi * np.linspace(0.0, 1.0, 61))

        def heights(root, decay=decay, window=window):
            kinetic = root**2
            first, last, part = (np.asarray(value)[:, None, None] for value in window[:3])
            spread = part * np.sqrt(kinetic)
            counted = ndtr((kinetic - first) / spread) - ndtr((kinetic - last) / spread)
            return 2.0 * root * beta_decay.beta_spectrum(kinetic, decay) * counted

        expected = _integral(heights, edges)
        assert (np.abs(share - expected) <= error + 3e-11 * expected + 1e-15).all()


def test_events_in_windows_of_time():
    start, length = _drawn(4, (1e-7, 5e3), (1e-6, 5e3))
    start, end = start * YEAR, (start + length) * YEAR
    for mass, ordering in ((15.0, "normal"), (18.0, "inverted"), (25.0, "none")):
        track = track_of(TABLE, mass)
        edges = panel_edges(track, pair_table().mean_energy)

        def rate(time, mass=mass, ordering=ordering):
            star = emission(TABLE, mass, time)
            spectra = spectra_of(star)
            parts, _ = inverse_beta_parts(spectra, 0.0)
            return star.rate * inverse_beta_cross_section(parts, spectra, survival_probabilities(ordering)[1])

        curve = RateCurve.through(edges, rate(panel_times(edges)))
        value, error = curve.between(start, end)
        # By Gauss points of each panel, cut at the ends of each window: ln rate by the polynomial of 24 nodes of it.
        fine = [
            np.polynomial.Chebyshev.interpolate(lambda x: np.log(rate(np.exp(x))), 23, np.log(ends))
            for ends in pairwise(edges)
        ]
        expected = rate(edges[:1])[0] * (np.minimum(end, edges[0]) - np.minimum(start, edges[0]))
        for ends, polynomial in zip(pairwise(edges), fine, strict=True):
            first, last = (np.clip(time, *ends) for time in (start, end))
            # The difference of two logarithms has no digits in a narrow window.
            half = 0.5 * np.log1p((last - first) / first)[:, None]
            place = np.log(first)[:, None] + half * (1.0 + NODES)
            expected += (half * WEIGHTS * np.exp(place + polynomial(place))).sum(axis=-1)
        assert (np.abs(value - expected) <= error + 1e-12 * expected).all()


def test_times_for_which_stars_send_more_than_a_flux():
    flux, _ = _drawn(5, (1e-2, 1e7), (0.1, 30.0))
    severity, points = shining()
    window = points.weight.sum(axis=-1)
    row = int(np.argmax(window))
    own, only = severity[row : row + 1], TimePoints(*(part[row : row + 1] for part in points))
    # The other way: a severity is a power law between its points, to a part in 10^5, on a fine grid of ln t.
    time = np.geomspace(1e-9, window[row], 20_001)
    bright = np.exp(np.interp(np.log(time), np.log(only.time[0]), np.log(np.maximum(own[0], 1e-300))))
    galaxy = GALAXY.single()
    for radius, chosen in zip((0.3, 1.0, 3.0, 8.0, 25.0), np.split(flux, 5), strict=True):
        value, error = time_above_in(galaxy, radius, chosen, own, only)
        share = reach_of(galaxy).enclosed(np.minimum(np.sqrt(bright / chosen[:, None]), radius))
        expected = np.trapezoid(share * time, np.log(time))
        assert (np.abs(value[:, 0] - expected) <= error[:, 0] + 1e-4 * expected).all()
