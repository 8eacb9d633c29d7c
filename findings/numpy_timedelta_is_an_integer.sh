#!/usr/bin/env bash
# Guess:    a check `isinstance(value, np.integer)` lets numbers through, and no durations: `np.timedelta64(5, "D")` has a unit.
# Truth:    `np.timedelta64` is a subclass of `np.signedinteger`; it passes the check, and `int()` of its days, hours or seconds is
#           the bare number, 5 for five days as for five hours. `np.datetime64` is none, and a number with a unit in microseconds
#           or above turns into a `datetime.timedelta` by `.item()`, one in nanoseconds into an `int`.
# Versions: numpy 2.4.6.
# Source:   timedelta64 stands below signedinteger in the hierarchy of scalar types, since its arithmetic is that of int64.
set -euo pipefail

environment=$(mktemp -d)
trap 'rm -rf "$environment"' EXIT
python3 -m venv "$environment"
"$environment/bin/python" -m pip install --quiet --disable-pip-version-check numpy==2.4.6

cd "$environment"
"$environment/bin/python" - <<'PYTHON'
import numpy as np

print("numpy", np.__version__)
five_days, five_hours = np.timedelta64(5, "D"), np.timedelta64(5, "h")
for value in (five_days, five_hours, np.datetime64("2000-01-01")):
    print(repr(value), "is a np.integer:", isinstance(value, np.integer))
assert isinstance(five_days, np.integer), "numpy no longer does what this script shows"
assert not isinstance(np.datetime64("2000-01-01"), np.integer)
numbers = [int(value.astype(int)) for value in (five_days, five_hours)]
print("as numbers:", numbers, "; nanoseconds by item():", np.timedelta64(5, "ns").item(), "; hours:", five_hours.item())
assert numbers == [5, 5]
assert type(np.timedelta64(5, "ns").item()) is int
PYTHON
