"""Supernovae of a galaxy: their number, times and places against the distributions, and the sum of their fluxes."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

import gridscan as gs
from gridscan.errors import EvaluationError
from gridscan.physics.boosted_dark_matter import all_supernovae
from gridscan.physics.boosted_dark_matter.all_supernovae import (
    GalacticSupernovae,
    draw_supernovae,
    summed_over_visible,
    visible_pairs,
)

RATE, DURATION, LENGTH, HEIGHT, SUN = 0.3, 1e5, 2.9, 0.3, 8.5


@pytest.fixture(scope="module")
def drawn():
    return draw_supernovae(GalacticSupernovae(RATE, DURATION, 7, LENGTH, HEIGHT, SUN))


def cylindrical(found, sun=SUN):
    """Return radius, azimuth from the Sun and height about the centre, from what is seen."""
    in_plane = found.distance * np.cos(found.latitude)
    x, y = sun - in_plane * np.cos(found.longitude), in_plane * np.sin(found.longitude)
    return np.hypot(x, y), np.arctan2(y, x), found.distance * np.sin(found.latitude)


def assert_follows(sample, distribution):
    assert stats.kstest(sample, distribution.cdf).pvalue > 1e-3


def test_radii_azimuths_heights_and_times_follow_the_disk(drawn):
    radius, azimuth, height = cylindrical(drawn)
    assert_follows(radius, stats.gamma(2, scale=LENGTH))
    assert_follows(azimuth, stats.uniform(-np.pi, 2 * np.pi))
    assert_follows(height, stats.laplace(scale=HEIGHT))
    assert_follows(drawn.explosion_time, stats.uniform(0, DURATION))


def test_times_and_places_are_independent(drawn):
    columns = np.stack([drawn.explosion_time, *cylindrical(drawn)])
    correlation = np.corrcoef(stats.rankdata(columns, axis=1))
    assert np.abs(correlation - np.eye(4)).max() < 5 / np.sqrt(drawn.distance.size)


def test_explosions_are_sorted_and_within_the_history(drawn):
    assert (np.diff(drawn.explosion_time) >= 0).all()
    assert drawn.explosion_time[0] >= 0
    assert drawn.explosion_time[-1] < DURATION


def test_the_waiting_times_are_those_of_a_poisson_process(drawn):
    assert_follows(np.diff(drawn.explosion_time), stats.expon(scale=1 / RATE))


def test_the_number_is_a_poisson_number():
    numbers = np.array(
        [draw_supernovae(GalacticSupernovae(0.04, 1000, seed, 1, 1, 1)).distance.size for seed in range(600)]
    )
    assert numbers.mean() == pytest.approx(40, abs=5 * np.sqrt(40 / 600))
    assert numbers.var() == pytest.approx(40, rel=5 * np.sqrt(2 / 600))


def test_the_same_seed_gives_the_same_supernovae_and_another_one_others(drawn):
    again, other = (draw_supernovae(GalacticSupernovae(RATE, DURATION, seed, LENGTH, HEIGHT, SUN)) for seed in (7, 8))
    for column, same in zip(drawn, again, strict=True):
        np.testing.assert_array_equal(column, same)
    assert drawn.distance[:50].tolist() != other.distance[:50].tolist()


def test_seen_from_the_centre_of_a_flat_disk_distances_are_radii_and_latitudes_zero():
    found = draw_supernovae(GalacticSupernovae(RATE, DURATION, 3, LENGTH, 0.0, 0.0))
    assert_follows(found.distance, stats.gamma(2, scale=LENGTH))
    assert_follows(found.longitude, stats.uniform(-np.pi, 2 * np.pi))
    assert not found.latitude.any()


def test_seen_from_far_away_all_are_towards_the_centre():
    found = draw_supernovae(GalacticSupernovae(RATE, DURATION, 3, LENGTH, HEIGHT, 1e9))
    assert np.abs(found.longitude).max() < 1e-6
    np.testing.assert_allclose(found.distance, 1e9, rtol=1e-6)


@pytest.mark.parametrize(
    ("radius", "azimuth", "height", "expected"),
    [
        (0, 0, 0, (SUN, 0, 0)),
        (SUN, 90, 0, (np.sqrt(2) * SUN, 45, 0)),
        (SUN, -90, 0, (np.sqrt(2) * SUN, -45, 0)),
        (SUN, 60, 0, (SUN, 60, 0)),
        (SUN + 2, 0, 0, (2, 180, 0)),
        (SUN, 180, 0, (2 * SUN, 0, 0)),
        (0, 0, -SUN, (np.sqrt(2) * SUN, 0, -45)),
        (SUN, 60, SUN * np.sqrt(3), (2 * SUN, 60, 60)),
    ],
)
def test_places_are_seen_where_triangles_put_them(radius, azimuth, height, expected):
    distance, longitude, latitude = all_supernovae.seen_from_sun(radius, np.deg2rad(azimuth), height, SUN)
    assert (distance, np.rad2deg(longitude), np.rad2deg(latitude)) == pytest.approx(expected, abs=1e-9)


def test_most_are_on_the_side_of_the_centre_and_as_many_left_as_right(drawn):
    number = drawn.distance.size
    assert np.mean(np.abs(drawn.longitude) < np.pi / 2) > 0.8
    assert abs((drawn.longitude > 0).sum() - number / 2) < 4 * np.sqrt(number) / 2
    assert abs((drawn.latitude > 0).sum() - number / 2) < 4 * np.sqrt(number) / 2


def test_without_a_rate_or_time_there_is_none():
    for rate, duration in ((0.0, DURATION), (RATE, 0.0)):
        assert all(
            column.shape == (0,)
            for column in draw_supernovae(GalacticSupernovae(rate, duration, 1, LENGTH, HEIGHT, SUN))
        )


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"supernova_rate": -1}, "supernova_rate is -1 1/s; it must be a finite number of at least 0"),
        ({"supernova_history": np.inf}, "supernova_history is inf"),
        ({"disk_scale_length": 0}, "disk_scale_length is 0 kpc; it must be a finite number above 0 kpc"),
        ({"disk_scale_height": np.nan}, "disk_scale_height is nan"),
        ({"sun_distance": -8.5}, "sun_distance is -8.5"),
        ({"supernova_seed": 1.5}, "supernova_seed is 1.5; it must be a whole number"),
        ({"supernova_seed": -1}, "supernova_seed is -1"),
        ({"supernova_rate": 1e6}, "is 1e\\+11; it must be at most 10,000,000 supernovae"),
    ],
)
def test_what_is_no_history_is_refused(changes, message):
    good = GalacticSupernovae(RATE, DURATION, 1, LENGTH, HEIGHT, SUN)
    with pytest.raises(EvaluationError, match=message):
        draw_supernovae(dataclasses.replace(good, **changes))


times = st.lists(st.integers(0, 30).map(float), max_size=12)


@given(time=times, explosions=times, longest=st.integers(0, 30).map(float), at_once=st.integers(1, 9))
@settings(deadline=None, max_examples=150)
def test_the_pairs_are_all_that_are_visible_once_each(time, explosions, longest, at_once):
    explosions = sorted(explosions)
    expected = {(i, j) for i, now in enumerate(time) for j, then in enumerate(explosions) if 0 < now - then <= longest}
    blocks = list(visible_pairs(np.array(time), np.array(explosions), longest, at_once))
    assert all(0 < point.size <= at_once for point, _ in blocks)
    pairs = [pair for point, number in blocks for pair in zip(point.tolist(), number.tolist(), strict=True)]
    assert len(pairs) == len(expected)
    assert set(pairs) == expected


HISTORY = GalacticSupernovae(0.02, 1e4, 5, LENGTH, HEIGHT, SUN)
LIGHT = 3.066e-4  # kpc/yr


def test_one_each_is_the_number_of_those_younger_than_their_vanishing_time(monkeypatch):
    monkeypatch.setattr(all_supernovae.visible_pairs, "__defaults__", (3,))
    found = draw_supernovae(HISTORY)
    time, mass = np.array([100.0, 4000.0, 9999.0, 4000.0]), np.array([1.0, 1.0, 1.0, 8.0])
    energy = np.full(4, 5.0)
    number = summed_over_visible(
        *(time, energy, mass, np.full(4, LIGHT), HISTORY), lambda point, **_: np.ones(point.size)
    )
    age = time[:, None] - found.explosion_time
    vanishing = found.distance / LIGHT * (np.sqrt(1 + mass / (2 * energy)) - 1)[:, None]
    np.testing.assert_array_equal(number, ((age > 0) & (age <= vanishing)).sum(axis=1))
    assert number[3] > number[1] > 5


def test_the_expected_number_is_the_rate_times_the_mean_vanishing_time():
    time, ones = np.linspace(8000, 10000, 200), np.ones(200)
    numbers = [
        summed_over_visible(
            *(time, 5 * ones, ones, LIGHT * ones),
            dataclasses.replace(HISTORY, supernova_seed=seed, supernova_rate=0.2),
            lambda point, **_: np.ones(point.size),
        ).mean()
        for seed in range(20)
    ]
    # The mean distance from the Sun, by a midpoint rule in the shares of radius, azimuth and height.
    share = (np.arange(400) + 0.5) / 400
    radius, azimuth = stats.gamma(2, scale=LENGTH).ppf(share)[:, None, None], 2 * np.pi * share[:, None]
    height = stats.laplace(scale=HEIGHT).ppf(share[::8])
    distance = np.sqrt(radius**2 + SUN**2 - 2 * radius * SUN * np.cos(azimuth) + height**2).mean()
    assert np.mean(numbers) == pytest.approx(0.2 * distance / LIGHT * (np.sqrt(1.1) - 1), rel=0.02)


@pytest.mark.parametrize("time", [-1.0, 1.001e4, np.nan])
def test_a_time_outside_the_history_is_refused(time):
    with pytest.raises(EvaluationError, match=r"must be from 0 to 0\.000316881 yr, as it counts from"):
        summed_over_visible(*(np.array([v]) for v in (time, 5.0, 1.0, LIGHT)), HISTORY, lambda point, **_: point)


AXES = {
    "longitude": {"values": [-60, 0, 15], "unit": "deg"},
    "latitude": {"values": [-5, 0], "unit": "deg"},
    "supernova_history": "20 kyr",
}


def test_the_flux_of_the_galaxy_is_the_sum_of_those_of_its_supernovae():
    model = gs.model("boosted_dark_matter")
    total = model.evaluate("galactic_sky_flux", **AXES, time="15 kyr")
    found = draw_supernovae(GalacticSupernovae(0.0163, 2e4, 1, 2.9, 0.3, 8.5))
    # Long enough ago that the last of them, at 40 kpc, has vanished.
    recent = [event for event in zip(*found, strict=True) if 0 < 15e3 - event[0] < 8e3]
    sky = {name: AXES[name] for name in ("longitude", "latitude")}
    single = [
        model.evaluate(
            "sky_flux",
            **sky,
            time=f"{15e3 - when!r} yr",
            distance=f"{distance!r} kpc",
            supernova_longitude=f"{longitude!r} rad",
            supernova_latitude=f"{latitude!r} rad",
        )
        for when, distance, longitude, latitude in (map(float, event) for event in recent)
    ]
    seen = [one for one in single if float(one.max()) > 0]
    assert len(seen) > 3
    np.testing.assert_allclose(total, sum(single), rtol=1e-9)


def test_seeds_rates_and_energies_are_axes_of_the_flux_of_the_galaxy():
    model = gs.model("boosted_dark_matter")
    axes = {"supernova_seed": [1, 2], "kinetic_energy": ["5 MeV", "8 MeV"], "time": ["9 kyr", "15 kyr"]}
    grid = model.evaluate("galactic_sky_flux", **AXES, **axes)
    for seed in (1, 2):
        one = model.evaluate("galactic_sky_flux", **AXES, supernova_seed=seed, kinetic_energy="8 MeV", time="9 kyr")
        chosen = grid.sel(supernova_seed=seed, kinetic_energy=8).isel(time=0)
        np.testing.assert_allclose(chosen.transpose(*one.dims), one, rtol=1e-12)
    assert not np.array_equal(grid.sel(supernova_seed=1), grid.sel(supernova_seed=2))
    dark = model.evaluate("galactic_sky_flux", **AXES, supernova_rate="0 / yr", time="15 kyr")
    assert not dark.any()


def test_the_flux_of_the_galaxy_does_not_depend_on_the_chosen_supernova():
    model = gs.model("boosted_dark_matter")
    found = model.evaluate("galactic_sky_flux", **AXES, supernova=["cas-a", "crab"], time="15 kyr")
    np.testing.assert_array_equal(*found.transpose("supernova", ...))
    assert "supernova_longitude" not in found.dims
