"""What `__all__` of public modules says is there, and what is there is in it."""

import ast
import importlib
import pkgutil
from pathlib import Path

import pytest

import gridscan
import gridscan.physics
import gridscan.plot

ROOT = Path(gridscan.__file__).parent
ROOMS = ["boosted_dark_matter", "dark_matter", "galaxy", "neutrinos", "scattering", "stellar"]
MODULES = [
    module.name
    for room in ROOMS
    for module in pkgutil.iter_modules([str(ROOT / "physics" / room)], f"gridscan.physics.{room}.")
]


def defined_in(name):
    """Return the public functions, classes and constants that a module defines."""
    names = set()
    for node in ast.parse(Path(importlib.import_module(name).__file__).read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names |= {target.id for target in targets if isinstance(target, ast.Name) and target.id.isupper()}
    return {name for name in names if not name.startswith("_")}


def test_the_modules_of_physics_are_found():
    assert "gridscan.physics.neutrinos.spectra" in MODULES
    assert len(MODULES) >= 10


@pytest.mark.parametrize("name", MODULES)
def test_what_a_module_of_physics_defines_is_in_its_all(name):
    assert defined_in(name) - {*importlib.import_module(name).__all__} == set()


@pytest.mark.parametrize("name", ["gridscan", "gridscan.plot", *MODULES])
def test_what_all_promises_is_there_once(name):
    module = importlib.import_module(name)
    assert module.__all__
    assert len({*module.__all__}) == len(module.__all__)
    assert not [public for public in module.__all__ if not hasattr(module, public)]


def test_every_public_name_of_the_package_can_be_completed_and_has_a_docstring():
    for name in gridscan.__all__:
        assert name in dir(gridscan)
        if name != "__version__":
            assert getattr(gridscan, name).__doc__, name


def test_limits_are_taken_wherever_sizes_matter(tmp_path):
    small = gridscan.Limits(eager_cells=2, lazy_bytes=10)
    model = gridscan.model("red_supergiants")
    asked = {"time": ["10 Myr", "20 Myr", "25 Myr"]}
    assert model.evaluate("carbon_burning_rsg", **asked).chunks is None
    assert model.evaluate("carbon_burning_rsg", limits=small, **asked).chunks is not None
    text = 'model = "red_supergiants"\naxes.time = ["10 Myr", "20 Myr"]\noutput.quantities = ["carbon_burning_rsg"]\n'
    scenario = gridscan.Scenario.parse(text, folder=tmp_path)
    assert gridscan.plan(scenario, limits=small).layout.limits is small
    assert gridscan.evaluate(scenario).carbon_burning_rsg.chunks is None
    many = gridscan.Scenario.parse(text.replace('["10 Myr", "20 Myr"]', '["10 Myr", "20 Myr", "25 Myr"]'))
    assert gridscan.evaluate(many, limits=small).carbon_burning_rsg.chunks is not None
    path = gridscan.run(scenario, output=tmp_path / "out.nc", limits=gridscan.Limits(largest_block=1))
    with gridscan.open(path, limits=small) as lazy, gridscan.open(path) as eager:
        assert lazy.carbon_burning_rsg.chunks is not None
        assert eager.carbon_burning_rsg.chunks is None
