"""Independent numbers that results are compared with, and where things lie."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

#: The root of the repository.
ROOT = Path(__file__).parents[2]


def reference(name: str) -> Any:
    """Return the reference numbers of a model."""
    return json.loads((ROOT / "tests" / "reference" / f"{name}.json").read_text(encoding="utf-8"))
