"""A declared range is the range in which a model computes: every parameter at each end of it, alone."""

import numpy as np
import pytest

import gridscan as gs
from gridscan.definition.graph import Graph
from gridscan.errors import GridscanError, GridscanWarning, ScenarioError
from gridscan.units import readable

# Words under which more parameters count.
SETTINGS = {
    "red_supergiants": [{}, {"mass_integration": "continuous", "cross_section": "tree-level"}],
    "boosted_dark_matter": [{}, {"spike": "3/2"}, {"spike": "7/3"}],
}
NUMBERS = [
    (name, parameter) for name in SETTINGS for parameter, node in gs.model(name).parameters.items() if not node.is_word
]


def _ends(node):
    """Return the ends of the range, and a number a little inside each open one."""
    default = 1.0 if not isinstance(node.default, float) else node.default
    inside = [end + 1e-3 * (default - end) for end in (node.above, node.below) if end is not None]
    closed = [end for end in (node.minimum, node.maximum) if end is not None]
    return closed, [end for end in (node.above, node.below) if end is not None], inside


def _given(node, value):
    unit = readable(node.unit)
    number = f"{value!r} {unit}" if unit != "1" else int(value) if node.integer else value
    length = {"breaks": 3, "exponents": 2, "temperatures": 3, "mean_energies": 3, "multiplicities": 3}.get(node.name)
    steps = [] if length is None else [value * (1 + step) for step in range(length)]
    return number if length is None else [f"{item!r} {unit}" if unit != "1" else item for item in steps]


def _needing(model, parameter):
    return [
        name
        for name, node in model.quantities.items()
        if node.error_of is None and parameter in Graph.of(model, [name]).inputs
    ]


def _computed_or_refused(model, names, given):
    """Evaluate quantities together, or each alone if there is one that is refused before anything is computed."""
    try:
        found = model.evaluate(names, **given)
    except ScenarioError:
        return (
            [] if len(names) == 1 else [pair for name in names for pair in _computed_or_refused(model, [name], given)]
        )
    return [(name, found[name].values) for name in names]


@pytest.mark.parametrize(("name", "parameter"), NUMBERS)
def test_at_each_end_of_a_range_a_model_computes_or_a_check_refuses(name, parameter):
    model = gs.model(name)
    node = model.parameters[parameter]
    closed, opened, inside = _ends(node)
    quantities = _needing(model, parameter)
    for settings in SETTINGS[name]:
        for value in [*closed, *inside]:
            for quantity, found in _computed_or_refused(
                model, quantities, {**settings, parameter: _given(node, value)}
            ):
                finite = np.isfinite(found) | (np.isnan(found) & (model.quantities[quantity].missing is not None))
                assert finite.all(), (quantity, value, settings)
    for value in opened:
        with pytest.raises(ScenarioError, match=f"'{parameter}' cannot be {value:g}.*; allowed is a number"):
            model.evaluate(quantities, **{parameter: _given(node, value)})


@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        *((name, "0 kpc") for name in ("disk_scale_length", "arm_width", "ring_width", "distance_floor")),
        *(("arm_inner_radius", "0 kpc"), ("arm_reference_radius", "0 kpc"), ("disk_outer_radius", "0 kpc")),
        *(("quantile", 0.0), ("quantile", 1.0), ("arm_pitch", "90 deg"), ("arm_pitch", "-90 deg")),
        *(("arm_pitch", "0 deg"), ("arm_pitch", "0.01 deg"), ("energy_max", "0.05 MeV"), ("mean_energy", "1e-6 MeV")),
        *(("arm_fraction", 1.0), ("ring_fraction", 0.5), ("disk_inner_radius", "16 kpc")),
        *(("arm_inner_radius", "14 kpc"), ("breaks", ["120 Msun", "0.5 Msun", "0.08 Msun"])),
    ],
)
def test_what_a_run_would_refuse_the_check_of_a_scenario_refuses(parameter, value, tmp_path):
    _refused("red_supergiants", {parameter: value}, ["events_per_year", "nearest_distance_quantile"], tmp_path)


@pytest.mark.parametrize(
    "values",
    [
        {"spike": "7/3", "black_hole_mass": "0 Msun"},
        {"spike": "3/2", "influence_radius": "0 pc"},
        {"spike": "3/2", "influence_radius": "1 Mpc"},
        {"exposure_end": "1 s"},
        {"kinetic_energy_max": "1 MeV"},
        {"supernova_history": "100 yr"},
        {"time": "-1 yr"},
        {"supernova_rate": "1000 / yr", "supernova_history": "1 Myr"},
        {"temperatures": ["0 MeV", "4 MeV", "6 MeV"]},
    ],
)
def test_what_a_run_would_refuse_the_check_of_boosted_dark_matter_refuses(values, tmp_path):
    _refused("boosted_dark_matter", values, ["events", "galactic_sky_flux"], tmp_path)


def _refused(model, values, quantities, tmp_path):
    lines = [
        f"{name} = {str(value)!r}" if isinstance(value, str) else f"{name} = {value}" for name, value in values.items()
    ]
    path = tmp_path / "scan.toml"
    path.write_text("\n".join([f'model = "{model}"', "[parameters]", *lines, "[output]", f"quantities = {quantities}"]))
    with pytest.raises(
        ScenarioError, match=r"scan\.toml:[3-5]:\d+: ('\w+' cannot be .*allowed is |\w+ must be .*; found )"
    ):
        gs.Scenario.load(path)


def test_a_requirement_counts_only_for_quantities_that_depend_on_all_of_it():
    model = gs.model("boosted_dark_matter")
    assert np.isfinite(model.evaluate("flux", time="-1 yr"))
    assert np.isfinite(gs.model("red_supergiants").evaluate("lifetime", energy_max="0.05 MeV"))


def test_of_a_grid_with_points_that_are_allowed_the_others_are_told_by_the_run(tmp_path):
    """Rows and columns need not all be allowed: a triangle of two axes is a grid."""
    path = tmp_path / "scan.toml"
    path.write_text(
        'model = "red_supergiants"\n[axes]\nenergy_min = ["0.1 MeV", "2 MeV"]\nenergy_max = ["1 MeV", "5 MeV"]\n'
        '[output]\nquantities = ["mean_cross_section"]\npath = "scan.nc"\n'
    )
    with pytest.warns(GridscanWarning, match="energy_max"):
        found = gs.open(gs.run(path))
    assert np.isnan(found.mean_cross_section.values).tolist() == [[False, False], [True, False]]


def test_a_requirement_is_shown_with_the_values_that_break_it():
    with pytest.raises(ScenarioError) as caught:
        gs.model("red_supergiants").evaluate("flux", arm_fraction=0.95)
    expected = "arm_fraction must be at most 1 - ring_fraction; found arm_fraction = 0.95 with ring_fraction = 0.1"
    assert str(caught.value) == expected


def test_a_requirement_on_what_is_no_parameter_is_refused():
    model = gs.Model("box", "A box")
    model.parameter("length", "1 m", "Length", above=0)
    with pytest.raises(GridscanError, match="depends on 'lenght', which is not a parameter; did you mean 'length'"):
        model.require("length must be long")(lambda lenght: lenght > 0)
    with pytest.raises(GridscanError, match="is a function of nothing; it must take the parameters"):
        model.require("length must be long")(lambda: True)


def test_a_count_beside_an_angle_is_told_as_a_number():
    """It was "arm_count = 229.1831181 deg" (0370837), as an angle has the dimension of a number."""
    with pytest.raises(ScenarioError, match=r"found arm_pitch = 0 deg with arm_count = 4, arm_inner_radius = 3 kpc"):
        gs.model("red_supergiants").evaluate("flux", arm_pitch="0 deg")
