#!/usr/bin/env bash
# Guess:    a distribution that `scipy.stats.truncate` cuts off has values within its bounds.
# Truth:    a standard normal distribution cut off below 8 has values below 8, and infinite ones; cut off below 9 all are
#           infinite. `truncnorm` gives the right ones, such as 9.0758 at a half.
# Versions: scipy 1.17.1, numpy 2.4.6.
# Source:   a truncated distribution inverts its distribution function by the quantile function of the whole one, at
#           F(a) + u [F(b) - F(a)]; above 8 standard deviations F(a) is 1 up to the last digits.
set -euo pipefail

environment=$(mktemp -d)
trap 'rm -rf "$environment"' EXIT
python3 -m venv "$environment"
"$environment/bin/python" -m pip install --quiet --disable-pip-version-check scipy==1.17.1 numpy==2.4.6

cd "$environment"
"$environment/bin/python" - <<'PYTHON'
import importlib.metadata

import numpy as np
from scipy import stats

print({name: importlib.metadata.version(name) for name in ("scipy", "numpy")})
chances = np.array([0.001, 0.5, 0.999])
for bound in (5.0, 8.0, 9.0):
    cut = stats.truncate(stats.Normal(mu=0.0, sigma=1.0), lb=bound).icdf(chances)
    right = stats.truncnorm(bound, np.inf).ppf(chances)
    print(f"cut off below {bound}: {cut.round(4)} by truncate, {right.round(4)} by truncnorm")
    assert np.allclose(cut, right, rtol=1e-4) == (bound == 5.0), "scipy no longer does what this script shows"
    assert (right >= bound).all()
    if bound == 8.0:
        assert cut[0] < bound, "scipy no longer does what this script shows"
    if bound == 9.0:
        assert np.isinf(cut).all(), "scipy no longer does what this script shows"
PYTHON
