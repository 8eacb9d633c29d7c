"""Checksums of blocks: those of XXH3, told apart for blocks with cells that failed, and never zero."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from gridscan.storage.checksums import checksum_of_block, is_done, is_whole


def test_a_checksum_is_that_of_xxh3_but_for_its_last_bit():
    # Of no bytes, from the specification of XXH3 with 64 bits, without a seed.
    assert int(checksum_of_block(np.zeros(0))) == 0x2D06800538D394C2 | 1


@pytest.mark.parametrize("block", [np.zeros(0), np.zeros(7), np.float32(2.0), np.ones((2, 3))[:, ::2], np.arange(5)])
@pytest.mark.parametrize("failed", [False, True])
def test_a_finished_block_never_has_the_checksum_of_one_that_is_not_done(block, failed):
    block = np.asarray(block)
    checksum = checksum_of_block(block, failed=failed)
    assert checksum != 0
    assert bool(is_done(checksum)) is not failed
    assert is_whole(block, checksum)
    assert not is_whole(block, np.uint64(0))


@given(
    block=hnp.arrays(st.sampled_from([np.float64, np.float32, np.int64]), hnp.array_shapes(max_dims=3, max_side=5)),
    place=st.integers(0, 10**6),
    bit=st.integers(0, 7),
    failed=st.booleans(),
)
def test_any_bit_that_changes_is_found_in_the_block_and_in_its_checksum(block, place, bit, failed):
    checksum = checksum_of_block(block, failed=failed)
    data = bytearray(block.tobytes())
    data[place % len(data)] ^= 1 << bit
    assert not is_whole(np.frombuffer(bytes(data), dtype=block.dtype).reshape(block.shape), checksum)
    assert not is_whole(block, checksum ^ np.uint64(1 << place % 64))
