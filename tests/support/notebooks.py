"""Running the notebooks beside the scenarios, and what their cells wrote."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient

SCENARIOS = Path(__file__).parents[2] / "scenarios"


def run_copy(folder: Path, notebook: str, *beside: str) -> Any:
    """Run a copy, so that its result lies in a temporary folder too."""
    folder.mkdir()
    for name in (notebook, *beside):
        shutil.copy(SCENARIOS / name, folder)
    copied = nbformat.read(folder / notebook, as_version=4)
    options = {"timeout": 120, "kernel_name": "python3", "resources": {"metadata": {"path": str(folder)}}}
    NotebookClient(copied, **options).execute()
    return copied


def code_cells(notebook: Any) -> list[Any]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def shown(notebook: Any, source: str) -> str:
    """Return what the one cell with this in its source wrote and returned."""
    (cell,) = [cell for cell in code_cells(notebook) if source in cell.source]
    texts = [output.get("text") or output.get("data", {}).get("text/plain", "") for output in cell.outputs]
    return "\n".join(texts)


def row(text: str, label: str) -> list[float]:
    """Return the numbers behind a label at the beginning of a line."""
    (line,) = re.findall(rf"^{re.escape(label)}\s+(.*)$", text, re.MULTILINE)
    return [float(number) for number in line.split()]
