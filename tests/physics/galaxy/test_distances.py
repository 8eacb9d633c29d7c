import numpy as np
import pytest
from galaxies import MILKY_WAY, of_galaxy
from hypothesis import example, given, settings
from hypothesis import strategies as st
from reference import reference
from scipy.special import ndtr

from gridscan.errors import EvaluationError
from gridscan.numerics.quadrature import gauss_legendre, integrate_panels
from gridscan.physics.galaxy import distances, enclosed_stars
from gridscan.physics.galaxy.components import Galaxy

REFERENCE = reference("red_supergiants")
FLOOR = 0.05
VARIANTS = {
    "default": {},
    "three arms the other way": {"arm_count": 3, "arm_pitch": -0.3, "arm_phase": 1.0},
    "wide clipped arms": {"arm_width": 2.0, "arm_fraction": 0.85},
    "two long thin arms": {"arm_count": 2, "arm_pitch": 0.1, "arm_width": 0.1},
    "ring beyond the edge": {"ring_fraction": 0.35, "ring_radius": 14.0, "ring_width": 1.5, "disk_scale_length": 4.0},
    "sun on an edge": {"sun_x": 7.8, "sun_y": 10.4},
    "sun near the centre": {"sun_x": 0.4, "sun_y": -0.6},
    "disk to the centre": {"disk_inner_radius": 0.0, "arm_fraction": 0.2},
}


def _table(section):
    return [dict(zip(REFERENCE[section]["columns"], row, strict=True)) for row in REFERENCE[section]["rows"]]


def _cases():
    return pytest.mark.parametrize("case", _table("galaxy"), ids=lambda case: f"{case['radius']} kpc")


@_cases()
def test_reference_fractions_and_distances_are_met(case):
    fraction, error = distances.fraction_within(case["radius"], Galaxy(**MILKY_WAY))
    assert fraction == pytest.approx(case["fraction_within"], rel=1e-9)
    assert error < 1e-9 * fraction
    mean, error = distances.mean_inverse_square_distance(case["radius"], Galaxy(**MILKY_WAY), distance_floor=FLOOR)
    assert mean == pytest.approx(case["mean_inverse_square_distance"], rel=1e-9)
    assert error < 1e-8 * mean


@_cases()
def test_reference_fractions_of_the_components_are_met(case):
    components = distances.component_fractions_within(case["radius"], Galaxy(**MILKY_WAY))
    for component in ("disk", "ring", "arms"):
        assert components[component][0] == pytest.approx(case[f"fraction_{component}"], rel=1e-9)


def test_reference_fractions_of_the_detectability_are_met():
    cases = _table("detectability")
    fractions, _ = distances.fraction_within([case["radius_kpc"] for case in cases], Galaxy(**MILKY_WAY))
    np.testing.assert_allclose(fractions, [case["p_within"] for case in cases], rtol=1e-9)


def _halved(integrand, owner, lower, upper, count, **options):
    middle = 0.5 * (lower + upper)
    halves = np.tile(owner, 2), np.concatenate([lower, middle]), np.concatenate([middle, upper])
    return integrate_panels(integrand, *halves, count, **options)


@pytest.mark.parametrize("variant", VARIANTS)
def test_twice_the_panels_and_a_tighter_tolerance_give_the_same(variant, monkeypatch):
    parameters = {**MILKY_WAY, **VARIANTS[variant]}
    radii = np.array([0.7, 3.0, 9.0, 20.0])
    arguments = (radii, Galaxy(**parameters))
    coarse = distances.fraction_within(*arguments), distances.mean_inverse_square_distance(*arguments, FLOOR)
    for cached in (distances.fractions, distances._mean_inverse_squares):
        cached.cache_clear()
    for module in (distances, enclosed_stars):
        monkeypatch.setattr(module, "integrate_panels", _halved)
    monkeypatch.setattr(distances, "_TOLERANCE", 1e-13)
    monkeypatch.setattr(distances, "_TOLERANCE_OF_MEAN", 1e-12)
    fine = distances.fraction_within(*arguments), distances.mean_inverse_square_distance(*arguments, FLOOR)
    for cached in (distances.fractions, distances._mean_inverse_squares):
        cached.cache_clear()
    for (found, error), (exact, _) in zip(coarse, fine, strict=True):
        np.testing.assert_allclose(found, exact, rtol=1e-9)
        assert (np.abs(found - exact) <= error + 1e-13 * exact).all()


def _sampled_radius(generator, size, parameters, inner, outer):
    """Draw p(R) ∝ R exp(-R/h) by inverting its tabulated distribution."""
    scale = parameters["disk_scale_length"]
    grid = np.linspace(inner, outer, 20001)
    cumulative = -(1.0 + grid / scale) * np.exp(-grid / scale)
    cumulative = (cumulative - cumulative[0]) / (cumulative[-1] - cumulative[0])
    return np.interp(generator.random(size), cumulative, grid)


def _sampled_distances(parameters, size, seed):
    """Draw distances from the Sun straight from the definition of the galaxy."""
    generator = np.random.default_rng(seed)
    p = parameters
    kind = generator.choice(
        3, size, p=[1 - p["arm_fraction"] - p["ring_fraction"], p["ring_fraction"], p["arm_fraction"]]
    )
    edges = p["disk_inner_radius"], p["disk_outer_radius"]
    disk = _sampled_radius(generator, size, p, *edges)
    ring = np.clip(generator.normal(p["ring_radius"], p["ring_width"], size), *edges)
    ends = p["arm_inner_radius"], p["arm_outer_radius"]
    centre = _sampled_radius(generator, size, p, *ends)
    arms = np.clip(centre + generator.normal(0.0, p["arm_width"], size), *ends)
    turn = 2 * np.pi * generator.integers(0, p["arm_count"], size) / p["arm_count"]
    along = p["arm_phase"] + turn + np.log(centre / p["arm_reference_radius"]) / np.tan(p["arm_pitch"])
    azimuth = np.where(kind == 2, along, 2 * np.pi * generator.random(size))
    radius = np.choose(kind, [disk, ring, arms])
    return np.hypot(radius * np.cos(azimuth) - p["sun_x"], radius * np.sin(azimuth) - p["sun_y"])


@pytest.mark.parametrize("variant", VARIANTS)
def test_stars_drawn_at_random_are_as_far_as_computed(variant):
    parameters, size = {**MILKY_WAY, **VARIANTS[variant]}, 2_000_000
    distance = _sampled_distances(parameters, size, seed=20240229)
    radii = np.array([1.0, 2.5, 5.0, 9.0, 14.0])
    fractions, _ = distances.fraction_within(radii, Galaxy(**parameters))
    means, _ = distances.mean_inverse_square_distance(radii, Galaxy(**parameters), 0.3)
    for radius, fraction, mean in zip(radii, fractions, means, strict=True):
        inside = distance <= radius
        assert abs(inside.mean() - fraction) < 5 * np.sqrt(fraction * (1 - fraction) / size)
        weights = 1.0 / np.maximum(distance[inside], 0.3) ** 2
        assert abs(weights.mean() - mean) < 5 * weights.std() / np.sqrt(len(weights))


def test_a_smooth_disk_agrees_with_direct_quadrature_in_polar_coordinates_about_the_sun():
    disk = {**MILKY_WAY, "arm_fraction": 0.0, "ring_fraction": 0.0}
    scale, inner, outer, sun = (
        disk[k] for k in ("disk_scale_length", "disk_inner_radius", "disk_outer_radius", "sun_x")
    )
    norm = scale**2 * ((1 + inner / scale) * np.exp(-inner / scale) - (1 + outer / scale) * np.exp(-outer / scale))
    nodes, weights = gauss_legendre(60)
    angle = 2 * np.pi * np.arange(400) / 400

    def ring_density(distance):
        radius = np.hypot(sun + distance[:, None] * np.cos(angle), distance[:, None] * np.sin(angle))
        return distance * np.mean(np.exp(-radius / scale), axis=1) / norm

    for reach in (0.2, 1.0, 3.0, 6.0):
        low, high = 0.5 * FLOOR * (nodes + 1), FLOOR + 0.5 * (reach - FLOOR) * (nodes + 1)
        near = 0.5 * FLOOR * weights @ ring_density(low)
        far = 0.5 * (reach - FLOOR) * weights * ring_density(high)
        fraction, _ = distances.fraction_within(reach, Galaxy(**disk))
        assert fraction == pytest.approx(near + far.sum(), rel=1e-11)
        mean, _ = distances.mean_inverse_square_distance(reach, Galaxy(**disk), distance_floor=FLOOR)
        assert mean == pytest.approx((near / FLOOR**2 + (far / high**2).sum()) / (near + far.sum()), rel=1e-9)


def test_seen_from_the_centre_the_fraction_is_the_radial_distribution():
    radii = np.array([0.4, 0.6, 2.0, 4.5, 12.0, 15.0])
    parts = distances.component_fractions_within(radii, Galaxy(**{**MILKY_WAY, "sun_x": 0.0}))
    cumulative = -(1 + radii / 1.8) * np.exp(-radii / 1.8)
    first, last = (-(1 + edge / 1.8) * np.exp(-edge / 1.8) for edge in (0.5, 15.0))
    disk = np.clip((cumulative - first) / (last - first), 0.0, 1.0)
    np.testing.assert_allclose(parts["disk"][0], disk, rtol=1e-12)
    ring = np.where(radii < 0.5, 0.0, np.where(radii >= 15.0, 1.0, ndtr((radii - 4.5) / 0.5)))
    np.testing.assert_allclose(parts["ring"][0], ring, rtol=1e-12)
    np.testing.assert_allclose(parts["arms"][0][:3], [0.0, 0.0, 0.0], atol=0.0)


def test_stars_clipped_to_an_edge_are_counted_when_the_circle_takes_it_in():
    clipped = {**MILKY_WAY, "sun_x": 0.0, "arm_fraction": 0.0, "ring_fraction": 1.0, "ring_radius": 15.0}
    fractions, _ = distances.fraction_within([15.0 - 1e-9, 15.0], Galaxy(**clipped))
    np.testing.assert_allclose(fractions, [0.5, 1.0], rtol=1e-8)


def test_a_radius_around_the_whole_galaxy_holds_all_of_it():
    fractions, errors = distances.fraction_within([23.2, 30.0, 1e4], Galaxy(**MILKY_WAY))
    np.testing.assert_allclose(fractions, 1.0, rtol=1e-11)
    assert (errors < 1e-10).all()


def test_nothing_is_within_radius_zero_or_beyond_the_edge():
    assert distances.fraction_within(0.0, Galaxy(**MILKY_WAY))[0] == 0.0
    assert distances.fraction_within(4.9, Galaxy(**{**MILKY_WAY, "sun_x": 20.0}))[0] == 0.0


def test_fractions_of_the_components_add_up_by_their_weights():
    parts = distances.component_fractions_within(2.0, Galaxy(**MILKY_WAY))
    total = 0.25 * parts["disk"][0] + 0.10 * parts["ring"][0] + 0.65 * parts["arms"][0]
    assert distances.fraction_within(2.0, Galaxy(**MILKY_WAY))[0] == pytest.approx(total, rel=1e-11)


def test_all_stars_may_be_in_the_arms_or_none():
    parts = distances.component_fractions_within(2.0, Galaxy(**MILKY_WAY))
    arms, _ = distances.fraction_within(2.0, Galaxy(**{**MILKY_WAY, "arm_fraction": 1.0, "ring_fraction": 0.0}))
    disk, _ = distances.fraction_within(2.0, Galaxy(**{**MILKY_WAY, "arm_fraction": 0.0, "ring_fraction": 0.0}))
    assert (arms, disk) == (parts["arms"][0], parts["disk"][0])


def test_mirrored_arms_are_seen_alike_from_the_mirrored_sun():
    mirrored = {**MILKY_WAY, "arm_pitch": -MILKY_WAY["arm_pitch"], "arm_phase": -0.7, "sun_x": 5.0, "sun_y": -6.0}
    original = {**MILKY_WAY, "arm_phase": 0.7, "sun_x": 5.0, "sun_y": 6.0}
    assert distances.fraction_within(2.0, Galaxy(**mirrored))[0] == pytest.approx(
        distances.fraction_within(2.0, Galaxy(**original))[0], rel=1e-11
    )


def test_a_floor_beyond_the_radius_is_the_distance_of_every_star():
    mean, _ = distances.mean_inverse_square_distance([0.1, 0.5], Galaxy(**MILKY_WAY), distance_floor=0.5)
    np.testing.assert_allclose(mean, 4.0, rtol=1e-14)


def test_the_mean_inverse_square_of_a_small_uniform_patch_is_logarithmic():
    """Uniform density: <1/max(d, f)^2 | d <= r> = (1 + 2 ln(r/f))/r^2, up to terms in (r/h)^2."""
    disk = {**MILKY_WAY, "arm_fraction": 0.0, "ring_fraction": 0.0}
    mean, _ = distances.mean_inverse_square_distance(0.02, Galaxy(**disk), distance_floor=0.001)
    assert mean == pytest.approx((1 + 2 * np.log(20.0)) / 0.02**2, rel=1e-4)


def test_small_radii_see_the_local_surface_density():
    fractions, _ = distances.fraction_within([1e-4, 2e-4, 1e-3], Galaxy(**MILKY_WAY))
    np.testing.assert_allclose(fractions / fractions[0], [1.0, 4.0, 100.0], rtol=1e-5)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.floats(1e-3, 25.0), min_size=2, max_size=4), st.floats(0.0, 16.0), st.floats(0.1, 3.0))
@example([0.5, 1.0], 2.7462016968781227e-14, 1.0)
def test_the_fraction_never_falls_with_the_radius(radii, sun, width):
    parameters = {**MILKY_WAY, "sun_x": sun, "arm_width": width}
    fractions, _ = distances.fraction_within(np.sort(radii), Galaxy(**parameters))
    assert (np.diff(fractions) >= -1e-12).all()
    assert (fractions >= 0).all()
    assert (fractions <= 1 + 1e-11).all()


@settings(max_examples=25, deadline=None)
@given(st.floats(-np.pi, np.pi), st.floats(0.5, 20.0), st.floats(0.1, 1.4))
def test_turning_sun_and_arms_together_changes_nothing(angle, radius, pitch):
    still = {**MILKY_WAY, "arm_pitch": pitch}
    turned = {
        **still,
        "sun_x": -8.2 * np.cos(angle),
        "sun_y": -8.2 * np.sin(angle),
        "arm_phase": still["arm_phase"] + angle,
    }
    expected, _ = distances.fraction_within(radius, Galaxy(**still))
    assert distances.fraction_within(radius, Galaxy(**turned))[0] == pytest.approx(expected, rel=1e-9)


def test_no_radii_have_no_fractions():
    value, error = distances.mean_inverse_square_distance(np.empty((0, 2)), Galaxy(**MILKY_WAY), distance_floor=FLOOR)
    assert value.shape == error.shape == (0, 2)


def test_arguments_broadcast_and_every_galaxy_is_evaluated_once(monkeypatch):
    distances.fractions.cache_clear()
    seen = []
    enclosed = distances.enclosed_share
    monkeypatch.setattr(
        distances, "enclosed_share", lambda *arguments: seen.append(arguments[0]) or enclosed(*arguments)
    )
    several = {**MILKY_WAY, "sun_x": np.array([-8.2, -8.0, -8.2])[:, None]}
    fractions, errors = distances.fraction_within(np.array([1.0, 0.5]), Galaxy(**several))
    assert fractions.shape == errors.shape == (3, 2)
    assert len(seen) == 2
    np.testing.assert_array_equal(fractions[0], fractions[2])
    assert fractions[1, 1] == distances.fraction_within(0.5, Galaxy(**{**MILKY_WAY, "sun_x": -8.0}))[0]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"arm_fraction": 1.2}, r"arm_fraction is 1\.2; it must be a number from 0 to 1"),
        ({"ring_fraction": -0.1}, r"ring_fraction is -0\.1; it must be a number from 0 to 1"),
        ({"arm_fraction": 0.8, "ring_fraction": 0.3}, r"arm_fraction \+ ring_fraction is 1\.1"),
        ({"disk_outer_radius": 0.5}, r"disk_outer_radius is 0\.5 kpc; it must be above disk_inner_radius = 0\.5 kpc"),
        ({"arm_outer_radius": 2.0}, "arm_outer_radius is 2"),
        ({"disk_inner_radius": -1.0}, "disk_inner_radius is -1"),
        ({"arm_inner_radius": 0.0}, "arm_inner_radius is 0"),
        ({"disk_scale_length": 0.0}, "disk_scale_length is 0 kpc; it must be a finite number above 0 kpc"),
        ({"arm_width": -0.3}, r"arm_width is -0\.3"),
        ({"ring_width": 0.0}, "ring_width is 0"),
        ({"arm_pitch": 0.0}, "arm_pitch is 0 rad; it must be at least 0\\.00187 rad either way"),
        ({"arm_pitch": 2.0}, "arm_pitch is 2"),
        ({"arm_pitch": -1e-4}, r"arm_pitch is -0\.0001 rad; it must be at least 0\.00187 rad either way"),
        ({"arm_count": 2.5}, r"arm_count is 2\.5; it must be a whole number of at least 1"),
        ({"arm_count": 0}, "arm_count is 0"),
        ({"sun_x": np.nan}, "sun_x is nan kpc; it must be a finite number"),
        ({"radius": -1.0}, "radius is -1"),
        ({"radius": np.inf}, "radius is inf"),
    ],
)
def test_nonsense_is_refused_by_name_value_and_range(change, message):
    with pytest.raises(EvaluationError, match=message):
        of_galaxy(distances.fraction_within, **{"radius": 1.0, **MILKY_WAY, **change})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"radius": 0.0}, "radius is 0 kpc; it must be a finite number above 0 kpc"),
        ({"distance_floor": 0.0}, "distance_floor is 0"),
    ],
)
def test_a_mean_at_no_distance_or_without_floor_is_refused(change, message):
    with pytest.raises(EvaluationError, match=message):
        of_galaxy(
            distances.mean_inverse_square_distance, **{"radius": 1.0, **MILKY_WAY, "distance_floor": FLOOR, **change}
        )


def test_a_mean_over_no_star_is_missing_and_does_not_spoil_the_others():
    far = {**MILKY_WAY, "distance_floor": FLOOR, "sun_x": 20.0}
    value, error = of_galaxy(distances.mean_inverse_square_distance, **{"radius": [1.0, 9.0], **far})
    assert np.isnan([value[0], error[0]]).all()
    assert 1 / 81 < value[1] < 1 / 25
    assert error[1] < 1e-8 * value[1]


def test_an_integral_that_has_not_converged_is_refused(monkeypatch):
    def stopped(*arguments, **options):
        return integrate_panels(*arguments, **{**options, "rounds": 0})

    distances.fractions.cache_clear()
    monkeypatch.setattr(enclosed_stars, "integrate_panels", stopped)
    with pytest.raises(EvaluationError, match="fraction_within has not converged at radius = 9 kpc"):
        distances.fraction_within(9.0, Galaxy(**{**MILKY_WAY, "arm_width": 0.05}))


def test_the_mean_over_many_radii_is_that_over_each(monkeypatch):
    radii = np.linspace(0.9, 1.1, 60)
    monkeypatch.setattr(distances, "_MOST_DISTANCE_PANELS", 60)
    monkeypatch.setattr(distances, "_RADII_AT_ONCE", 5)
    value, error = distances.mean_inverse_square_distance(radii, Galaxy(), 0.01)
    for index in (0, 4, 5, 59):
        alone, uncertainty = distances.mean_inverse_square_distance(radii[index], Galaxy(), 0.01)
        assert abs(value[index] - alone) <= error[index] + uncertainty
