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
PHYSICS = [module for module in MODULES if module.startswith("gridscan.physics.")]

# Public names of physics that nobody would call from a notebook: steps of an integral, and checks.
STEPS = {
    "gridscan.physics.boosted_dark_matter.all_supernovae": {"summed_over_visible"},
    "gridscan.physics.boosted_dark_matter.arrival_arcs": {"arcs_of", "arrived", "last_kick"},
    "gridscan.physics.boosted_dark_matter.arrival_surface": {"arrival_surface", "taken"},
    "gridscan.physics.boosted_dark_matter.azimuthal_integral": {
        "circle_integral",
        "circle_integrals",
        "density_breaks",
    },
    "gridscan.physics.boosted_dark_matter.column_density": {"columns"},
    "gridscan.physics.boosted_dark_matter.emission": {"kick_rate"},
    "gridscan.physics.boosted_dark_matter.fluence": {"fluence_of"},
    "gridscan.physics.boosted_dark_matter.flux": {"flux_of"},
    "gridscan.physics.boosted_dark_matter.near_halo_centre": {"central_integrals"},
    "gridscan.physics.boosted_dark_matter.special_energies": {"energy_pieces", "special_energies"},
    "gridscan.physics.scattering.collision": {"called", "ends_of"},
    "gridscan.physics.galaxy.distances": {"for_each_galaxy", "fractions"},
    "gridscan.physics.galaxy.enclosed_stars": {"clustered", "enclosed_share", "special_distances"},
    "gridscan.physics.galaxy.enclosed_table": {"enclosed_table", "octave", "octaves"},
    "gridscan.physics.dark_matter.spike": {"refuse_unknown_spikes"},
    "gridscan.physics.stellar.phase_windows": {"refuse_unknown_mass_integrations"},
    "gridscan.physics.galaxy.reach": {"for_each_place", "reach_of"},
    "gridscan.physics.presupernova.population": {"checked_severities", "time_above_in"},
    "gridscan.physics.presupernova.time_points": {"error_of_kinks"},
    "gridscan.physics.stellar.embedded_clusters": {
        "heaviest_star",
        "log_mass_of_cluster_with",
        "log_mass_of_dense_clusters",
        "power_integral",
    },
    "gridscan.physics.stellar.mass_distribution": {"mass_distribution", "one_number"},
    "gridscan.physics.stellar.star_sampling": {"blocks", "checked_size"},
}


def functions_of(module):
    for name, item in vars(importlib.import_module(module)).items():
        function = inspect.unwrap(item) if callable(item) else None
        if inspect.isfunction(function) and function.__module__ == module and not name.startswith("_"):
            yield name, function


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
    assert without == STEPS.get(module, set())


@pytest.mark.parametrize(("name", "documented"), list(public_names()))
def test_everything_that_a_notebook_begins_with_has_an_example(name, documented):
    assert has_example(documented), name
