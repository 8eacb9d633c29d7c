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


def tidy(notebook):
    """Leave out of outputs what differs from run to run or is large: folders of the kernel, pages of HTML, times."""
    for cell in code_cells(notebook):
        cell.metadata.pop("execution", None)
        for output in cell.outputs:
            if "text" in output:
                output["text"] = said(output["text"])
            data = output.get("data", {})
            if "text/plain" in data:
                data["text/plain"] = said(data["text/plain"])
                data.pop("text/html", None)
            output.get("metadata", {}).pop("needs_background", None)
    notebook.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    return notebook


def said(text):
    """Return a text without folders of the kernel, addresses, identities of code, versions and times of computing."""
    text = re.sub(r"\S*/ipykernel_\d+/\d+\.py:\d+", "cell", text)
    text = re.sub(r"0x[0-9a-f]{6,}", "0x…", text)
    text = re.sub(r"(gridscan_identity: +)[0-9a-f]{20,}\.*", r"\1…", text)
    text = re.sub(r"(gridscan_versions: +)\{.*", r"\1…", text)
    return re.sub(r"\b[\d.]+ s\b(?= *$)", "… s", text, flags=re.MULTILINE)


def assert_current(stored, executed):
    """Assert that a notebook is stored with the outputs that it gives today; of pictures, that there is one."""
    assert [cell.source for cell in stored.cells] == [cell.source for cell in executed.cells]
    for kept, new in zip(code_cells(stored), code_cells(tidy(executed)), strict=True):
        texts = [
            [one.get("text") or one.get("data", {}).get("text/plain", "") for one in cell.outputs]
            for cell in (kept, new)
        ]
        assert texts[0] == texts[1], kept.source
        kinds = [[sorted(one.get("data", {})) for one in cell.outputs] for cell in (kept, new)]
        assert kinds[0] == kinds[1], kept.source
