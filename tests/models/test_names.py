"""Only models and physics know the names of a model's quantities and parameters."""

from __future__ import annotations

import ast
import functools
from pathlib import Path

import pytest

import gridscan
from gridscan.model_loader import load_model, shipped_models

PACKAGE = Path(gridscan.__file__).parent
OWNERS = ("models", "physics")
#: Words that mean something else there: columns of stellar tables, standard names of CF, symbols of units, sides of a
#: picture, and arguments of a function.
OTHERWISE = {
    "stellar_tables": {"age", "initial_mass", "lifetime", "luminosity", "mass", "metallicity", "s"}
    | {"mean_energy", "nue_to_antinue", "pinching", "time_before_collapse"},
    "plot/stellar/hertzsprung_russell.py": {"age", "initial_mass", "luminosity", "metallicity"},
    "cli/__init__.py": {"tracks"},
    "cli/tracks.py": {"metallicity", "s"},
    "evaluation/attributes.py": {"latitude", "longitude"},
    "units": {"s", "star", "t", "u"},
    "plot": {"quantile", "required_mass", "s", "star", "x", "y"},
    "cli/pictures.py": {"x"},
    "sensitivity/discrimination.py": {"background_error", "exposure", "mass", "required_mass", "significance"},
    "cli/questions.py": {"background_error", "exposure", "mass", "significance"},
    "numerics/poisson.py": {"exposure", "significance"},
    "engine/executors/dask_clients.py": {"status"},
    "engine/submit.py": {"time"},
    "inference": {"background_error", "exposure", "x"},
    "definition": {"convention"},
    "uncertainty/scipy_laws.py": {"t"},
    "fingerprint/bytecode.py": {"x"},
    "numerics/streaming_quantiles.py": {"quantile"},
    "numerics/significance.py": {"background_error", "significance"},
    "numerics/uncertain_background.py": {"background_error", "significance"},
}


@functools.cache
def names():
    found = set()
    for model in map(load_model, shipped_models()):
        found |= {*model.names, *model.populations}
        found |= {column for population in model.populations.values() for column in population.columns}
    return found


def rooms():
    return sorted(path for path in PACKAGE.rglob("*.py") if path.relative_to(PACKAGE).parts[0] not in OWNERS)


def texts_in(path):
    """Return the texts in a file."""
    nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    return {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}


@pytest.mark.parametrize("path", rooms(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_room_other_than_that_of_models_knows_no_name_of_one(path):
    place = str(path.relative_to(PACKAGE))
    allowed = {word for prefix, words in OTHERWISE.items() if place.startswith(prefix) for word in words}
    assert texts_in(path) & names() <= allowed


def test_the_names_that_were_known_elsewhere_are_those_that_are_looked_for():
    assert {"carbon_burning_rsg", "sky_flux", "stars", "disk_outer_radius", "fiducial_mass", "detector"} <= names()
    assert "carbon_burning_rsg" in texts_in(PACKAGE / "models" / "red_supergiants" / "figures.py")
