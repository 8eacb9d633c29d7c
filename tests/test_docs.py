"""What the pages beside the README say is true: links lead somewhere, paths exist, code runs, floors are checked."""

import ast
import importlib
import re
import tomllib
from pathlib import Path

import pytest

import gridscan as gs

ROOT = Path(__file__).parents[1]
PAGES = [
    ROOT / "CONTRIBUTING.md",
    ROOT / "CHANGELOG.md",
    ROOT / "findings" / "README.md",
    *sorted((ROOT / "docs").rglob("*.md")),
]
FINDINGS = sorted((ROOT / "findings").glob("*.sh"))


def text_of(page):
    return page.read_text(encoding="utf-8")


def names(page):
    return page.relative_to(ROOT).as_posix()


def headings(page):
    """Return the headings of a page as the anchors of links to them."""
    found = re.findall(r"^#+ (.*)$", text_of(page), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading).strip().lower().replace(" ", "-") for heading in found}


@pytest.mark.parametrize("page", PAGES, ids=names)
def test_links_lead_to_files_and_headings_that_are_there(page):
    links = [link for link in re.findall(r"\]\(([^)\s]+)\)", text_of(page)) if not link.startswith("http")]
    for link in links:
        file, _, anchor = link.partition("#")
        target = (page.parent / file).resolve() if file else page
        assert target.exists(), link
        assert not anchor or anchor in headings(target), link


@pytest.mark.parametrize("page", PAGES, ids=names)
def test_paths_of_the_repository_exist(page):
    paths = re.findall(r"(?<![\w./])(?:gridscan|tests|data|scenarios|docs|findings|\.ci)/[\w./-]*\w", text_of(page))
    made = {"findings/NAME.sh"}
    missing = {path for path in paths if "NAME" not in path and "LABEL" not in path and not (ROOT / path).exists()}
    assert missing - made == set()


def test_the_modules_that_the_changes_name_can_be_imported():
    rows = re.findall(
        r"^ *\| `gridscan\.[^|]*\| `([^|]*)` \| ([^|]*) \|$", text_of(ROOT / "CHANGELOG.md"), re.MULTILINE
    )
    assert len(rows) > 10
    for folder, modules in rows:
        for module in re.findall(r"\w+", modules):
            importlib.import_module(f"{folder}.{module}")


@pytest.mark.parametrize("page", PAGES, ids=names)
def test_python_blocks_run_in_order(page, monkeypatch):
    monkeypatch.chdir(ROOT)
    found = {}
    for block in re.findall(r"^```python\n(.*?)^```", text_of(page), re.DOTALL | re.MULTILINE):
        exec(compile(block, names(page), "exec"), found)


def test_the_floors_of_the_page_are_those_that_are_checked():
    rows = re.findall(r"^\| (\d+) \| `(\w+)` \|", text_of(ROOT / "docs" / "developer" / "rooms.md"), re.MULTILINE)
    floors = [{room for floor, room in rows if int(floor) == number} for number in range(len(rows), 0, -1)]
    settings = tomllib.loads(text_of(ROOT / "pyproject.toml"))
    layers = settings["tool"]["importlinter"]["contracts"][0]["layers"]
    assert [floor for floor in floors if floor] == [set(layer.split(" | ")) for layer in layers]


def test_the_commands_of_contributing_exist():
    commands = set(re.findall(r"^ +gridscan (\w+)|`gridscan (\w+)", text_of(ROOT / "CONTRIBUTING.md"), re.MULTILINE))
    from gridscan.cli import main

    named = {first or second for first, second in commands}
    assert len(named) > 5
    assert named <= set(main.commands)


def test_the_version_is_the_same_everywhere():
    assert f"## [{gs.__version__}]" in text_of(ROOT / "CHANGELOG.md")
    assert f"\nversion: {gs.__version__}\n" in text_of(ROOT / "CITATION.cff")


@pytest.mark.parametrize("script", FINDINGS, ids=names)
def test_a_finding_has_the_form_that_its_page_asks_for(script):
    text = text_of(script)
    head, _, rest = text.partition("set -euo pipefail")
    assert script.stat().st_mode & 0o111
    for word in ("# Guess:", "# Truth:", "# Versions:", "# Source:"):
        assert word in head
    packages = re.search(r"pip install --quiet --disable-pip-version-check (.*)", rest)[1].split()
    assert all("==" in package for package in packages)
    assert "mktemp -d" in rest
    assert "gridscan" not in rest
    code = re.search(r"<<'PYTHON'\n(.*?)^PYTHON$", rest, re.DOTALL | re.MULTILINE)[1]
    assert any(isinstance(node, ast.Assert) for node in ast.walk(ast.parse(code)))
    assert f"[{script.name}]({script.name})" in text_of(script.parent / "README.md")


def test_findings_and_docs_stay_out_of_the_wheel_and_findings_out_of_the_checks():
    settings = tomllib.loads(text_of(ROOT / "pyproject.toml"))
    wheel = settings["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert wheel["packages"] == ["gridscan"]
    assert not [path for path in wheel["force-include"] if path.startswith(("findings", "docs"))]
    for file in (".ci/run", ".pre-commit-config.yaml", "noxfile.py"):
        assert "findings" not in text_of(ROOT / file)
