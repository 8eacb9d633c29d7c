"""The hash of whole numbers against the published sequence of SplitMix64."""

import numpy as np

from gridscan.numerics.hashing import STEP, mixed, open_uniform


def test_the_sequence_is_that_of_splitmix64():
    """The first numbers of the seed 1234567, as Rosetta Code lists them for this generator."""
    numbers = np.arange(1, 6, dtype=np.uint64)
    with np.errstate(over="ignore"):
        found = mixed(np.uint64(1234567) + numbers * STEP)
    assert found.tolist() == [
        6457827717110365317,
        3203168211198807973,
        9817491932198370423,
        4593380528125082431,
        16408922859458223821,
    ]


def test_a_scalar_is_mixed_like_an_array_and_without_a_warning():
    assert mixed(np.uint64(2**64 - 1)) == mixed(np.array([2**64 - 1], dtype=np.uint64))[0]


def test_uniform_numbers_and_their_distances_from_one_are_exact():
    values = open_uniform(np.array([0, 1 << 12, 2**64 - 1, 1 << 63], dtype=np.uint64))
    assert values.tolist() == [2.0**-53, 3 * 2.0**-53, 1.0 - 2.0**-53, 0.5 + 2.0**-53]
    assert (1.0 - values + values == 1.0).all()
