#!/usr/bin/env bash
# Guess:    `scipy.stats.poisson.ppf` gives the quantile of a Poisson distribution for any mean, large ones included.
# Truth:    from a mean of 2.1e10 on it is NaN, without a warning, for the median, soon for all probabilities below one half,
#           and for those in the far upper tail; others stay right. Counts of 1e11 are ordinary: neutrinos through a detector.
# Versions: scipy 1.17.1, numpy 2.4.6.
# Source:   `ppf` calls the inverse `scipy.special.pdtrik`, which has no value there; `pdtr`, the distribution function, has.
#           The normal quantile mean + z sqrt(mean) is right to 1e-9 there.
set -euo pipefail

environment=$(mktemp -d)
trap 'rm -rf "$environment"' EXIT
python3 -m venv "$environment"
"$environment/bin/python" -m pip install --quiet --disable-pip-version-check scipy==1.17.1 numpy==2.4.6

cd "$environment"
"$environment/bin/python" - <<'PYTHON'
import warnings

import numpy as np
import scipy
from scipy import special, stats

warnings.simplefilter("error")
print("scipy", scipy.__version__, "numpy", np.__version__)
means = np.array([2e10, 3e10, 1e11])
missing = {}
for probability in (1e-6, 0.1, 0.5, 0.9, 1 - 1e-6):
    quantiles = stats.poisson.ppf(probability, means)
    normal = means + special.ndtri(probability) * np.sqrt(means)
    missing[probability] = np.isnan(quantiles).tolist()
    print(f"probability {probability:8}: quantiles of means of 2e10, 3e10, 1e11", quantiles)
    assert np.allclose(quantiles, normal, rtol=1e-9, equal_nan=False) or np.isnan(quantiles).any()
print("distribution function at these means:", stats.poisson.cdf(means, means))
assert missing == {
    1e-6: [False, False, True],
    0.1: [False, True, True],
    0.5: [False, True, True],
    0.9: [False, False, False],
    1 - 1e-6: [False, False, True],
}, "scipy no longer does what this script shows"
assert np.allclose(stats.poisson.cdf(means, means), 0.5, atol=1e-4)
PYTHON
