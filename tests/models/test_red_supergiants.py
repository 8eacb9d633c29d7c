import math

import numpy as np
import pytest
from reference import reference

import gridscan as gs
from gridscan.errors import GridscanError, ScenarioError
from gridscan.units import Quantity, unit_of

REFERENCE = reference("red_supergiants")
COUNTED = ["stars_alive", "red_supergiants", "carbon_burning", "carbon_burning_rsg"]


def cases(section):
    table = REFERENCE[section]
    return [dict(zip(table["columns"], row, strict=True)) for row in table["rows"]]


@pytest.fixture(scope="module")
def model():
    return gs.model("red_supergiants")


def distinct(section, name):
    return list(dict.fromkeys(case[name] for case in cases(section)))


def test_every_reference_count_is_met_on_one_grid(model):
    axes = {name: distinct("counts", name) for name in ("imf", "metallicity", "sfr", "time")}
    grid = model.evaluate(COUNTED, **axes)
    assert len(cases("counts")) == 144
    for case in cases("counts"):
        cell = grid.sel({name: case[name] for name in axes})
        for name in COUNTED:
            assert float(cell[name]) == pytest.approx(case[name], rel=REFERENCE["counts"]["relative_tolerance"]), case


def test_every_reference_number_of_the_galaxy_is_met(model):
    names = ["fraction_within", "mean_inverse_square_distance"]
    grid = model.evaluate([*names, *(f"{name}_error" for name in names)], radius=distinct("galaxy", "radius"))
    for case in cases("galaxy"):
        cell = grid.sel(radius=case["radius"])
        for name in names:
            assert float(cell[name]) == pytest.approx(case[name], rel=REFERENCE["galaxy"]["relative_tolerance"])
            assert abs(float(cell[name]) - case[name]) <= float(cell[f"{name}_error"]) + 1e-12 * case[name]


@pytest.mark.parametrize("case", cases("spectrum"), ids=lambda case: f"{case['mean_energy']}-{case['flavor']}")
def test_every_reference_rate_per_flux_is_met(model, case):
    rate = model.evaluate(
        "events_per_year",
        flux="1 / cm^2 / s",
        fiducial_mass="1 kt",
        **{name: case[name] for name in ("mean_energy", "pinching", "flavor")},
    )
    expected = case["events_per_kton_year_per_unit_flux"]
    assert float(rate) == pytest.approx(expected, rel=REFERENCE["spectrum"]["relative_tolerance"])


def test_every_reference_flux_and_event_number_is_met(model):
    tolerance = REFERENCE["detectability"]["relative_tolerance"]
    detectors = list(REFERENCE["detectability"]["reference_star"]["events_per_year"])
    quantities = ["fraction_within", "carbon_burning_rsg", "carbon_burning_rsg_within", "flux", "events_per_year"]
    for case in cases("detectability"):
        found = model.evaluate(
            quantities,
            imf=case["imf"],
            metallicity=float(case["Z"]),
            sfr=case["sfr"],
            time=case["t_myr"],
            radius=case["radius_kpc"],
            detector=detectors,
        )
        expected = [case[name] for name in ("p_within", "n_cburn_rsg_mw", "n_cburn_rsg_within", "flux_within_cm2_s")]
        for name, value in zip(quantities[:-1], expected, strict=True):
            assert float(found[name]) == pytest.approx(value, rel=tolerance), (case, name)
        for detector, value in case["events_per_year"].items():
            assert float(found.events_per_year.sel(detector=detector)) == pytest.approx(value, rel=tolerance)


def test_the_reference_star_is_met(model):
    star = REFERENCE["detectability"]["reference_star"]
    found = model.evaluate(
        ["reference_flux", "reference_events_per_year"],
        reference_distance=f"{star['distance_pc']} pc",
        detector=list(star["events_per_year"]),
    )
    assert float(found.reference_flux) == pytest.approx(star["flux_cm2_s"], rel=1e-7)
    assert found.reference_events_per_year.values == pytest.approx(list(star["events_per_year"].values()), rel=1e-7)


@pytest.mark.parametrize("case", cases("required_mass"), ids=lambda case: f"{case['imf_a']}-{case['imf_b']}")
def test_every_reference_required_mass_is_met_from_the_scenario_on(model, case):
    rates = model.evaluate(
        ["events_per_year"],
        imf=[case["imf_a"], case["imf_b"]],
        metallicity=float(case["Z"]),
        radius=case["radius_kpc"],
        detector="theia-100",
    )
    table = rates.gridscan.discriminate(
        "events_per_year",
        along="imf",
        exposure=f"{case['exposure_years']} yr",
        background=f"{case['background_per_kton_year']} / kt / yr",
        significance=case["z_sigma"],
    )
    pair = table.required_mass.sel(imf_a=case["imf_a"], imf_b=case["imf_b"])
    for method in ("asimov", "gaussian"):
        found = float(pair.sel({"method": method}))
        tolerance = REFERENCE["required_mass"]["relative_tolerance"]
        assert found == pytest.approx(case[f"required_mass_kton_{method}"], rel=tolerance)


def test_the_galaxy_converges_further_than_the_reference_asks(model):
    errors = model.evaluate(
        [
            "fraction_within",
            "fraction_within_error",
            "mean_inverse_square_distance",
            "mean_inverse_square_distance_error",
        ],
        radius=[0.2, 1.0, 3.0, 8.0],
        arm_pitch=["9 deg", "12 deg", "15 deg"],
    )
    assert float((errors.fraction_within_error / errors.fraction_within).max()) < 1e-8
    assert float((errors.mean_inverse_square_distance_error / errors.mean_inverse_square_distance).max()) < 1e-7


def test_every_parameter_of_the_model_can_be_an_axis(model):
    outputs = ["events_per_year", "event_spectrum", "reference_events_per_year", "local_sfr_density"]
    outputs += ["lifetime", "share_per_area", "nearest_distance_quantile", "flux_exceedance"]
    for name, parameter in model.parameters.items():
        if parameter.vector is not None:
            values = {"exponents": [[1.3, 2.3], [1.3, 2.4]], "breaks": [[0.08, 0.5, 120], [0.08, 0.5, 100]]}[name]
        elif parameter.choices:
            values = list(parameter.choices)
        elif parameter.table is not None:
            values = [str(parameter.table.shipped), parameter.table.shipped.name]
        else:
            default = {"fiducial_mass": 22.5, "electrons_per_mass": 0.5, "sun_y": 0.1}.get(
                name, parameter.default or 0.2
            )
            values = [default, default + 1] if parameter.integer else [default, default * 1.05]
        found = model.evaluate(outputs, **{name: values})
        assert any(name in found[output].dims for output in outputs), name
        assert all(np.isfinite(found[output]).all() for output in outputs), name


@pytest.mark.parametrize(
    ("quantity", "dims"),
    [
        ("fraction_within", ("radius",)),
        ("carbon_burning_rsg", ("imf", "sfr", "time")),
        ("carbon_to_red_ratio", ("imf", "time")),
        ("mean_cross_section", ()),
        ("event_spectrum", ("imf", "sfr", "time", "radius", "detector", "energy")),
        ("events_per_year", ("imf", "sfr", "time", "radius", "detector")),
    ],
)
def test_a_quantity_has_the_dimensions_it_depends_on(model, quantity, dims):
    axes = {"imf": ["kroupa", "salpeter"], "sfr": [1, 2], "time": [10, 20], "radius": [1, 2]}
    axes |= {"detector": ["juno", "super-k"], "energy": [0.5, 1.0, 2.0]}
    assert model.evaluate(quantity, **axes).dims == dims


def test_flux_is_that_of_one_star_where_one_is_expected_at_a_known_distance(model):
    alone = model.evaluate("flux", carbon_burning_rsg_within=1, mean_inverse_square_distance="25 / kpc^2")
    assert float(alone) == pytest.approx(
        float(model.evaluate("reference_flux", reference_distance="200 pc")), rel=1e-12
    )


def test_where_no_star_is_near_the_mean_distance_is_missing_and_the_flux_zero(model):
    found = model.evaluate(["mean_inverse_square_distance", "flux", "events_per_year"], sun_x=["-8.2 kpc", "-20 kpc"])
    assert np.isnan(found.mean_inverse_square_distance.values).tolist() == [False, True]
    assert found.flux.values[0] > 0 == found.flux.values[1] == found.events_per_year.values[1]


def test_the_event_spectrum_integrates_to_the_events(model):
    nodes, weights = np.polynomial.legendre.leggauss(40)
    spectrum = model.evaluate("event_spectrum", energy=2.55 + 2.45 * nodes)
    assert float((spectrum * weights).sum()) * 2.45 == pytest.approx(
        float(model.evaluate("events_per_year")), rel=1e-10
    )


def test_numbers_grow_in_proportion_to_the_star_formation_rate(model):
    grid = model.evaluate([*COUNTED, "events_per_year", "local_sfr_density"], sfr=[1, 3])
    for name in grid.data_vars:
        assert float(grid[name].sel(sfr=3)) == pytest.approx(3 * float(grid[name].sel(sfr=1)), rel=1e-13)


@pytest.mark.parametrize("name", COUNTED)
def test_what_is_within_the_radius_is_its_share_of_the_whole(model, name):
    grid = model.evaluate([name, f"{name}_within", "fraction_within"], radius=[0.5, 3.0])
    np.testing.assert_allclose(grid[f"{name}_within"], grid[name] * grid.fraction_within, rtol=1e-14)


def test_the_share_of_red_supergiants_is_that_of_the_counts(model):
    grid = model.evaluate(["red_to_alive_ratio", "red_supergiants", "stars_alive"], time=[5, 10, 20])
    np.testing.assert_allclose(grid.red_to_alive_ratio, grid.red_supergiants / grid.stars_alive, rtol=1e-14)


def test_local_density_is_the_rate_spread_over_the_circle(model):
    grid = model.evaluate(["local_sfr_density", "fraction_within"], radius=[1, 2], sfr=3)
    expected = 3 * grid.fraction_within / (math.pi * grid.radius**2)
    np.testing.assert_allclose(grid.local_sfr_density, expected, rtol=1e-12)
    assert str(unit_of(grid.local_sfr_density)) == "solar_mass / kiloparsec ** 2 / year"


def test_ratios_are_missing_only_where_there_is_nothing_to_compare(model):
    ratio = model.evaluate("carbon_to_red_ratio", time=[5, 8, 20])
    assert np.isnan(ratio.values).tolist() == [True, False, False]
    assert "missing" in ratio.attrs["comment"]
    expected = model.evaluate(["carbon_burning_rsg", "red_supergiants"], time=20)
    assert float(ratio.sel(time=20)) == pytest.approx(float(expected.carbon_burning_rsg / expected.red_supergiants))


def test_continuous_masses_smooth_the_steps_of_the_bins(model):
    times = np.linspace(7, 17, 400)
    counts = model.evaluate("carbon_burning_rsg", time=times, mass_integration=["bins", "continuous"])
    steps = np.abs(np.diff(counts.transpose("mass_integration", "time").values)).max(axis=1)
    assert steps[1] < 0.2 * steps[0]
    late = model.evaluate("carbon_burning_rsg", time=25, mass_integration=["bins", "continuous"]).values
    assert late[1] == pytest.approx(late[0], rel=0.05)


def test_the_tree_level_cross_section_is_below_the_linear_one_and_joins_its_slope(model):
    grid = model.evaluate(
        "scattering_cross_section", cross_section=["linear", "tree-level"], energy=["0.5 MeV", "1 GeV"]
    )
    ratio = grid.sel(cross_section="tree-level") / grid.sel(cross_section="linear")
    assert float(ratio[0]) < 0.75
    assert float(ratio[1]) == pytest.approx(9.46 / 9.20, rel=0.01)


def test_the_choice_of_a_cross_section_names_the_quantity_to_swap(model):
    def constant_slope(energy, cross_section_slope):
        return 2 * cross_section_slope * energy

    mine = model.replace(cross_section=constant_slope)
    assert "cross_section" not in mine.parameters
    assert float(mine.evaluate("events_per_year")) == pytest.approx(2 * float(model.evaluate("events_per_year")))


def test_a_numerical_table_can_replace_a_quantity_as_a_kernel(model):
    energies = np.linspace(0, 6, 601)
    table = gs.kernel("cm^2", energy="MeV")(lambda energy: np.interp(energy, energies, 9.2e-45 * energies))
    mine = model.replace(scattering_cross_section=table)
    assert float(mine.evaluate("events_per_year")) == pytest.approx(float(model.evaluate("events_per_year")), rel=1e-10)
    with pytest.raises(GridscanError, match="gives 'm', expected a unit like 'cm\\^2'"):
        model.replace(scattering_cross_section=gs.kernel("m", energy="MeV")(lambda energy: energy))


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"metallicity": 0.02}, "'metallicity' cannot be 0.02; allowed is a number from 0.014 to 0.017"),
        ({"metallicity": [0.014, 0.0139]}, "'metallicity' cannot be 0.0139; allowed is a number from 0.014 to 0.017"),
        ({"arm_fraction": 0.8, "ring_fraction": 0.3}, "fraction"),
        ({"disk_inner_radius": "16 kpc"}, "disk"),
        ({"energy_max": "0.05 MeV"}, "energy_max"),
        ({"arm_pitch": "0 deg"}, "arm_pitch"),
    ],
)
def test_what_the_physics_does_not_allow_is_refused_by_name(model, values, message):
    with pytest.raises(GridscanError, match=message):
        model.evaluate("events_per_year", **values)


def test_the_end_of_a_range_in_another_unit_is_not_lost_to_rounding(model):
    assert model.evaluate("carbon_burning_rsg", metallicity="1.4 %") == model.evaluate("carbon_burning_rsg")


def test_masses_outside_the_table_are_refused_not_extrapolated(model):
    with pytest.raises(ScenarioError, match="breaks"):
        model.evaluate("carbon_burning_rsg", breaks=["120 Msun", "0.5 Msun", "0.08 Msun"])


def test_a_vector_can_be_given_as_a_pint_quantity(model):
    given = model.evaluate("carbon_burning_rsg", breaks=Quantity(np.array([0.08, 0.5, 100.0]), "Msun"))
    assert given == model.evaluate("carbon_burning_rsg", breaks=["0.08 Msun", "0.5 Msun", "100 Msun"])
    assert given.dims == ()


def test_constants_can_be_overridden(model):
    doubled = model.evaluate("events_per_year", avogadro_constant="1.204428152e24 / mol")
    assert float(doubled) == pytest.approx(2 * float(model.evaluate("events_per_year")), rel=1e-12)


def test_every_quantity_documents_its_equation_and_source(model):
    for name, node in model.quantities.items():
        assert "ource" in node.documentation, name
        assert node.long_name, name


def test_the_life_of_a_star_is_that_of_the_table(model):
    names = ["lifetime", "red_supergiant_duration", "carbon_burning_start", "carbon_burning_end"]
    found = model.evaluate([*names, "carbon_burning_rsg_duration"], initial_mass="20 Msun", metallicity=[0.014, 0.017])
    # The rows of 20 Msun in the table of PARSEC v2.0 tracks (Costa et al. 2025).
    for name, expected in zip(
        names, [(9.027780, 8.903541), (0.636186, 0.635085), (9.025820, 8.901611), (9.027779, 8.903541)], strict=True
    ):
        np.testing.assert_allclose(found[name], expected, rtol=1e-12)
    np.testing.assert_allclose(found.carbon_burning_rsg_duration, [1.959, 1.930], atol=5e-4)
    assert unit_of(found.carbon_burning_rsg_duration) == unit_of({"units": "kyr"})


def test_a_star_outside_the_table_is_refused(model):
    with pytest.raises(GridscanError, match="'initial_mass' cannot be 40 Msun; allowed is a number from 12 to 35 Msun"):
        model.evaluate("lifetime", initial_mass="40 Msun")


def test_the_share_per_area_has_the_shape_of_the_disk_where_there_are_no_arms(model):
    along = {"x": ["2 kpc", "4 kpc", "6 kpc", "16 kpc"], "arm_fraction": 0, "ring_fraction": 0}
    found = model.evaluate("share_per_area", **along).values
    inside = np.exp(-0.5 / 1.8) * (1 + 0.5 / 1.8) - np.exp(-15 / 1.8) * (1 + 15 / 1.8)
    np.testing.assert_allclose(
        found[:3], np.exp(-np.array([2, 4, 6]) / 1.8) / (2 * np.pi * 1.8**2 * inside), rtol=1e-12
    )
    assert found[3] == 0


def test_none_within_a_quantile_of_the_nearest_distance_has_the_probability_of_the_quantile(model):
    quantiles = [0.05, 0.5, 0.95]
    distance = model.evaluate("nearest_distance_quantile", quantile=quantiles, imf="top-heavy")
    none = model.evaluate("probability_of_none_within", radius=distance.values, imf="top-heavy")
    np.testing.assert_allclose(none, 1 - np.array(quantiles), rtol=1e-8)


def test_there_is_no_nearest_star_where_the_galaxy_may_hold_none(model):
    found = model.evaluate("nearest_distance_quantile", time=["5 Myr", "20 Myr"])
    assert np.isnan(found[0])
    assert float(found[1]) > 0


def test_the_nearest_star_of_samples_is_as_far_as_the_quantiles_say(model):
    many = 1000
    expected = float(model.evaluate("carbon_burning_rsg"))
    stars = gs.sample("imf_scan", number=int(1.2 * many * expected), seed=3).distance.values
    numbers = np.random.default_rng(8).poisson(expected, many)
    nearest = np.array([part.min() for part in np.split(stars, np.cumsum(numbers))[:many]])
    for quantile in (0.1, 0.5, 0.9):
        distance = float(model.evaluate("nearest_distance_quantile", quantile=quantile))
        found = np.mean(nearest <= distance)
        assert abs(found - quantile) < 5 * np.sqrt(quantile * (1 - quantile) / many)


def test_the_flux_of_samples_exceeds_thresholds_as_often_as_it_should(model):
    many, settings = 2000, {"sfr": "20 Msun/yr", "radius": "3 kpc"}
    expected = float(model.evaluate("carbon_burning_rsg", **settings))
    thresholds = [0.5, 1, 2, 4, 10, 40]
    values = {**settings, "flux_threshold": {"values": thresholds, "unit": "1/cm^2/s"}}
    exact = model.evaluate(["flux_exceedance", "flux_exceedance_error"], **values)
    assert float(exact.flux_exceedance_error.max()) < 1e-3
    stars = gs.sample("imf_scan", number=int(1.05 * many * expected), seed=4).distance.values
    numbers = np.random.default_rng(9).poisson(expected, many)
    # L/<E> / (4 pi kpc^2), with 1 erg = 624150.9074 MeV.
    of_one = 1e38 * 624150.9074 / 0.9 / (4 * np.pi * 3.0856775814913673e21**2)
    each = np.where(stars <= 3.0, of_one / np.maximum(stars, 0.05) ** 2, 0.0)
    fluxes = np.add.reduceat(each, np.concatenate([[0], np.cumsum(numbers)])[:many])
    for threshold, probability in zip(thresholds, exact.flux_exceedance.values, strict=True):
        found = np.mean(fluxes > threshold)
        assert abs(found - probability) < 5 * np.sqrt(probability * (1 - probability) / many)


def test_the_mean_of_the_flux_is_the_integral_of_its_exceedance(model):
    nodes, weights = np.polynomial.legendre.leggauss(20)
    edges = np.concatenate([[0.0], np.geomspace(0.05, 800.0, 24)])
    half, middle = np.diff(edges) / 2, (edges[1:] + edges[:-1]) / 2
    thresholds = (middle[:, None] + half[:, None] * nodes).ravel()
    found = model.evaluate(
        ["flux_exceedance", "flux"], flux_threshold={"values": thresholds.tolist(), "unit": "1/cm^2/s"}, radius="2 kpc"
    )
    integral = np.sum(found.flux_exceedance.values.reshape(-1, 20) * weights * half[:, None])
    assert integral == pytest.approx(float(found.flux), rel=2e-3)


@pytest.mark.parametrize("sfr", ["1e3 Msun/yr", "1e6 Msun/yr", "3e6 Msun/yr"])
def test_the_flux_of_up_to_a_hundred_million_stars_has_a_known_distribution(model, sfr):
    """About half of the time it is above its mean, a little less, as few near stars make the rest up."""
    where = {"radius": "30 kpc", "sfr": sfr}
    mean = float(model.evaluate("flux", **where))
    found = model.evaluate(
        ["flux_exceedance", "flux_exceedance_error", "flux_exceedance_status"],
        flux_threshold=[f"{factor * mean!r} 1/cm^2/s" for factor in (0.5, 0.99, 1.0, 1.01, 2.0)],
        **where,
    )
    assert (found.flux_exceedance_error < 1e-4).all()
    assert (found.flux_exceedance_status == 0.0).all()
    values = found.flux_exceedance.values
    assert (np.diff(values) < 0.0).all()
    assert 0.25 < values[2] < 0.5
    np.testing.assert_allclose(values[[0, 4]], [1.0, 0.0], atol=2e-4)


def test_a_probability_of_which_little_is_known_is_flagged(model):
    """Its error is a quantity like any other: a given one stands for it."""
    assert model.evaluate("flux_exceedance_status", flux_exceedance_error=[1e-4, 0.01]).values.tolist() == [0.0, 1.0]
