"""The law of radioactive decay."""

import numpy as np


def remaining_share(time, half_life):
    """Return the share of nuclei that are left, 2^(-t/T). Source: exponential decay."""
    return np.exp2(-time / half_life)
