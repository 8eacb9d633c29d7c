"""Installing a test package as pip does, into a folder of its own and without pip: its files and its metadata."""

from __future__ import annotations

import shutil
import sys
import tomllib
from pathlib import Path

from gridscan.fingerprint import modules

SOURCES = Path(__file__).parents[1] / "packages"


def install(folder, name="radioactivity", **changes):
    """Install a package of `tests/packages` under a folder, and return the folder.

    Modules in a folder called ``site-packages`` count by the version of their package, others by their content.

    Parameters
    ----------
    changes
        Of its pyproject file: another ``name`` or ``version``.
    """
    project = tomllib.loads((SOURCES / name / "pyproject.toml").read_text(encoding="utf-8"))["project"] | changes
    shutil.copytree(SOURCES / name / name, folder / name, dirs_exist_ok=True)
    write_metadata(folder, project["name"], project["version"], project["entry-points"]["gridscan.models"], [name])
    return folder


def write_metadata(folder, name, version, models, packages=()):
    """Write what tells Python that a distribution is installed in a folder, with its entry points."""
    for earlier in folder.glob(f"{name.replace('-', '_')}-*.dist-info"):
        shutil.rmtree(earlier)
    metadata = folder / f"{name.replace('-', '_')}-{version}.dist-info"
    metadata.mkdir(parents=True)
    entries = [f"{key} = {value}" for key, value in models.items()]
    texts = {
        "METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        "entry_points.txt": "\n".join(["[gridscan.models]", *entries, ""]),
        "top_level.txt": "\n".join([*packages, ""]),
        "RECORD": "".join(f"{package}/__init__.py,,\n" for package in packages),
    }
    for file, text in texts.items():
        (metadata / file).write_text(text, encoding="utf-8")


def forget(name):
    """Forget the modules of a package, and which packages are installed, as a new process does."""
    for module in [module for module in sys.modules if module.partition(".")[0] == name]:
        del sys.modules[module]
    for remembered in (modules.version_of, modules._owners, modules._is_foreign):
        remembered.cache_clear()
