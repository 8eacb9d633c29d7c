import itertools

import numpy as np
import pytest
from galaxies import MILKY_WAY, of_galaxy
from scipy.special import gammainc, ndtr
from scipy.stats import chi2, ks_2samp, kstest

from gridscan.errors import EvaluationError
from gridscan.numerics.quadrature import gauss_legendre
from gridscan.physics.galaxy import distances
from gridscan.physics.galaxy.components import Galaxy
from gridscan.physics.galaxy.position_sampling import (
    _ExponentialRadii,
    clipped_fraction,
    draw_positions,
    surface_density,
)

VARIANTS = {
    "default": {},
    "disk only": {"arm_fraction": 0.0, "ring_fraction": 0.0},
    "arms only": {"arm_fraction": 1.0, "ring_fraction": 0.0},
    "ring only": {"arm_fraction": 0.0, "ring_fraction": 1.0, "ring_width": 2.5},
    "arms the other way": {"arm_pitch": -0.3, "arm_count": 3, "arm_phase": 1.0},
    "sun elsewhere": {"sun_x": 3.0, "sun_y": 5.5},
    "wide arms and a ring beyond the edge": {
        "arm_width": 2.0,
        "ring_fraction": 0.3,
        "ring_radius": 14.0,
        "ring_width": 1.5,
        "disk_scale_length": 4.0,
    },
    "one arm, disk to the centre": {"arm_count": 1, "arm_pitch": 0.25, "disk_inner_radius": 0.0, "ring_fraction": 0.0},
}
# A p-value below this is not chance.
IMPROBABLE = 1e-3


def _parameters(variant):
    return {**MILKY_WAY, **VARIANTS[variant]}


def _drawn(parameters, size, seed=1):
    return draw_positions(np.random.default_rng(seed), size, Galaxy(**parameters))


@pytest.mark.parametrize("variant", VARIANTS)
def test_distances_from_the_sun_are_those_of_the_fraction_within(variant):
    parameters, size = _parameters(variant), 300_000
    x, y = _drawn(parameters, size, seed=3)
    distance = np.sort(np.hypot(x - parameters["sun_x"], y - parameters["sun_y"]))
    radii = np.quantile(distance, np.linspace(0.005, 0.995, 60))
    exact, _ = distances.fraction_within(radii, Galaxy(**parameters))
    found = np.searchsorted(distance, radii, side="right") / size
    # On 60 radii the largest difference is no larger than on all: Kolmogorov's distribution bounds it.
    assert np.abs(found - exact).max() * np.sqrt(size) < 1.95
    shares = np.diff([0.0, *exact, 1.0])
    counts = np.diff([0, *np.searchsorted(distance, radii, side="right"), size])
    statistic = ((counts - size * shares) ** 2 / (size * shares)).sum()
    assert chi2.sf(statistic, len(shares) - 1) > IMPROBABLE


def test_radii_of_a_disk_follow_their_closed_form():
    x, y = _drawn(_parameters("disk only"), 200_000)
    first, last = gammainc(2.0, np.array([0.5, 15.0]) / 1.8)
    assert kstest(np.hypot(x, y), lambda r: (gammainc(2.0, r / 1.8) - first) / (last - first)).pvalue > IMPROBABLE
    assert kstest(np.arctan2(y, x) / (2 * np.pi) + 0.5, "uniform").pvalue > IMPROBABLE


def test_radii_of_a_ring_are_normal_and_clipped():
    x, y = _drawn(_parameters("ring only"), 200_000)
    radius = np.hypot(x, y)
    low, high = (np.abs(radius - edge) < 1e-12 for edge in (0.5, 15.0))
    for clipped, share in ((low, ndtr(-4.0 / 2.5)), (high, ndtr(-10.5 / 2.5))):
        assert abs(clipped.sum() - 200_000 * share) < 4.0 * np.sqrt(200_000 * share)
    first, last = ndtr(-4.0 / 2.5), ndtr(10.5 / 2.5)
    inside = radius[~(low | high)]
    assert kstest(inside, lambda r: (ndtr((r - 4.5) / 2.5) - first) / (last - first)).pvalue > IMPROBABLE


@pytest.mark.parametrize("pitch", [0.2, -0.35])
def test_thin_arms_lie_on_their_spirals_equally_filled(pitch):
    parameters = {**_parameters("arms only"), "arm_width": 1e-9, "arm_pitch": pitch, "arm_count": 3}
    x, y = _drawn(parameters, 90_000)
    radius = np.hypot(x, y)
    spiral = parameters["arm_phase"] + np.log(radius / 5.0) / np.tan(pitch)
    arm = (np.arctan2(y, x) - spiral) / (2 * np.pi / 3)
    np.testing.assert_allclose(arm, np.round(arm), atol=1e-7)
    counts = np.bincount(np.mod(np.round(arm), 3).astype(int), minlength=3)
    assert (np.abs(counts - 30_000) < 4.0 * np.sqrt(20_000)).all()
    first, last = gammainc(2.0, np.array([3.0, 13.0]) / 1.8)
    assert kstest(radius, lambda r: (gammainc(2.0, r / 1.8) - first) / (last - first)).pvalue > IMPROBABLE


@pytest.mark.parametrize(
    ("scale", "inner", "outer"),
    [(1.8, 0.5, 15.0), (1.8, 0.0, 15.0), (5.0, 3.0, 3.1), (20.0, 0.0, 1.0), (0.3, 2.0, 15.0)],
)
def test_the_inverse_of_the_radial_distribution_inverts_it(scale, inner, outer):
    shares = np.array([0.0, 1e-12, 1e-6, 0.01, 0.3, 0.5, 0.9, 0.999, 1 - 1e-9, np.nextafter(1.0, 0.0)])
    radius = _ExponentialRadii(scale, inner, outer).at(shares)
    assert ((radius >= inner) & (radius <= outer)).all()
    assert (np.diff(radius) >= 0.0).all()
    # ∫ R exp(-(R - inner)/h) dR from the inner edge, by quadrature instead of its closed form.
    nodes, weights = gauss_legendre(80)

    def enclosed(r):
        half = 0.5 * (r[:, None] - inner)
        at = inner + half * (1.0 + nodes)
        return (half * weights * at * np.exp(-(at - inner) / scale)).sum(-1)

    np.testing.assert_allclose(enclosed(radius) / enclosed(np.array([outer])), shares, rtol=1e-10, atol=1e-14)


def test_rounding_never_leaves_the_radii():
    generator = np.random.default_rng(31)
    shares = np.array([0.0, 1e-16, 1 - 2.0**-40, np.nextafter(1.0, 0.0)])
    for scale, inner, width in 10 ** generator.uniform([-2, -2, -3], [2, 1, 1], (200, 3)):
        radius = _ExponentialRadii(scale, inner, inner + width).at(shares)
        assert ((radius >= inner) & (radius <= inner + width)).all()


def test_steep_disks_neither_underflow_nor_leave_their_radii():
    radius = _ExponentialRadii(0.001, 5.0, 15.0).at(np.linspace(0.0, 1.0, 1000, endpoint=False))
    # Far out R exp(-R/h) is an exponential with the scale length h, to h/R.
    np.testing.assert_allclose((radius - 5.0) / 0.001, -np.log1p(-np.linspace(0, 1, 1000, endpoint=False)), rtol=3e-3)
    assert (np.diff(radius) > 0.0).all()


def _integral_over_the_plane(parameters):
    """Integrate the surface density in polar coordinates, cut at the edges and at the ends of the arms."""
    nodes, weights = gauss_legendre(10)
    edges = [parameters[name] for name in ("disk_inner_radius", "disk_outer_radius")]
    edges += [parameters[name] for name in ("arm_inner_radius", "arm_outer_radius")]
    cuts = np.unique([*np.arange(edges[0], edges[1], 0.35), *edges])
    half = 0.5 * np.diff(cuts)[:, None]
    radius = (cuts[:-1, None] + half * (1 + nodes)).ravel()
    in_radius = (half * weights).ravel() * radius
    ends = np.log(np.array(edges[2:]) / parameters["arm_reference_radius"]) / np.tan(parameters["arm_pitch"])
    count = int(parameters["arm_count"])
    rays = parameters["arm_phase"] + ends[:, None] + 2 * np.pi * np.arange(count) / count
    rays = np.unique([*np.mod(rays, 2 * np.pi).ravel(), *np.linspace(0, 2 * np.pi, 33)])
    half = 0.5 * np.diff(rays)[:, None]
    azimuth = (rays[:-1, None] + half * (1 + nodes)).ravel()
    density = surface_density(
        radius[:, None] * np.cos(azimuth), radius[:, None] * np.sin(azimuth), Galaxy(**parameters)
    )
    return in_radius @ density @ (half * weights).ravel()


@pytest.mark.parametrize("variant", VARIANTS)
def test_the_surface_density_and_the_clipped_stars_are_all_stars(variant):
    parameters = _parameters(variant)
    total = _integral_over_the_plane(parameters) + clipped_fraction(Galaxy(**parameters))
    assert total == pytest.approx(1.0, abs=1e-9)


@pytest.mark.parametrize("variant", VARIANTS)
def test_as_many_stars_lie_on_the_boundary_circles_as_are_clipped(variant):
    parameters, size = _parameters(variant), 200_000
    radius = np.hypot(*_drawn(parameters, size, seed=7))
    edges = [parameters[f"{part}_{end}_radius"] for part in ("disk", "arm") for end in ("inner", "outer")]
    on_circles = np.min(np.abs(radius[:, None] - edges), axis=1) < 1e-12
    expected = size * float(clipped_fraction(Galaxy(**parameters)))
    assert abs(on_circles.sum() - expected) <= 4.5 * np.sqrt(expected) + 1e-6


def test_a_ring_on_an_edge_is_clipped_by_half():
    parameters = {**_parameters("ring only"), "ring_radius": 15.0, "ring_width": 0.1}
    assert clipped_fraction(Galaxy(**parameters)) == pytest.approx(0.5, rel=1e-14)


@pytest.mark.parametrize("variant", ["default", "disk only", "arms only", "arms the other way", "sun elsewhere"])
def test_the_surface_density_over_a_disc_about_the_sun_is_the_fraction_within(variant):
    parameters, reach = _parameters(variant), 1.6
    nodes, weights = gauss_legendre(60)
    distance, angle = 0.5 * reach * (1 + nodes[:, None]), 2 * np.pi * np.arange(400) / 400
    x = parameters["sun_x"] + distance * np.cos(angle)
    y = parameters["sun_y"] + distance * np.sin(angle)
    annuli = 2 * np.pi * distance[:, 0] * surface_density(x, y, Galaxy(**parameters)).mean(axis=1)
    exact, _ = distances.fraction_within(reach, Galaxy(**parameters))
    assert 0.5 * reach * weights @ annuli == pytest.approx(float(exact), rel=1e-8)


@pytest.mark.parametrize("variant", ["default", "arms the other way", "one arm, disk to the centre"])
def test_a_map_of_drawn_stars_has_the_surface_density(variant):
    parameters, size = _parameters(variant), 1_000_000
    x, y = _drawn(parameters, size, seed=5)
    edges = np.linspace(-15.0, 15.0, 76)
    counts, _, _ = np.histogram2d(x, y, bins=(edges, edges))
    nodes, weights = gauss_legendre(5)
    half = 0.2
    points = (edges[:-1, None] + half * (1 + nodes)).ravel()
    density = surface_density(points[:, None], points, Galaxy(**parameters)).reshape(75, 5, 75, 5)
    expected = size * half**2 * np.einsum("aibj,i,j->ab", density, weights, weights)
    near, far = np.sort(np.abs([edges[:-1], edges[1:]]), axis=0)
    nearest, farthest = np.hypot(near[:, None], near), np.hypot(far[:, None], far)
    cut = np.zeros_like(counts, dtype=bool)
    for radius in (0.5, 3.0, 13.0, 15.0):
        # Cells on a circle hold the clipped stars, and those beside it the ends of the arms.
        cut |= (nearest < radius + 4 * parameters["arm_width"]) & (farthest > radius - 4 * parameters["arm_width"])
    chosen = ~cut & (expected > 15.0)
    assert chosen.sum() > 500
    statistic = ((counts - expected)[chosen] ** 2 / expected[chosen]).sum()
    assert chi2.sf(statistic, chosen.sum()) > IMPROBABLE
    assert chi2.cdf(statistic, chosen.sum()) > IMPROBABLE


def test_a_smooth_disk_has_the_closed_form_and_nothing_beyond_its_edges():
    parameters = _parameters("disk only")
    first, last = gammainc(2.0, np.array([0.5, 15.0]) / 1.8)
    radius = np.array([0.0, 0.49, 0.51, 4.0, 14.9, 15.1])
    expected = np.exp(-radius / 1.8) / (2 * np.pi * 1.8**2 * (last - first))
    expected[[0, 1, 5]] = 0.0
    np.testing.assert_allclose(surface_density(0.6 * radius, -0.8 * radius, Galaxy(**parameters)), expected, rtol=1e-13)


def test_a_ring_has_a_normal_profile_cut_at_the_edges_of_the_disk():
    radius = np.array([0.0, 0.49, 0.51, 4.5, 7.0, 14.9, 15.1])
    profile = np.exp(-0.5 * ((radius - 4.5) / 2.5) ** 2) / (2.5 * np.sqrt(2 * np.pi))
    expected = np.array([0.0, 0.0, *(profile[2:6] / (2 * np.pi * radius[2:6])), 0.0])
    np.testing.assert_allclose(
        surface_density(0.6 * radius, 0.8 * radius, Galaxy(**_parameters("ring only"))), expected
    )


def test_on_the_crest_of_one_thin_arm_the_density_is_that_of_a_normal_profile():
    parameters = {**_parameters("arms only"), "arm_count": 1, "arm_width": 0.01}
    radius = np.array([4.0, 5.0, 9.0])
    azimuth = parameters["arm_phase"] + np.log(radius / 5.0) / np.tan(parameters["arm_pitch"])
    first, last = gammainc(2.0, np.array([3.0, 13.0]) / 1.8)
    along = radius * np.exp(-radius / 1.8) / (1.8**2 * (last - first))
    # The arm covers R tan(pitch) of radius per radian; windings are hundreds of widths apart.
    expected = along * np.tan(parameters["arm_pitch"]) / (0.01 * np.sqrt(2 * np.pi))
    found = surface_density(radius * np.cos(azimuth), radius * np.sin(azimuth), Galaxy(**parameters))
    np.testing.assert_allclose(found, expected, rtol=1e-9)


def test_the_density_at_the_centre_is_finite_or_refused():
    to_the_centre = {**_parameters("one arm, disk to the centre")}
    assert 0.0 < surface_density(0.0, 0.0, Galaxy(**to_the_centre)) < 1.0
    assert surface_density(0.0, 0.0, Galaxy(**MILKY_WAY)) == 0.0
    with pytest.raises(
        EvaluationError, match="infinite at x = y = 0, where a ring is clipped to disk_inner_radius = 0"
    ):
        surface_density([0.0, 1.0], 0.0, Galaxy(**{**to_the_centre, "ring_fraction": 0.1}))


def test_positions_and_parameters_broadcast_and_agree_with_one_at_a_time():
    several = {**MILKY_WAY, "arm_pitch": np.array([0.2, -0.3])[:, None, None], "sun_x": [-8.2, -8.0, -8.2]}
    x, y = np.array([[1.0], [-6.0]]), 2.0
    densities, shares = surface_density(x, y, Galaxy(**several)), clipped_fraction(Galaxy(**several))
    assert densities.shape == (2, 2, 3)
    assert shares.shape == (2, 1, 3)
    for i, j, k in itertools.product(range(2), range(2), range(3)):
        one = {**MILKY_WAY, "arm_pitch": [0.2, -0.3][i], "sun_x": several["sun_x"][k]}
        assert densities[i, j, k] == surface_density(x[j, 0], y, Galaxy(**one))
        assert shares[i, 0, k] == clipped_fraction(Galaxy(**one))
    assert surface_density(np.empty(0), 1.0, Galaxy(**MILKY_WAY)).shape == (0,)


def test_the_same_seed_draws_the_same_positions_in_no_order():
    first, again, other = (_drawn(MILKY_WAY, 60_000, seed) for seed in (9, 9, 10))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)
    assert ks_2samp(np.hypot(*first)[:10_000], np.hypot(*first)[-10_000:]).pvalue > IMPROBABLE


def test_as_many_positions_are_drawn_as_asked_for():
    for size in (0, 1, 16_384, np.int64(16_385)):
        x, y = _drawn(MILKY_WAY, size)
        assert x.shape == y.shape == (size,)


@pytest.mark.parametrize(("size", "message"), [(-1, "size is -1"), (1.5, r"size is 1\.5"), (10**8, "at most 5e")])
def test_sizes_that_are_none_or_too_large_are_refused(size, message):
    with pytest.raises(EvaluationError, match=message):
        _drawn(MILKY_WAY, size)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"x": np.nan}, "x is nan kpc; it must be a finite number"),
        ({"y": [0.0, np.inf]}, "y is inf"),
        ({"arm_fraction": 1.2}, r"arm_fraction is 1\.2; it must be a number from 0 to 1"),
        ({"disk_outer_radius": 0.1}, r"disk_outer_radius is 0\.1"),
    ],
)
def test_nonsense_is_refused_by_name_value_and_range(change, message):
    with pytest.raises(EvaluationError, match=message):
        of_galaxy(surface_density, **{"x": 1.0, "y": 2.0, **MILKY_WAY, **change})
