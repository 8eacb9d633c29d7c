"""Random damages of a result: whatever is asked of it afterwards is refused, repaired or right, never wrong.

Run ``python tests/benchmarks/damages.py`` (``--number 30`` for a quick look). Bits flip, bytes and pages are
overwritten, pieces are lost, added or exchanged, in headers, checksums, record and data of a netCDF file, a
compressed one and a zarr folder; then each question is asked in a process of its own, so that one that ends the
process is seen. What is neither right nor refused is printed with its seed; the last line is JSON. The exit status is
1 if there was any.
"""

from __future__ import annotations

import argparse
import collections
import json
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

from damages import FORMS, REFUSED, RIGHT, Truth


def main() -> None:
    """Damage, ask and count."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--number", type=int, default=1000, help="damages of all forms together")
    parser.add_argument("--form", choices=list(FORMS), action="append", help="all by default")
    parser.add_argument("--seed", type=int, default=0, help="seed of the first")
    options = parser.parse_args()
    forms = options.form or list(FORMS)
    counts: dict[str, collections.Counter[str]] = collections.defaultdict(collections.Counter)
    for place, form in enumerate(forms):
        with tempfile.TemporaryDirectory() as folder:
            truth = Truth.of(Path(folder), form)
            for seed in range(options.seed + place, options.seed + options.number, len(forms)):
                how, outcomes = truth.judge(seed)
                for name, outcome in outcomes.items():
                    known = outcome in (RIGHT, REFUSED)
                    counts[name][outcome if known else "failed"] += 1
                    if not known:
                        print(f"{form}, seed {seed} ({how}), {name}: {outcome}", flush=True)
    print(json.dumps({name: dict(count) for name, count in counts.items()}))
    sys.exit(any("failed" in count for count in counts.values()))


if __name__ == "__main__":
    main()
