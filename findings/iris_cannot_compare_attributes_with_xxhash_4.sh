#!/usr/bin/env bash
# Guess:    what pip installs for iris today reads a netCDF file of two variables.
# Truth:    with xxhash 4 it raises "Strings must be encoded before hashing" as soon as it compares the metadata of two
#           objects that have an attribute of their own, such as two cubes; with xxhash 3 it works. iris sets no upper limit.
# Versions: scitools-iris 3.14.1, xxhash 4.1.0 and 3.6.0, numpy 2.4.6.
# Source:   iris hashes attributes by `xxh64_hexdigest(str(value))`; xxhash 4 takes only bytes.
set -euo pipefail

environment=$(mktemp -d)
trap 'rm -rf "$environment"' EXIT
python3 -m venv "$environment"
"$environment/bin/python" -m pip install --quiet --disable-pip-version-check scitools-iris==3.14.1 xxhash==4.1.0 numpy==2.4.6

cat > "$environment/read.py" <<'PYTHON'
import warnings
from importlib.metadata import version

warnings.simplefilter("ignore")
import iris
import netCDF4

with netCDF4.Dataset("two.nc", "w") as file:
    file.Conventions = "CF-1.11"
    file.createDimension("time", 3)
    for name in ("first", "second"):
        variable = file.createVariable(name, "f8", ("time",))
        variable[:] = 1.0
        variable.remark = f"the {name}"
try:
    cubes = iris.load("two.nc")
    answer = f"{len(cubes)} cubes, equal: {cubes[0].metadata == cubes[1].metadata}"
except TypeError as error:
    answer = f"TypeError: {error}"
print("iris", iris.__version__, "xxhash", version("xxhash"), "->", answer)
assert ("TypeError" in answer) == (version("xxhash") >= "4"), "iris no longer does what this script shows"
PYTHON
cd "$environment"
bin/python read.py
bin/python -m pip install --quiet --disable-pip-version-check xxhash==3.6.0
bin/python read.py
