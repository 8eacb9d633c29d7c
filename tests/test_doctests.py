"""Examples in docstrings are run, and stand where a person would look for them."""

import doctest
import importlib
import inspect
import pkgutil

import pytest

import gridscan
import gridscan.accessor

MODULES = [
    module.name
    for module in pkgutil.walk_packages(gridscan.__path__, "gridscan.")
    if module.name != "gridscan.__main__"
]
ROOMS = ("gridscan.physics.neutrinos", "gridscan.physics.scattering", "gridscan.physics.stellar")
PHYSICS = [module for module in MODULES if module.startswith(ROOMS)]

# Public functions of physics that nobody would call from a notebook.
NO_EXAMPLE = {
    "gridscan.physics.scattering.kinematics.refuse_unless_positive": "checks arguments",
    "gridscan.physics.stellar.phase_windows.refuse": "checks arguments",
    "gridscan.physics.stellar.phase_windows.refuse_unknown_mass_integrations": "checks arguments",
    "gridscan.physics.stellar.star_sampling.blocks": "cuts work into blocks",
    "gridscan.physics.stellar.star_sampling.checked_size": "checks arguments",
}


def functions_of(module):
    for name, item in vars(importlib.import_module(module)).items():
        function = inspect.unwrap(item) if callable(item) else None
        if inspect.isfunction(function) and function.__module__ == module and not name.startswith("_"):
            yield f"{module}.{name}", function


def public_names():
    for name in gridscan.__all__:
        item = getattr(gridscan, name)
        if inspect.isfunction(item):
            yield f"gs.{name}", item
    for owner in (gridscan.Model, gridscan.accessor.GridscanAccessor):
        for name, method in vars(owner).items():
            if inspect.isfunction(method) and not name.startswith("_"):
                yield f"{owner.__name__}.{name}", method


def has_example(documented):
    return bool(doctest.DocTestParser().get_examples(inspect.getdoc(documented) or ""))


@pytest.mark.parametrize("module", MODULES)
def test_the_examples_in_docstrings_give_what_they_show(module):
    assert doctest.testmod(importlib.import_module(module)).failed == 0


@pytest.mark.parametrize("module", PHYSICS)
def test_every_physics_function_that_a_person_calls_has_an_example(module):
    without = {name for name, function in functions_of(module) if not has_example(function)}
    assert without == {name for name in NO_EXAMPLE if name.rpartition(".")[0] == module}


@pytest.mark.parametrize(("name", "documented"), list(public_names()))
def test_everything_that_a_notebook_begins_with_has_an_example(name, documented):
    assert has_example(documented), name
