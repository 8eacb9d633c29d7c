#!/usr/bin/env bash
# Guess:    the probabilities of a Poisson distribution, added with `mpmath.nsum` over all counts, give 1, as they should in a
#           library for any precision.
# Truth:    for a mean of 30 they give 1, for 50 they give 4e-22, for 100 they give 1e-31, without a warning. Added one by one
#           they give 1; so does `nsum` with method="direct" over mean ± 40 sqrt(mean).
# Versions: mpmath 1.4.1.
# Source:   `nsum` looks at the first terms and extrapolates (Richardson and Shanks): the terms far below the mean are tiny
#           and grow regularly, so the extrapolated sum seems to have converged before the large terms come.
set -euo pipefail

environment=$(mktemp -d)
trap 'rm -rf "$environment"' EXIT
python3 -m venv "$environment"
"$environment/bin/python" -m pip install --quiet --disable-pip-version-check mpmath==1.4.1

cd "$environment"
"$environment/bin/python" - <<'PYTHON'
import mpmath
from mpmath import mp, mpf

print("mpmath", mpmath.__version__)


def probability(count, mean):
    return mpmath.exp(-mean) * mpf(mean) ** count / mpmath.factorial(count)


found = {mean: mpmath.nsum(lambda count: probability(count, mean), [0, mp.inf]) for mean in (10, 30, 50, 100)}
added = {mean: mpmath.fsum(probability(count, mean) for count in range(mean + 40 * int(mean**0.5) + 40)) for mean in found}
direct = mpmath.nsum(lambda count: probability(count, 100), [0, 500], method="direct")
for mean, total in found.items():
    print(f"mean {mean:3}: nsum {mpmath.nstr(total, 6):>12}   added one by one {mpmath.nstr(added[mean], 6)}")
print("mean 100, nsum with method='direct' from 0 to 500:", mpmath.nstr(direct, 6))
assert all(abs(total - 1) < 1e-12 for total in added.values())
assert abs(found[10] - 1) < 1e-12
assert abs(found[30] - 1) < 1e-12
assert found[50] < 1e-20, "mpmath no longer does what this script shows"
assert found[100] < 1e-30
assert abs(direct - 1) < 1e-12
PYTHON
