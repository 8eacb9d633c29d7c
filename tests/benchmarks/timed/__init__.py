"""What asv times: the cases of the scripts beside this folder, which say what they compare and check it."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
