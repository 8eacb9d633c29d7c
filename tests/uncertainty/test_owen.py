"""Scrambled points: balanced as the net that they come from, and the same whatever else is drawn."""

import hashlib
import itertools

import numpy as np
import pytest
from scipy.stats import kstest, qmc

from gridscan.uncertainty.designs import Design, key_of, uniforms
from gridscan.uncertainty.owen import BITS, hashed, scrambled

NAMES = {name: index for index, name in enumerate("abcdefgh")}


def points(count, names=None, **design):
    """Return scrambled points, shape (names, points)."""
    found = uniforms(Design(points=count, **design), NAMES if names is None else names)
    return np.array([item.lower for item in found.values()])


@pytest.mark.parametrize("power", range(13))
def test_each_interval_of_each_dimension_holds_one_of_the_first_points(power):
    for values in points(1 << power, seed=power):
        assert np.array_equal(np.sort(np.floor(values * (1 << power))), np.arange(1 << power))


@pytest.mark.parametrize("seed", range(3))
def test_each_elementary_interval_of_the_first_two_dimensions_holds_one_point(seed):
    first, second = points(1024, {"x": 0, "y": 1}, seed=seed)
    for power in range(11):
        cells = np.floor(first * (1 << power)) * (1 << (10 - power)) + np.floor(second * (1 << (10 - power)))
        assert np.array_equal(np.sort(cells), np.arange(1024))


def test_eight_dimensions_are_a_net_as_good_as_the_unscrambled_one():
    """Elementary intervals of volume 2^(t-m) hold 2^t points each, for the least t of the unscrambled points."""
    plain = qmc.Sobol(4, scramble=False, bits=32).random(256).T
    own = points(256, {name: NAMES[name] for name in "abcd"}, seed=5)
    for t in (3, 4):
        for powers in itertools.product(range(9 - t), repeat=4):
            if sum(powers) != 8 - t:
                continue
            counts = [_counts(values, powers) for values in (plain, own)]
            assert (counts[0].max() == 2**t) == (counts[1].max() == 2**t)


def _counts(values, powers):
    cells = np.zeros(values.shape[1])
    for row, power in zip(values, powers, strict=True):
        cells = cells * (1 << power) + np.floor(row * (1 << power))
    return np.unique(cells, return_counts=True)[1]


def test_every_pair_of_halves_is_exchanged_on_its_own():
    """Uniform scrambling, not a shift: the two halves of a point's neighbourhood are exchanged independently."""
    sequence = np.arange(1 << 12, dtype=np.uint32) << np.uint32(BITS - 12)
    flips = np.zeros((200, 1 << 11), dtype=bool)
    for key in range(200):
        order = np.floor(scrambled(sequence, key_of(0, str(key))) * (1 << 12)).astype(int)
        flips[key] = order[::2] > order[1::2]
    assert abs(flips.mean() - 0.5) < 4 * 0.5 / np.sqrt(flips.size)
    together = np.corrcoef(flips[:, :64].T)[np.triu_indices(64, 1)]
    assert np.abs(together).max() < 6 / np.sqrt(200)


def test_numbers_are_never_0_or_1_and_fill_all_their_bits():
    values = points(1 << 16, {"x": 0}, seed=2)[0]
    assert values.min() > 0.0
    assert values.max() < 1.0
    low_bits = (values * 2.0**53).astype(np.uint64) % np.uint64(1 << 20)
    assert kstest(low_bits / 2.0**20, "uniform").pvalue > 1e-3


def test_the_distance_from_one_is_exact():
    found = uniforms(Design(points=4096, seed=1), {"x": 0})["x"]
    assert np.array_equal(found.lower + found.upper, np.ones(4096))
    assert found.upper.min() > 0.0


@pytest.mark.parametrize("method", ["sobol", "random"])
def test_more_points_begin_with_fewer(method):
    assert np.array_equal(points(1000, method=method, seed=3), points(4096, method=method, seed=3)[:, :1000])


@pytest.mark.parametrize("method", ["sobol", "random", "latin-hypercube"])
def test_other_names_do_not_change_a_name(method):
    few = points(128, {"b": 1}, method=method)
    assert np.array_equal(few[0], points(128, method=method)[1])


@pytest.mark.parametrize("method", ["sobol", "random", "latin-hypercube"])
def test_another_seed_and_another_name_give_other_numbers(method):
    first, other = points(512, {"a": 0}, method=method, seed=1)[0], points(512, {"a": 0}, method=method, seed=2)[0]
    named = points(512, {"z": 0}, method=method, seed=1)[0]
    for values in (other, named):
        assert not np.any(first == values)
        # Points of one dimension of a net, scrambled twice, lie in the same half together, or in the other one.
        assert method == "sobol" or abs(np.corrcoef(first, values)[0, 1]) < 0.2


@pytest.mark.parametrize("seed", range(5))
def test_random_draws_are_uniform_and_independent(seed):
    first, second = points(1 << 14, {"x": 0, "y": 1}, method="random", seed=seed)
    assert kstest(first, "uniform").pvalue > 1e-3
    assert abs(np.corrcoef(first, second)[0, 1]) < 4 / 128
    assert abs(np.corrcoef(first[1:], first[:-1])[0, 1]) < 4 / 128


@pytest.mark.parametrize("count", [1, 2, 7, 1000])
def test_a_latin_hypercube_has_one_point_in_each_row_and_column(count):
    for values in points(count, method="latin-hypercube", seed=1):
        assert np.array_equal(np.sort(np.floor(values * count)), np.arange(count))


def test_another_number_of_points_is_another_latin_hypercube():
    few, many = points(64, method="latin-hypercube"), points(128, method="latin-hypercube")
    assert not np.any(few == many[:, :64])


def _error(method, count, repetitions=64):
    """Return the root mean square error of the mean of a smooth function of five numbers, whose mean is one."""
    errors = []
    for seed in range(repetitions):
        values = points(count, {name: NAMES[name] for name in "abcde"}, method=method, seed=seed)
        product = np.prod(1.0 + (values - 0.5) / np.arange(1.0, 6.0)[:, None] ** 2, axis=0)
        errors.append(product.mean() - 1.0)
    return np.sqrt(np.mean(np.square(errors)))


def test_means_of_smooth_functions_converge_faster_than_random_ones():
    """Owen: the error of scrambled nets falls almost as n^-3/2, that of random points as n^-1/2."""
    slope = np.log2(_error("sobol", 64) / _error("sobol", 4096)) / 6
    random = np.log2(_error("random", 64) / _error("random", 4096)) / 6
    assert slope > 1.25
    assert 0.4 < random < 0.6
    assert _error("sobol", 4096) < 0.01 * _error("random", 4096)


def test_scrambled_means_are_unbiased():
    found = [points(8, {"x": 0}, seed=seed)[0] ** 2 for seed in range(400)]
    means = np.mean(found, axis=1)
    assert abs(means.mean() - 1 / 3) < 4 * means.std() / 20


def test_the_points_are_those_of_scipy_whatever_its_version_calls_the_seed():
    """`seed=1` and `rng=1` are two designs of scipy, and `rng` is unknown before 1.15: gridscan hands it neither."""
    unscrambled = qmc.Sobol(3, scramble=False, bits=32).random(16).T
    own = points(16, {"x": 0, "y": 1, "z": 2}, seed=1)
    for plain, values in zip(unscrambled, own, strict=True):
        halves = [np.floor(2 * item) for item in (plain, values)]
        assert np.array_equal(*halves) or np.array_equal(halves[0], 1 - halves[1])


def test_numbers_that_are_no_power_of_two_give_no_warning_of_scipy(recwarn):
    points(1000)
    assert not recwarn.list


def test_more_points_than_a_block_are_the_same_points():
    assert np.array_equal(points(1 << 17, {"x": 2})[:, : 1 << 16], points(1 << 16, {"x": 2}))


def test_hashes_of_consecutive_numbers_are_uniform():
    found = hashed(np.arange(1 << 14, dtype=np.uint64), 0)
    assert kstest(found / 2.0**64, "uniform").pvalue > 1e-3
    assert len(np.unique(found)) == 1 << 14


def test_nothing_uncertain_draws_nothing():
    assert uniforms(Design(), {}) == {}


@pytest.mark.parametrize(("count", "said"), [(1024, None), (1000, "better 512 or 1,024 than 1,000"), (1, None)])
def test_a_number_of_points_without_balance_is_noted(count, said):
    note = Design(points=count).note
    assert note is said if said is None else said in note
    assert Design(method="random", points=count).note is None


def _mixed(key):
    """SplitMix64's finalizer, in whole numbers of Python."""
    key = (key ^ (key >> 30)) * 0xBF58476D1CE4E5B9 % 2**64
    key = (key ^ (key >> 27)) * 0x94D049BB133111EB % 2**64
    return key ^ (key >> 31)


def _hashed(number, key):
    return _mixed((_mixed(key) + (number + 1) * 0x9E3779B97F4A7C15) % 2**64)


def _key(seed, name):
    return int.from_bytes(hashlib.blake2b(f"{seed} {name}".encode(), digest_size=8).digest(), "little")


def test_the_numbers_of_a_seed_are_those_of_the_definition_for_good():
    """A seed is of use only if it gives the same numbers in years: the definition, number by number."""
    key = _key(7, "sfr")
    plain = (qmc.Sobol(3, scramble=False, bits=32).random(64)[:, 2] * 2.0**32).astype(int).tolist()
    wanted = []
    for point in plain:
        high = 0
        for level in range(32):
            bit = point >> (31 - level) & 1
            high = high << 1 | bit ^ _hashed(point >> (32 - level) | 1 << level, key) >> 63
        whole = high << 20 | _hashed(high, key ^ 1) >> 44
        wanted.append((whole + 0.5) / 2.0**52)
    assert uniforms(Design(points=64, seed=7), {"sfr": 2})["sfr"].lower.tolist() == wanted
    random = [((_hashed(number, key) >> 12) + 0.5) / 2.0**52 for number in range(64)]
    assert uniforms(Design(points=64, seed=7, method="random"), {"sfr": 2})["sfr"].lower.tolist() == random
    order = sorted(range(64), key=lambda number: _hashed(number, _key(7, "order of 64 sfr")))
    places = [((_hashed(number, _key(7, "place in 64 sfr")) >> 12) + 0.5) / 2.0**52 for number in range(64)]
    cells = [(row + place) / 64 for row, place in zip(order, places, strict=True)]
    found = uniforms(Design(points=64, seed=7, method="latin-hypercube"), {"sfr": 2})["sfr"]
    assert found.lower.tolist() == cells
