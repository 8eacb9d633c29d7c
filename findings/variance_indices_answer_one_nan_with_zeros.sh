#!/usr/bin/env bash
# Guess:    one NaN among the outputs of a model makes its Sobol indices NaN, or is refused.
# Truth:    both scipy and SALib answer with zeros: no input seems to matter, without a warning. With that output replaced by
#           its value the indices are 0.2 and 0.8.
# Versions: scipy 1.17.1, SALib 1.6.0, numpy 2.4.6.
# Source:   `scipy.stats.sobol_indices` sets indices that are not finite to 0, as is right where the variance is 0; SALib
#           divides only where the variance is above a rounding error, which NaN is not, and leaves the zeros elsewhere.
set -euo pipefail

environment=$(mktemp -d)
trap 'rm -rf "$environment"' EXIT
python3 -m venv "$environment"
"$environment/bin/python" -m pip install --quiet --disable-pip-version-check scipy==1.17.1 SALib==1.6.0 numpy==2.4.6

cd "$environment"
"$environment/bin/python" - <<'PYTHON'
import importlib.metadata
import warnings

import numpy as np
from SALib.analyze import sobol as analyze
from SALib.sample import sobol as sample
from scipy.stats import sobol_indices, uniform

warnings.simplefilter("error")
print({name: importlib.metadata.version(name) for name in ("scipy", "SALib", "numpy")})


def output(inputs, broken):
    values = inputs[0] + 2 * inputs[1]
    return np.where(np.arange(values.size) == 7, np.nan, values) if broken else values


def of_scipy(broken):
    found = sobol_indices(
        func=lambda x: output(x, broken), n=1024, dists=[uniform(), uniform()], rng=np.random.default_rng(1)
    )
    return np.concatenate([found.first_order, found.total_order])


def of_salib(broken):
    problem = {"num_vars": 2, "names": ["a", "b"], "bounds": [[0, 1], [0, 1]]}
    inputs = sample.sample(problem, 1024, seed=1)
    found = analyze.analyze(problem, output(inputs.T, broken), seed=1)
    return np.concatenate([found["S1"], found["ST"]])


for name, indices in (("scipy", of_scipy), ("SALib", of_salib)):
    whole, broken = indices(False), indices(True)
    print(f"{name}: first-order and total indices {whole.round(3)}, with one NaN {broken}")
    assert np.allclose(whole, [0.2, 0.8, 0.2, 0.8], atol=0.01)
    assert (broken == 0).all(), f"{name} no longer does what this script shows"
PYTHON
