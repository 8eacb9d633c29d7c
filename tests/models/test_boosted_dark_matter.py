import warnings

import numpy as np
import pytest
from reference import reference

import gridscan as gs
from gridscan.errors import EvaluationError, GridscanError, GridscanWarning, UnitError
from gridscan.limits import Limits
from gridscan.physics.scattering.amplitudes import helm_form_factor, muon_tau_target
from gridscan.units import registry, unit_of

REFERENCE = reference("boosted_dark_matter")
# What the reference rounds: cm/kpc, s/yr, MeV/erg, MeV of a solar mass, MeV cm, and c in cm/s.
KILOPARSEC, YEAR, ERG, SUN, HBAR_C, LIGHT = 3.085e21, 31556926.0, 6.241e5, 1.115e60, 1.973e-11, 29979245800.0
EXACT_KILOPARSEC = 3.0856775814913673e21
# Cases whose flux changes by far more than the constants do: the time is near that of the peak, the end or the spike.
STEEP = {"F009", "F027", "F040", "F057"}
CONVENTIONS = {"standard": "", "published": "_published"}
SKY = ["sky_flux", "emissivity", "neutrino_energy"]


def cases(section, kind=None):
    return [case for case in REFERENCE[section]["cases"] if kind in (None, case.get("kind"))]


def case_name(case):
    return case["id"]


@pytest.fixture(scope="module")
def model():
    return gs.model("boosted_dark_matter")


def settings(case):
    """Return the parameters of a case with the constants of CODATA."""
    inputs, halo = case["inputs"], case["halo"]
    values = {
        "dark_matter_mass": f"{inputs['dark_matter_mass']!r} MeV",
        "distance": f"{inputs['distance']!r} kpc",
        "halo_distance": f"{inputs['halo_distance']!r} kpc",
        "off_centre_angle": f"{inputs['off_centre_angle']!r} rad",
        "scale_density": f"{halo.get('rhos', 184.0)!r} MeV/cm^3",
        "scale_radius": f"{halo.get('rs', 24.42)!r} kpc",
        "outer_slope": halo.get("n", 2.0),
        "spike": halo.get("alpha", "3/2") if inputs.get("spike") else "none",
        "black_hole_mass": f"{halo.get('mBH', 4.29e6)!r} Msun",
        "influence_radius": f"{_influence_radius(case)!r} kpc",
        "black_hole_age": "1e9 yr",
        "annihilation_cross_section": f"{halo.get('sigv', 0.0) * 1e-26!r} cm^3/s",
        "centre_cutoff": f"{inputs.get('centre_cutoff', 1e-8)!r} kpc",
    }
    if "time" in inputs:
        values |= {"time": f"{inputs['time']!r} s", "kinetic_energy": f"{inputs['kinetic_energy']!r} MeV"}
    for name, unit in (("kinetic_energy", "MeV"), ("time", "s")):
        if f"{name}_range" in inputs:
            ends = ("exposure_start", "exposure_end") if name == "time" else (f"{name}_min", f"{name}_max")
            values |= {end: f"{value!r} {unit}" for end, value in zip(ends, inputs[f"{name}_range"], strict=True)}
    return values


def _influence_radius(case):
    if "BDM ignores rh" in case["note"]:
        # Then it is G M/sigma^2 with the dispersion of McConnell et al.
        return 4.301e-6 * 4.29e6 / (200 * (4.29e6 / 1.9e8) ** (1 / 5.1)) ** 2
    return case["halo"].get("rh", 0.002)


def rounded(case):
    """Return the parameters of a case with its own constants: lengths in cm, a sun by its energy, ħ c by ħ."""
    values = settings(case)
    for name in ("distance", "halo_distance", "scale_radius", "influence_radius", "centre_cutoff"):
        values[name] = f"{float(values[name].split()[0]) * KILOPARSEC!r} cm"
    sun = float(registry.Quantity(SUN, "MeV/speed_of_light^2").m_as("Msun"))
    return values | {
        "black_hole_mass": f"{case['halo'].get('mBH', 4.29e6) * sun!r} Msun",
        "black_hole_age": f"{1e9 * YEAR!r} s",
        "luminosity": f"{3e52 * ERG!r} MeV/s",
        "neutrinosphere_radius": f"{3.24e-15 * KILOPARSEC!r} cm",
        "hbar": f"{HBAR_C / LIGHT!r} MeV*s",
    }


def expected(case, quantity, convention):
    return case[quantity + CONVENTIONS[convention]]


@pytest.mark.parametrize("convention", CONVENTIONS)
@pytest.mark.parametrize("case", cases("flux"), ids=case_name)
def test_every_reference_flux_is_met_with_the_constants_of_the_reference(model, case, convention):
    found = model.evaluate(["flux", "flux_error", "status"], convention=convention, **rounded(case))
    value = expected(case, "flux", convention)
    assert float(found.flux) == pytest.approx(value, rel=1e-6)
    assert float(found.status) == 0
    # The horizon of a black hole cannot be rounded like the reference: it moves F057 by 3e-7.
    assert abs(float(found.flux) - value) <= float(found.flux_error) + (3e-7 if case["id"] == "F057" else 2e-11) * value


@pytest.mark.parametrize("case", [case for case in cases("flux") if case["id"] not in STEEP], ids=case_name)
def test_reference_fluxes_are_met_to_the_rounding_of_the_constants(model, case):
    """A kiloparsec is 2.2e-4 longer, and the time a smaller part of the time until the last arrival."""
    assert float(model.evaluate("flux", **settings(case))) == pytest.approx(case["flux"], rel=7e-4)


@pytest.mark.parametrize("case", [case for case in cases("flux") if not case["inputs"]["spike"]], ids=case_name)
def test_reference_fluxes_follow_from_the_constants_of_nature(model, case):
    """Lengths and times grow with the kiloparsec, and the flux falls with its square; an erg has more MeV."""
    larger, brighter = EXACT_KILOPARSEC / KILOPARSEC, 624150.9074460763 / ERG
    found = model.evaluate("flux", **{**settings(case), "time": f"{case['inputs']['time'] * larger!r} s"})
    # The 100 km and the cut-off at the centre of the halo grow with it to the digits of the reference.
    assert float(found) == pytest.approx(case["flux"] * brighter / larger**2, rel=2e-6)


@pytest.mark.parametrize("convention", CONVENTIONS)
@pytest.mark.parametrize("case", cases("interaction", "flux"), ids=case_name)
def test_every_reference_flux_of_an_interaction_is_met(model, case, convention):
    choice = {"interaction": "lmu-ltau", "convention": convention}
    found = model.evaluate("flux", **choice, **rounded(case))
    assert float(found) == pytest.approx(expected(case, "flux", convention), rel=1e-6)
    found = model.evaluate("flux", **choice, **settings(case))
    assert float(found) == pytest.approx(expected(case, "flux", convention), rel=7e-4)


@pytest.mark.parametrize("case", cases("event"), ids=case_name)
def test_every_reference_event_number_is_met_in_both_conventions(model, case):
    names = ["events_per_target", "events_per_target_error"]
    found = model.evaluate(names, convention=list(CONVENTIONS), **rounded(case))
    for convention in CONVENTIONS:
        cell = found.sel(convention=convention)
        value = expected(case, "events", convention) * 1e-45
        assert float(cell.events_per_target) == pytest.approx(value, rel=1e-5)
        uncertainty = float(cell.events_per_target_error) + case["reference_error"] * value
        assert abs(float(cell.events_per_target) - value) <= uncertainty
        assert uncertainty <= 1.01e-4 * value


@pytest.mark.parametrize(
    "case", [case for case in cases("event") if case["id"] in {"E03", "E08", "E10"}], ids=case_name
)
def test_reference_event_numbers_are_met_to_the_rounding_of_the_constants(model, case):
    found = model.evaluate("events_per_target", **settings(case))
    assert float(found) == pytest.approx(case["events"] * 1e-45, rel=1.5e-3)


@pytest.mark.parametrize("case", cases("interaction", "event"), ids=case_name)
def test_every_reference_event_number_of_an_interaction_is_met(model, case):
    # The label has an electron of 0.51099895 MeV, the reference one of 0.511.
    settings = {"interaction": "lmu-ltau", "target": case["target"], "target_mass": "0.511 MeV", **rounded(case)}
    found = model.evaluate("events_per_target", convention=list(CONVENTIONS), **settings)
    for convention in CONVENTIONS:
        value = expected(case, "events", convention)
        assert float(found.sel(convention=convention)) == pytest.approx(value, rel=1e-5, abs=0.0)


def unit_vector(longitude, latitude):
    return np.array([np.cos(latitude) * np.cos(longitude), np.cos(latitude) * np.sin(longitude), np.sin(latitude)])


def directions(supernova, centre, theta, phi):
    """Return longitudes and latitudes [rad] at angles theta from the supernova; the centre is at phi = pi/2."""
    pole, towards = unit_vector(*supernova), unit_vector(*centre)
    east = towards - (towards @ pole) * pole
    east /= np.linalg.norm(east)
    north = np.cross(pole, east)
    theta, phi = np.asarray(theta)[..., None], np.asarray(phi)[..., None]
    x, y, z = np.moveaxis(np.cos(theta) * pole + np.sin(theta) * (np.sin(phi) * east + np.cos(phi) * north), -1, 0)
    return np.arctan2(y, x), np.arctan2(z, np.hypot(x, y))


def test_every_reference_flux_on_the_sky_is_met(model):
    """The angles about the supernova are turned into galactic coordinates about Cassiopeia A."""
    place = REFERENCE["sky"]["inputs"]
    inputs = {
        "time": place["time_s"],
        "kinetic_energy": place["kinetic_energy_MeV"],
        "dark_matter_mass": place["dark_matter_mass_MeV"],
        "distance": place["distance_kpc"],
        "halo_distance": place["halo_distance_kpc"],
        "off_centre_angle": place["off_centre_angle"],
    }
    around = rounded({"inputs": inputs, "halo": {}, "note": ""})
    # It follows from the directions.
    del around["off_centre_angle"]
    cassiopeia = (np.radians(111.7353077866), np.radians(-2.1279965304))
    theta, phi = (np.array([case[name] for case in cases("sky")]) for name in ("theta", "phi"))
    assert len(theta) == 70
    for case, longitude, latitude in zip(cases("sky"), *directions(cassiopeia, (0.0, 0.0), theta, phi), strict=True):
        there = {"longitude": f"{float(longitude)!r} rad", "latitude": f"{float(latitude)!r} rad"}
        found = model.evaluate("sky_flux", convention="published", **there, **around)
        assert float(found) == pytest.approx(case["sky_flux_published"], rel=1e-8, abs=1e-300)


# What is known.


def test_known_times_and_angles_are_met(model):
    found = model.evaluate(["vanishing_time", "off_centre_angle"])
    # The publication has a kiloparsec that is 2.2e-4 shorter.
    assert float(found.vanishing_time) == pytest.approx(557.1, rel=3e-4)
    assert round(float(found.off_centre_angle), 3) == 1.950
    assert unit_of(found.vanishing_time) == unit_of({"units": "yr"})


def test_the_flux_of_the_tutorial_of_the_public_code_is_met(model):
    found = model.evaluate(
        "flux",
        time="23 yr",
        distance="9.9 kpc",
        off_centre_angle="0.33 rad",
        kinetic_energy="10 MeV",
        dark_matter_mass="0.1 MeV",
    )
    assert float(found) == pytest.approx(5.55e-18, rel=1e-3)
    assert unit_of(found) == unit_of({"units": "1/MeV/cm^2/s"})


def test_the_angle_to_the_centre_of_the_halo_is_that_of_unit_vectors(model):
    supernovae = ["cas-a", "crab", "sn1987a", "galactic-centre"]
    found = model.evaluate("off_centre_angle", supernova=supernovae)
    for label in supernovae:
        record = model.evaluate("off_centre_angle", supernova=label).coords
        radians = {name: np.radians(float(record[name])) for name in record if name.endswith("itude")}
        supernova, centre = (
            unit_vector(radians[f"{name}_longitude"], radians[f"{name}_latitude"]) for name in ("supernova", "halo")
        )
        assert np.cos(float(found.sel(supernova=label))) == pytest.approx(supernova @ centre, rel=1e-9)


# The wiring.


def test_the_model_is_sound(model):
    assert model.check() is model
    for name, node in model.quantities.items():
        assert "ource" in node.documentation, name
        assert node.long_name, name


def test_the_defaults_are_those_of_the_publications(model):
    """The numbers of arXiv:2206.06864 and arXiv:2307.03522 for the source, the window and the couplings."""
    published = {
        **dict.fromkeys(["neutrino_cross_section", "target_cross_section"], "1e-45 cm^2"),
        "luminosity": "3e52 erg/s",
        "emission_duration": "10 s",
        "neutrinosphere_radius": "100 km",
        "kinetic_energy_min": "5 MeV",
        "kinetic_energy_max": "30 MeV",
        "centre_cutoff": "1e-8 kpc",
        "exposure_start": "10 s",
        "exposure_end": "35 yr",
        "neutrino_coupling": "1e-6",
        "dark_matter_coupling": "1e-2",
        "kinetic_mixing": "1e-6",
        "annihilation_cross_section": "0 cm^3/s",
    }
    for name, text in published.items():
        parameter, expected = model.parameters[name], registry.Quantity(text)
        assert parameter.default == pytest.approx(expected.m_as(parameter.unit), rel=1e-15), name
    assert model.parameters["temperatures"].default == (2.76, 4.01, 6.26)
    assert model.parameters["mean_energies"].default == (11.0, 16.0, 25.0)
    assert model.parameters["mediator_mass_ratio"].default == pytest.approx(1 / 3)


LABELLED = {
    "distance": 3.5,
    "supernova_longitude": 112.0,
    "supernova_latitude": -2.0,
    "halo_distance": 8.0,
    "halo_longitude": 1.0,
    "halo_latitude": 1.0,
    "scale_density": 184.0,
    "scale_radius": 24.0,
    "outer_slope": 2.0,
    "black_hole_mass": 4e6,
    "influence_radius": 2.0,
    "target_mass": 0.511,
    "fiducial_mass": 200.0,
    "electrons_per_mass": 0.5,
    # The defaults of these are zero.
    "longitude": 110.0,
    "latitude": -3.0,
    "annihilation_cross_section": 1e-26,
    "psi": 12.0,
}


def values_of(name, parameter):
    if parameter.vector is not None:
        return [list(parameter.default), [1.05 * value for value in parameter.default]]
    if parameter.choices:
        return [choice for choice in parameter.choices if choice != "own"]
    value = LABELLED.get(name, parameter.default)
    return [value, value + 1] if parameter.integer else [value, 1.05 * value]


def test_every_parameter_of_the_model_can_be_an_axis(model):
    outputs = ["flux", "status", "sky_flux", "events", "target_scattering_cross_section", "galactic_sky_flux"]
    outputs += ["angular_cross_section"]
    fewer = {"supernova_history": "5 kyr"}
    standing = {"longitude": "111 deg", "latitude": "-2 deg", "accuracy_of_events": 1e-2, **fewer}
    for name, parameter in model.parameters.items():
        found = model.evaluate(outputs, **{**standing, name: values_of(name, parameter)})
        assert any(name in found[output].dims for output in outputs), name
        assert all(np.isfinite(found[output]).all() for output in outputs), name


@pytest.mark.parametrize(
    ("quantity", "dims"),
    [
        ("off_centre_angle", "supernova"),
        ("vanishing_time", "energy mass supernova"),
        ("neutrino_energy", "time energy mass longitude latitude supernova"),
        ("sky_flux", "time energy mass longitude latitude supernova halo interaction convention"),
        ("flux", "time energy mass supernova halo interaction convention"),
        ("status", "time energy mass supernova halo interaction convention"),
        ("target_scattering_cross_section", "energy mass target interaction convention"),
        ("events_per_target", "mass supernova halo target interaction convention"),
        ("events", "mass supernova halo target detector interaction convention"),
    ],
)
def test_a_quantity_has_the_dimensions_it_depends_on(model, quantity, dims):
    long = {"energy": "kinetic_energy", "mass": "dark_matter_mass"}
    axes = {"time": [100, 200], "kinetic_energy": [5, 10], "dark_matter_mass": [0.1, 1]}
    axes |= {"longitude": [111, 112], "latitude": [-2, -3], "supernova": ["cas-a", "crab"]}
    axes |= {"halo": ["milky-way", "lmc"], "target": ["electron", "xenon"], "detector": ["juno", "hyper-k"]}
    axes |= {"interaction": ["constant", "lmu-ltau"], "convention": list(CONVENTIONS)}
    needed = {long.get(name, name) for name in dims.split()}
    with pytest.warns(GridscanWarning, match="no effect"):
        found = model.evaluate([quantity, "number_of_targets"], limits=Limits(eager_cells=0), **axes)
    assert set(found[quantity].dims) == needed


# Where and when nothing arrives.

# With the supernova at the pole, the longitude is the azimuth about it.
POLE = {"supernova_longitude": "0 deg", "supernova_latitude": "90 deg", "halo_longitude": "90 deg"}
ALL_AROUND = {"longitude": np.linspace(-180, 180, 9), "latitude": np.linspace(-90, 90, 61)}


NODES, WEIGHTS = np.polynomial.legendre.leggauss(48)


def graded(first, last):
    """Return angles and weights of Gauss-Legendre quadrature, dense at both ends."""
    part = (1 + NODES) / 2
    return first + (last - first) * part**2 * (3 - 2 * part), WEIGHTS * (last - first) * 3 * part * (1 - part)


def sky_integral(model, theta, weight, **settings):
    """Return the integral of the flux on the sky about a supernova at the pole."""
    latitude = {"values": (np.pi / 2 - theta).tolist(), "unit": "rad"}
    sky = model.evaluate("sky_flux", latitude=latitude, longitude=np.arange(24) * 15.0, **settings)
    return 2 * np.pi * float((sky.mean("longitude").values * weight * np.sin(theta)).sum())


def test_before_the_neutrinos_and_after_the_last_arrival_the_flux_is_zero(model):
    late = float(model.evaluate("vanishing_time")) * (1 + 1e-9)
    found = model.evaluate(
        ["sky_flux", "flux", "flux_error", "status"], time=[-1e6, -1.0, 0.0, late, 1e3, 1e9], **ALL_AROUND
    )
    for name in found.data_vars:
        assert (found[name] == 0).all(), name
    assert float(model.evaluate("flux", time="1e-3 s")) > 0
    window = model.evaluate(["sky_inner_angle", "sky_outer_angle"], time=[-1e6, -1.0, late, 1e9])
    assert (window.sky_inner_angle == 0).all()
    assert (window.sky_outer_angle == 0).all()


def test_no_neutrinos_come_from_within_the_neutrinosphere(model):
    """On the way to the supernova, particles of t = (1/v - 1) l come from l: d = R_s - l."""
    towards = {"latitude": "90 deg", "halo_latitude": "-20 deg", **POLE}
    excess = 6.0 / np.sqrt(35.0) - 1
    depths = np.array([1.0, 2.4, 2.6, 3.4])
    seconds = excess * depths * EXACT_KILOPARSEC / LIGHT
    times = {"values": seconds.tolist(), "unit": "s"}
    small = model.evaluate(["path_length", "sky_flux"], time=times, **towards)
    np.testing.assert_allclose(small.path_length, depths, rtol=1e-9)
    assert (small.sky_flux > 0).all()
    large = model.evaluate(["sky_flux", "flux"], time=times, neutrinosphere_radius="1 kpc", **towards)
    np.testing.assert_array_equal(large.sky_flux > 0, [True, True, False, False])
    np.testing.assert_allclose(large.sky_flux[:2], small.sky_flux[:2], rtol=1e-14)
    whole = model.evaluate("flux", time=times, **towards)
    np.testing.assert_allclose(large.flux[:2], whole[:2], rtol=1e-12)
    # The rest of the sky, from where d = 1 kpc on.
    delay = seconds[3] * LIGHT / EXACT_KILOPARSEC
    length = (3.5 + delay - 1.0) * np.sqrt(35.0) / 6.0
    first = np.arccos((3.5**2 + length**2 - 1.0) / (2 * 3.5 * length))
    last = np.radians(float(model.evaluate("sky_outer_angle", time=seconds[3] / 31557600)))
    theta, weight = graded(first, last)
    around = {"halo_latitude": "-20 deg", "time": seconds[3] / 31557600, **POLE}
    assert sky_integral(model, theta, weight, **around) == pytest.approx(float(large.flux[3]), rel=1e-6)
    assert float(large.flux[3]) < 0.8 * float(whole[3])


def test_before_the_first_and_after_the_last_arrival_no_neutrino_can_kick_particles_to_earth(model):
    late = float(model.evaluate("vanishing_time")) * (1 + 1e-9)
    found = model.evaluate(["emissivity", "neutrino_energy"], time=[-1e6, -1.0, 0.0, late, 1e3, 1e9], **ALL_AROUND)
    for name in found.data_vars:
        assert (found[name] == 0).all(), name


def test_an_amplitude_of_ones_own_has_the_published_factors_without_being_asked_for(model):
    """With `interaction` at its default they were missing without a word (78c2126)."""
    mine = model.replace(neutrino_squared_amplitude=gauged_amplitude, target_squared_amplitude=gauged_target_amplitude)
    names = ["flux", "target_scattering_cross_section"]
    grid = {"dark_matter_mass": [0.1, 1.0], "time": "0.5 yr", "convention": list(CONVENTIONS)}
    built_in = model.evaluate(names, interaction="lmu-ltau", **grid)
    for interaction in (None, "constant", "own", "lmu-ltau"):
        given = {} if interaction is None else {"interaction": interaction}
        found = (
            mine.evaluate(names, **given, **grid) if interaction is None else _without_effect(mine, names, given, grid)
        )
        for name in names:
            np.testing.assert_allclose(found[name], built_in[name], rtol=1e-6)


def _without_effect(model, names, given, grid):
    with pytest.warns(GridscanWarning, match="no effect"):
        return model.evaluate(names, **given, **grid)


def test_an_amplitude_replaced_where_it_has_all_its_digits_has_the_published_factors_too(model):
    """Only the one that it is made of was looked at (0370837)."""
    given = {"dark_matter_mass": [0.1, 1.0], "time": "0.5 yr", "convention": list(CONVENTIONS)}
    flux = model.replace(kick_squared_amplitude=gauged_amplitude).evaluate("flux", **given)
    np.testing.assert_allclose(flux, model.evaluate("flux", interaction="lmu-ltau", **given), rtol=1e-6)


def test_each_of_the_two_amplitudes_has_its_own_published_factors(model):
    """A constant cross section has none, whatever the other is."""
    names = ["target_scattering_cross_section", "flux"]
    plain = model.evaluate(names, convention="published")
    neutrino = model.replace(neutrino_squared_amplitude=constant_amplitude).evaluate(names, convention="published")
    target = model.replace(target_squared_amplitude=constant_target_amplitude).evaluate(names, convention="published")
    scattering = [float(each.target_scattering_cross_section) for each in (plain, neutrino, target)]
    assert scattering == pytest.approx([1e-45, 1e-45, 2 * np.pi * 1e-45], rel=1e-9, abs=0.0)
    assert float(target.flux) == pytest.approx(float(plain.flux), rel=1e-9, abs=0.0)
    assert float(neutrino.flux) > 1.0001 * float(plain.flux)


OWN_PARTS = {
    "neutrino_differential_cross_section": lambda scattering_haversine, neutrino_cross_section: (
        neutrino_cross_section * (1 - 2 * scattering_haversine)
    ),
    "neutrino_published_factor": lambda scattering_haversine: 1 + 0 * scattering_haversine,
    "target_scattering_cross_section": lambda target_cross_section: 2 * target_cross_section,
    "target_published_factor": lambda target_mass: target_mass / target_mass,
}


@pytest.mark.parametrize("replaced", OWN_PARTS)
def test_a_part_of_ones_own_that_does_not_follow_the_convention_is_named(model, replaced):
    """Of a cross section of neutrinos nothing was said, as that of the target follows the convention (0b5a7eb)."""
    mine = model.replace(**{replaced: OWN_PARTS[replaced]})
    with pytest.warns(GridscanWarning, match=f"the value of 'convention' has no effect on '{replaced}', which was rep"):
        mine.evaluate("events", convention="published", **EASY)
    for given in ({}, {"convention": "standard"}):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            mine.evaluate("events", **given, **EASY)


def test_a_part_that_was_given_a_value_and_does_not_follow_the_convention_is_named(model):
    given = {"fluence": "1e-9 / MeV / cm^2", "convention": list(CONVENTIONS)}
    with pytest.warns(GridscanWarning, match="the axis 'convention' has no effect on 'fluence', which was given a val"):
        model.evaluate("differential_events", **given)


def test_amplitudes_of_ones_own_follow_the_convention_without_a_warning(gauged):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        gauged.evaluate("events", convention="published", **EASY)


def test_an_own_interaction_needs_an_amplitude_and_lists_need_one_entry_a_species(model):
    with pytest.raises(EvaluationError, match=r"'own' give one with Model.replace\(neutrino_squared_amplitude=…\)"):
        model.evaluate("flux", interaction="own")
    with pytest.raises(GridscanError, match=r"^'temperatures' has 2 values, expected 3: as many as 'mean_energies'"):
        model.evaluate("flux", temperatures=["1 MeV", "2 MeV"])
    with pytest.raises(GridscanError, match="'mean_energies' cannot be 0 MeV"):
        model.evaluate("flux", mean_energies=["0 MeV", "1 MeV", "2 MeV"])


def test_events_beyond_the_range_of_distances_are_given_with_an_honest_error(model):
    extreme = {"interaction": "lmu-ltau", "dark_matter_mass": "1e6 MeV"}
    found = model.evaluate(["events_per_target", "events_per_target_error"], exposure_start="0 s", **extreme)
    nearly = model.evaluate(["events_per_target"], exposure_start="10 s", **extreme)
    assert float(found.events_per_target) == pytest.approx(float(nearly.events_per_target), rel=1e-3)
    assert float(found.events_per_target_error) >= 0


def test_a_negative_squared_amplitude_is_refused(model):
    with pytest.raises(EvaluationError, match="the cross section of the target is negative"):
        model.replace(target_squared_amplitude=lambda s: -(s / s)).evaluate("events_per_target")
    with pytest.raises(EvaluationError, match="the cross section of neutrinos is negative"):
        model.replace(neutrino_squared_amplitude=lambda s, dark_matter_mass: -1e-20 * s / dark_matter_mass**2).evaluate(
            "flux"
        )


@pytest.mark.parametrize("time", ["1 yr", "100 yr", "350 yr", "550 yr"])
def test_the_sky_is_dark_outside_the_window_and_only_there(model, time):
    """With the closed form of the window, delta ± arccos((1 + c t/R_s) sqrt(2 T/(2 T + m)))."""
    delay = registry.Quantity(time).m_as("s") * LIGHT / (3.5 * EXACT_KILOPARSEC)
    energy, mass = 5.0, 1.0
    momentum = np.sqrt(energy * (energy + 2 * mass))
    inverse_velocity, widest = (energy + mass) / momentum, np.arctan(np.sqrt(2 * mass / energy))
    middle = np.arctan2(1 - inverse_velocity * np.cos(widest), inverse_velocity * np.sin(widest))
    half = np.arccos((1 + delay) * np.sqrt(2 * energy / (2 * energy + mass)))
    ends = model.evaluate(["sky_inner_angle", "sky_outer_angle"], time=time)
    assert np.radians(float(ends.sky_outer_angle)) == pytest.approx(middle + half, rel=1e-9)
    assert np.radians(float(ends.sky_inner_angle)) == pytest.approx(max(0.0, middle - half), rel=1e-9)
    theta = np.linspace(0.0, np.pi, 721)
    inside = (theta > middle - half) & (theta < middle + half)
    assert 10 < inside.sum() < 240
    latitude = {"values": (np.pi / 2 - theta).tolist(), "unit": "rad"}
    found = model.evaluate(SKY, time=time, latitude=latitude, longitude=77.0, halo_latitude="-20 deg", **POLE)
    np.testing.assert_array_equal(found.neutrino_energy > 0, inside)
    # Near the edges the neutrinos are of such high energies that there are none.
    assert (found.neutrino_energy.values[inside] < 1e3).sum() > 0.7 * inside.sum()
    for name in ("sky_flux", "emissivity"):
        assert (found[name].values[~inside] == 0).all()
        assert (found[name].values[inside & (found.neutrino_energy.values < 1e3)] > 0).all()


# What must hold whatever the numbers.


@pytest.mark.parametrize(
    "settings",
    [
        {"time": "350 yr"},
        {"time": "60 yr"},
        {"time": "350 yr", "dark_matter_mass": "2 MeV", "kinetic_energy": "8 MeV", "convention": "published"},
        {"time": "300 yr", "interaction": "lmu-ltau", "convention": "published"},
        {"time": "200 yr", "distance": "8.5 kpc", "halo_latitude": "90 deg", "spike": "3/2"},
    ],
    ids=["annulus", "disk", "published", "interaction", "at the centre"],
)
def test_the_flux_is_the_integral_of_the_flux_on_the_sky(model, settings):
    """Gauss-Legendre in the angle from the supernova, graded to both edges of the window; equal steps around it."""
    settings = {"halo_latitude": "-20 deg", **POLE, **settings}
    whole = model.evaluate(["flux", "flux_error", "sky_inner_angle", "sky_outer_angle"], accuracy=1e-9, **settings)
    inner, outer = (np.radians(float(whole[f"sky_{edge}_angle"])) for edge in ("inner", "outer"))
    assert sky_integral(model, *graded(inner, outer), **settings) == pytest.approx(float(whole.flux), rel=1e-8)


def test_the_sky_is_alike_all_around_a_supernova_at_the_centre_of_the_halo(model):
    around = {**POLE, "halo_latitude": "90 deg", "latitude": [88, 80, 72], "longitude": np.linspace(-180, 180, 8)}
    sky = model.evaluate("sky_flux", distance="8.5 kpc", time="250 yr", spike="3/2", **around)
    assert (sky > 0).all()
    np.testing.assert_allclose(sky, sky.isel(longitude=[0] * 8).values, rtol=1e-11)


def test_the_sky_is_the_same_on_both_sides_of_the_line_to_the_centre_of_the_halo(model):
    around = {**POLE, "halo_latitude": "-20 deg", "latitude": [80, 75, 70]}
    sky = model.evaluate("sky_flux", longitude=[90 - 40, 90 + 40, 270 - 10, 270 + 10], **around)
    assert (sky > 0).all()
    first, second, third, fourth = sky.transpose("longitude", "latitude").values
    np.testing.assert_allclose(first, second, rtol=1e-12)
    np.testing.assert_allclose(third, fourth, rtol=1e-12)
    # It is brighter towards the centre.
    assert (first > third).all()


def test_the_flux_is_in_proportion_to_what_kicks_and_what_is_kicked(model):
    base = float(model.evaluate("flux"))
    for name, unit in [("neutrino_cross_section", "cm^2"), ("luminosity", "erg/s"), ("emission_duration", "s")]:
        default = model.parameters[name].default
        found = model.evaluate("flux", **{name: [f"{factor * default!r} {unit}" for factor in (0.0, 0.5, 3.0)]})
        np.testing.assert_allclose(found / base, [0.0, 0.5, 3.0], rtol=1e-12)
    found = model.evaluate("flux", scale_density=[92.0, 184.0, 552.0])
    np.testing.assert_allclose(found / base, [0.5, 1.0, 3.0], rtol=1e-12)


def test_a_world_twice_as_large_has_a_quarter_of_the_flux_after_twice_the_time(model):
    lengths = {"distance": 3.5, "halo_distance": 8.5, "scale_radius": 24.42, "centre_cutoff": 1e-8}
    small, large = (
        model.evaluate(
            "flux",
            time=[50 * factor, 300 * factor],
            neutrinosphere_radius=f"{100 * factor} km",
            **{name: f"{length * factor!r} kpc" for name, length in lengths.items()},
        )
        for factor in (1, 2)
    )
    np.testing.assert_allclose(large.values, small.values / 4, rtol=1e-12)


@pytest.mark.parametrize("mass", [0.1, 1.0, 10.0])
def test_the_published_flux_is_the_standard_one_times_the_velocity(model, mass):
    found = model.evaluate(
        "flux", convention=list(CONVENTIONS), dark_matter_mass=f"{mass} MeV", kinetic_energy=[5.0, 20.0], time="10 yr"
    )
    energies = np.array([5.0, 20.0])
    velocity = np.sqrt(energies * (energies + 2 * mass)) / (energies + mass)
    np.testing.assert_allclose(
        found.sel(convention="published") / found.sel(convention="standard"), velocity, rtol=1e-6
    )


def test_the_published_sky_of_an_interaction_has_the_factor_twice(model):
    """Once v/c, and once dE/dT = E² cos(ψ)/(T p) at a fixed angle."""
    names = ["sky_flux", "neutrino_energy", "scattering_haversine"]
    there = {"latitude": [80, 75, 70], "halo_latitude": "-20 deg", "interaction": "lmu-ltau", **POLE}
    found = model.evaluate(names, convention=list(CONVENTIONS), **there)
    momentum = np.sqrt(5.0 * 7.0)
    slope = found.neutrino_energy**2 * (1 - 2 * found.scattering_haversine) / (5.0 * momentum)
    ratio = found.sky_flux.sel(convention="published") / found.sky_flux.sel(convention="standard")
    np.testing.assert_allclose(ratio, momentum / 6.0 * slope, rtol=1e-12)


def test_the_published_cross_section_of_an_interaction_is_two_pi_times_the_standard_one(model):
    found = model.evaluate(
        "target_scattering_cross_section", convention=list(CONVENTIONS), interaction=["constant", "lmu-ltau"]
    )
    ratio = found.sel(convention="published") / found.sel(convention="standard")
    np.testing.assert_allclose(ratio.sel(interaction=["constant", "lmu-ltau"]), [1.0, 2 * np.pi], rtol=1e-14)
    np.testing.assert_allclose(found.sel(interaction="constant"), 1e-45, rtol=1e-12)


def test_the_kick_conserves_energy_and_momentum_and_arrives_in_time(model):
    names = ["neutrino_energy", "scattering_haversine", "path_length", "s", "t", "u"]
    there = {"latitude": [85, 75, 70, 20], "halo_latitude": "-20 deg", "time": [50, 350], **POLE}
    found = model.evaluate(names, **there)
    momentum, distance = np.sqrt(5.0 * 7.0), 3.5
    cosine = 1 - 2 * found.scattering_haversine
    arrives = found.neutrino_energy > 0
    assert int(arrives.sum()) == 6
    # The scattered neutrino is massless.
    left = found.neutrino_energy - 5.0
    square = found.neutrino_energy**2 + momentum**2 - 2 * found.neutrino_energy * momentum * cosine
    np.testing.assert_allclose(left.where(arrives, 0.0) ** 2, square.where(arrives, 0.0), rtol=1e-9)
    np.testing.assert_allclose(found.s + found.t + found.u, 2.0, atol=1e-9)
    assert float(found.t) == pytest.approx(-10.0)
    theta = np.radians(90 - found.latitude)
    way = np.sqrt(distance**2 + found.path_length**2 - 2 * distance * found.path_length * np.cos(theta))
    delay = found.time * 365.25 * 86400 * LIGHT / EXACT_KILOPARSEC
    whole = (way + found.path_length * 6.0 / momentum).transpose("time", "latitude")
    np.testing.assert_allclose(whole, (distance + delay).broadcast_like(whole), rtol=1e-12)


# Events.

# Nothing of the exposure is near the peak of any of these energies: the flux is smooth in both.
EASY = {"dark_matter_mass": "10 MeV", "halo_latitude": "-20 deg", **POLE}


def double_integral(model, cross_section, **settings):
    """Return ∫ dT σ(T) ∫ dt dΦ/dT by Gauss-Legendre, for the energies and the exposure of the defaults."""
    nodes, weights = np.polynomial.legendre.leggauss(16)
    energies, seconds = 17.5 + 12.5 * nodes, 35 * 365.25 * 86400
    times, steps = (seconds + 10) / 2 + (seconds - 10) / 2 * nodes, weights * (seconds - 10) / 2
    flux = model.evaluate(
        "flux",
        time={"values": times.tolist(), "unit": "s"},
        kinetic_energy=energies,
        accuracy=1e-9,
        **settings,
    ).transpose("kinetic_energy", "time")
    return float((flux.values @ steps * cross_section(energies) * weights * 12.5).sum())


@pytest.mark.parametrize("convention", CONVENTIONS)
def test_events_are_the_integral_of_the_flux_over_energies_and_exposure(model, convention):
    settings = {**EASY, "convention": convention}
    found = model.evaluate(["events_per_target", "events_per_target_error"], **settings)
    integral = double_integral(model, lambda energy: np.full_like(energy, 1e-45), **settings)
    assert float(found.events_per_target) == pytest.approx(integral, rel=1e-6, abs=0.0)
    assert abs(float(found.events_per_target) - integral) <= float(found.events_per_target_error) + 1e-8 * integral


def test_a_detector_sees_what_each_of_its_targets_sees(model):
    names = ["events", "events_error", "events_per_target", "events_per_target_error", "number_of_targets"]
    found = model.evaluate(names, detector=["hyper-k", "juno"], fiducial_mass="100 kt", **EASY)
    targets = 1e11 * found.electrons_per_mass * 6.02214076e23
    np.testing.assert_allclose(found.number_of_targets, targets, rtol=1e-12)
    np.testing.assert_allclose(found.events, found.events_per_target * targets, rtol=1e-12)
    np.testing.assert_allclose(found.events_error, found.events_per_target_error * targets, rtol=1e-12)
    assert unit_of(found.events) == unit_of({"units": "1"})


def test_events_of_two_exposures_add_up_and_are_in_proportion_to_the_cross_section(model):
    def events(**settings):
        return float(model.evaluate("events_per_target", **EASY, accuracy_of_events=1e-8, **settings))

    first, second = events(exposure_end="12 yr"), events(exposure_start="12 yr")
    whole = events()
    assert first + second == pytest.approx(whole, rel=1e-7, abs=0.0)
    low, high = events(kinetic_energy_max="11 MeV"), events(kinetic_energy_min="11 MeV")
    assert low + high == pytest.approx(whole, rel=1e-7, abs=0.0)
    assert events(target_cross_section="3e-45 cm^2") == pytest.approx(3 * whole, rel=1e-9, abs=0.0)
    assert events(target_cross_section="0 cm^2") == 0


def test_sums_over_energies_and_over_the_exposure_are_those_of_the_flux(model):
    nodes, weights = np.polynomial.legendre.leggauss(16)
    start, end = 10.0, 35 * 365.25 * 86400
    times = {"values": ((start + end) / 2 + (end - start) / 2 * nodes).tolist(), "unit": "s"}
    energies = 17.5 + 12.5 * nodes
    over_time = float((model.evaluate("flux", time=times, **EASY).values * weights).sum() * (end - start) / 2)
    over_energy = float((model.evaluate("flux", kinetic_energy=energies, **EASY).values * weights).sum() * 12.5)
    found = model.evaluate(["fluence", "integrated_flux"], **EASY)
    assert float(found.fluence) == pytest.approx(over_time, rel=1e-6, abs=0.0)
    assert float(found.integrated_flux) == pytest.approx(over_energy, rel=1e-6, abs=0.0)
    spectrum = model.evaluate("differential_events", kinetic_energy=energies, **EASY)
    whole = float(model.evaluate("events", **EASY))
    assert float((spectrum.values * weights).sum() * 12.5) == pytest.approx(whole, rel=1e-6, abs=0.0)


def test_events_per_energy_state_the_errors_of_both_factors(model):
    energies = np.array([5.0, 12.0, 29.0])
    names = ["fluence", "target_scattering_cross_section", "differential_events"]
    errors = [f"{name}_error" for name in names]
    chosen = {**EASY, "interaction": "lmu-ltau", "kinetic_energy": energies}
    found = model.evaluate([*names, *errors, "differential_events_status"], **chosen)
    relative = [(found[error] / found[name]).values for name, error in zip(names, errors, strict=True)]
    assert (relative[1] > 0).all()
    np.testing.assert_allclose(relative[2], relative[0] + relative[1] + relative[0] * relative[1], rtol=1e-9)
    assert (found.differential_events_status == 0).all()
    # An accuracy that no rule in double precision attains.
    flagged = model.evaluate("differential_events_status", accuracy_of_events=1e-12, **chosen)
    missed = model.evaluate("differential_events_error", accuracy_of_events=1e-12, **chosen)
    value = model.evaluate("differential_events", accuracy_of_events=1e-12, **chosen)
    np.testing.assert_array_equal(flagged == 1, missed > 1e-12 * value)


def test_there_are_no_events_where_nothing_arrives(model):
    names = ["events_per_target", "events_per_target_error"]
    for exposure in [("-2 yr", "0 yr"), ("600 yr", "1e6 yr")]:
        found = model.evaluate(names, exposure_start=exposure[0], exposure_end=exposure[1])
        assert all(float(found[name]) == 0 for name in names)


# Interactions of one's own.


def constant_amplitude(s, neutrino_cross_section, hbar, speed_of_light):
    return 16 * np.pi * s * neutrino_cross_section / (hbar * speed_of_light) ** 2


def constant_target_amplitude(s, target_cross_section, hbar, speed_of_light):
    return 16 * np.pi * s * target_cross_section / (hbar * speed_of_light) ** 2


def gauged_amplitude(s, t, u, dark_matter_mass, neutrino_coupling, dark_matter_coupling, mediator_mass):
    m = dark_matter_mass
    propagator = neutrino_coupling * dark_matter_coupling / (t - mediator_mass**2)
    return (s**2 + u**2 + 4 * t * m**2 - 2 * m**4) * propagator**2


def gauged_target_amplitude(
    s, t, u, dark_matter_mass, target_mass, dark_matter_coupling, kinetic_mixing, mediator_mass
):
    masses = dark_matter_mass**2 + target_mass**2
    propagator = dark_matter_coupling * kinetic_mixing / (t - mediator_mass**2)
    return 2 * (s**2 + u**2 + 4 * t * masses - 2 * masses**2) * propagator**2


def isotropic_differential(neutrino_energy, dark_matter_mass, scattering_haversine, neutrino_cross_section):
    boost = (neutrino_energy + dark_matter_mass) ** 2 / (dark_matter_mass * (2 * neutrino_energy + dark_matter_mass))
    angle = 2 * np.arcsin(np.sqrt(scattering_haversine))
    density = boost / np.cos(angle) ** 3 / (np.pi * (1 + boost * np.tan(angle) ** 2) ** 2)
    return neutrino_cross_section * np.where(np.cos(angle) > 0, density, 0.0)


@pytest.fixture(scope="module")
def gauged(model):
    return model.replace(neutrino_squared_amplitude=gauged_amplitude, target_squared_amplitude=gauged_target_amplitude)


def test_a_constant_cross_section_written_as_an_amplitude_is_the_default(model):
    mine = model.replace(
        neutrino_squared_amplitude=constant_amplitude, target_squared_amplitude=constant_target_amplitude
    )
    names = ["flux", "events_per_target", "target_scattering_cross_section"]
    grid = {"dark_matter_mass": [0.01, 1.0], "time": [1.0, 100.0], "kinetic_energy": [5.0, 10.0]}
    found, default = mine.evaluate(names, **grid), model.evaluate(names, **grid)
    for name in names:
        np.testing.assert_allclose(found[name], default[name], rtol=1e-9)
        assert (default[name] > 0).any()


def test_the_gauged_interaction_written_by_hand_is_the_one_that_is_built_in(model, gauged):
    names = ["flux", "events_per_target", "target_scattering_cross_section"]
    grid = {"dark_matter_mass": [0.1, 1.0, 10.0], "time": "0.5 yr", "convention": list(CONVENTIONS)}
    found, built_in = gauged.evaluate(names, **grid), model.evaluate(names, interaction="lmu-ltau", **grid)
    for name in names:
        assert (built_in[name] > 0).all()
        np.testing.assert_allclose(found[name], built_in[name], rtol=1e-6)


@pytest.mark.parametrize("convention", CONVENTIONS)
@pytest.mark.parametrize("case", cases("interaction", "flux"), ids=case_name)
def test_reference_fluxes_are_met_by_the_amplitude_written_by_hand(gauged, case, convention):
    found = gauged.evaluate("flux", convention=convention, **rounded(case))
    assert float(found) == pytest.approx(expected(case, "flux", convention), rel=1e-6)


def centred_target_amplitude(
    s_minus_masses,
    t,
    u_minus_masses,
    dark_matter_mass,
    target_mass,
    dark_matter_coupling,
    kinetic_mixing,
    mediator_mass,
):
    masses = dark_matter_mass**2 + target_mass**2
    propagator = dark_matter_coupling * kinetic_mixing / (t - mediator_mass**2)
    return 2 * (s_minus_masses**2 + u_minus_masses**2 + 2 * t * masses) * propagator**2


LIGHT_KICKS = {"target": "xenon", "kinetic_energy": [1e-6, 1e-3, 0.1, 0.3, 5.0], "dark_matter_mass": [1e-5, 1e-3, 1.0]}


@pytest.mark.parametrize("amplitude", [gauged_target_amplitude, centred_target_amplitude])
def test_an_amplitude_pasted_as_it_is_published_has_its_cross_section_on_xenon(model, amplitude):
    """One energy below 0.3 MeV made the whole call fail (78c2126)."""
    names = ["target_scattering_cross_section", "target_scattering_cross_section_error"]
    built_in = model.evaluate(names[0], interaction="lmu-ltau", **LIGHT_KICKS)
    found = model.replace(target_squared_amplitude=amplitude).evaluate(names, **LIGHT_KICKS)
    np.testing.assert_allclose(found[names[0]], built_in, rtol=1e-7)
    assert (found[names[1]] <= 1e-6 * found[names[0]]).all()


def pasted_neutrino_amplitude(s, t, u, dark_matter_mass, neutrino_coupling, dark_matter_coupling, mediator_mass):
    masses = dark_matter_mass**2
    propagator = neutrino_coupling * dark_matter_coupling / (t - mediator_mass**2)
    return (s**2 + u**2 + 4 * t * masses - 2 * masses**2) * propagator**2


def centred_neutrino_amplitude(
    s_minus_masses, t, u_minus_masses, dark_matter_mass, neutrino_coupling, dark_matter_coupling, mediator_mass
):
    propagator = neutrino_coupling * dark_matter_coupling / (t - mediator_mass**2)
    return (s_minus_masses**2 + u_minus_masses**2 + 2 * t * dark_matter_mass**2) * propagator**2


def _light_kick(mass):
    return {"dark_matter_mass": f"{mass} MeV", "kinetic_energy": "1e-9 MeV", "time": "1e6 yr"}


@pytest.mark.parametrize("quantity", ["flux", "sky_flux", "angular_cross_section"])
@pytest.mark.parametrize("amplitude", [pasted_neutrino_amplitude, centred_neutrino_amplitude])
def test_a_neutrino_amplitude_may_be_pasted_as_it_is_published(model, amplitude, quantity):
    """Of 1e7 MeV it was refused, in the flux; and on the sky to whatever rounding left of it (0b5a7eb)."""
    grid = {**_light_kick(1.0), "dark_matter_mass": [1e3, 1e5, 1e7, 1e9], **POLE, "latitude": "89 deg", "psi": "80 deg"}
    mine = model.replace(neutrino_squared_amplitude=amplitude)
    found, expected = mine.evaluate(quantity, **grid), model.evaluate(quantity, interaction="lmu-ltau", **grid)
    assert (expected > 0).any()
    np.testing.assert_allclose(found, expected, rtol=1e-9)


def test_a_neutrino_amplitude_that_cannot_have_more_digits_is_refused_with_the_recipe_that_works(model):
    units = dict.fromkeys("stu", "MeV^2") | {"dark_matter_mass": "MeV", "mediator_mass": "MeV"}
    numerical = gs.kernel("1", neutrino_coupling="1", dark_matter_coupling="1", **units)(pasted_neutrino_amplitude)
    with pytest.raises(EvaluationError, match=r"nearly equal terms.* take s_minus_masses = s - M"):
        model.replace(neutrino_squared_amplitude=numerical).evaluate("flux", **_light_kick(1e7))


def _own_cross_section(written_out):
    """The one of the gauged interaction up to constants, on terms that cancel or on those that are left of them."""

    def cross_section(neutrino_energy, kinetic_energy, dark_matter_mass, scattering_haversine, neutrino_cross_section):
        square, above, t = (
            dark_matter_mass**2,
            2 * dark_matter_mass * neutrino_energy,
            -2 * dark_matter_mass * kinetic_energy,
        )
        s, u = (square + above, square - above - t) if written_out else (above, -above - t)
        terms = s**2 + u**2 + (4 * t * square - 2 * square**2 if written_out else 2 * t * square)
        return neutrino_cross_section * terms / (dark_matter_mass * neutrino_energy) ** 2 * (1 - scattering_haversine)

    return cross_section


def test_a_neutrino_cross_section_that_loses_its_digits_is_refused_with_the_recipe_that_works(model):
    """856f0f7 evaluated it to whatever rounding left of it."""
    poor, good = (model.replace(neutrino_differential_cross_section=_own_cross_section(each)) for each in (True, False))
    with pytest.raises(
        EvaluationError, match=r"cross section of neutrinos .* nearly equal terms.* write it with s - M"
    ):
        poor.evaluate("flux", **_light_kick(1e7))
    assert float(good.evaluate("flux", **_light_kick(1e7))) > 0.0
    found, expected = (each.evaluate("flux", **_light_kick(1e3)) for each in (poor, good))
    assert float(found) == pytest.approx(float(expected), rel=1e-7, abs=0.0)


@pytest.mark.parametrize("mass", [1e6, 1e8])
def test_the_built_in_interaction_is_zero_to_rounding_where_it_vanishes(model, mass):
    """Backwards it vanishes; a rounding error below zero was refused as negative (08d76d0)."""
    assert float(model.evaluate("flux", interaction="lmu-ltau", **_light_kick(mass))) > 0


def test_a_form_factor_does_not_keep_an_amplitude_from_being_pasted(model):
    def with_form_factor(s, t, u, dark_matter_mass, target_mass, dark_matter_coupling, kinetic_mixing, mediator_mass):
        masses = (dark_matter_mass, target_mass, dark_matter_coupling, kinetic_mixing, mediator_mass)
        return gauged_target_amplitude(s, t, u, *masses) * np.exp(t / (100 * mediator_mass) ** 2)

    grid = {**LIGHT_KICKS, "kinetic_energy": [1e-3, 0.1]}
    found = model.replace(target_squared_amplitude=with_form_factor).evaluate("target_scattering_cross_section", **grid)
    bare = model.evaluate("target_scattering_cross_section", interaction="lmu-ltau", **grid)
    assert (found < bare).all()
    assert (found > 0).all()


def test_the_built_in_interaction_has_a_cross_section_at_the_ends_of_its_ranges(model):
    """Fifty-five of 756 such points were refused (78c2126)."""
    names = ["target_scattering_cross_section", "target_scattering_cross_section_error"]
    energies, masses = [1e-9, 1e-7, 1e-5, 1e-3, 1.0, 100.0], [1e-12, 1e-9, 1e-7, 1e-5, 1e-2, 1.0, 1e3]
    found = model.evaluate(
        names, interaction="lmu-ltau", target=["electron", "xenon"], kinetic_energy=energies, dark_matter_mass=masses
    )
    assert (found[names[0]] > 0).all()
    assert (found[names[1]] <= 1e-9 * found[names[0]]).all()


def test_an_amplitude_that_cannot_have_more_digits_is_refused_with_the_recipe(model):
    def numerical(s, t, u, dark_matter_mass, target_mass):
        masses = dark_matter_mass**2 + target_mass**2
        return np.asarray((s**2 + u**2 + 4 * t * masses - 2 * masses**2) / masses**2)

    kernel = gs.kernel("1", s="MeV^2", t="MeV^2", u="MeV^2", dark_matter_mass="MeV", target_mass="MeV")(numerical)
    mine = model.replace(target_squared_amplitude=kernel)
    with pytest.raises(
        EvaluationError, match=r"take s_minus_masses = s - M .* kinetic_energy = 1e-06 MeV, dark_matter_mass = 1e-05"
    ):
        mine.evaluate("target_scattering_cross_section", **LIGHT_KICKS)


def test_the_angular_cross_section_runs_along_psi(model):
    """For T = 5 and m = 1, psi_max = arctan(sqrt(2 m/T)), and E = T m/(p cos(psi) - T)."""
    psi = np.array([0.0, 10.0, 25.0, 32.0, 33.0, 90.0, 180.0])
    found = model.evaluate("angular_cross_section", psi=psi, interaction=["constant", "lmu-ltau"])
    assert found.dims == ("psi", "interaction")
    energy, mass, cosine = 5.0, 1.0, np.cos(np.radians(psi))
    neutrino = energy * mass / (np.sqrt(energy * (energy + 2 * mass)) * cosine - energy)
    boost = (neutrino + mass) ** 2 / (mass * (2 * neutrino + mass))
    density = boost / cosine**3 / (np.pi * (1 + boost * np.tan(np.radians(psi)) ** 2) ** 2)
    allowed = np.tan(np.radians(psi)) < np.sqrt(2 * mass / energy)
    allowed &= cosine > 0
    expected = np.where(allowed, 1e-45 * density, 0.0)
    np.testing.assert_allclose(found.sel(interaction="constant"), expected, rtol=1e-12)
    np.testing.assert_array_equal(found.sel(interaction="lmu-ltau") > 0, allowed)


def test_the_angular_cross_section_is_that_of_the_sky(model):
    there = {"latitude": [80, 75, 70], "halo_latitude": "-20 deg", **POLE}
    sky = model.evaluate(["neutrino_differential_cross_section", "scattering_haversine"], **there)
    psi = np.degrees(2 * np.arcsin(np.sqrt(sky.scattering_haversine.values)))
    found = model.evaluate("angular_cross_section", psi=psi)
    np.testing.assert_allclose(found, sky.neutrino_differential_cross_section, rtol=1e-9)


def test_a_differential_cross_section_can_be_written_directly(model):
    mine = model.replace(neutrino_differential_cross_section=isotropic_differential)
    grid = {"time": [1.0, 100.0, 350.0], "kinetic_energy": [5.0, 12.0]}
    np.testing.assert_allclose(mine.evaluate("flux", **grid), model.evaluate("flux", **grid), rtol=1e-9)
    assert "convention" not in mine.evaluate("flux", time=[1.0, 2.0]).dims


def test_a_cross_section_on_the_target_can_be_written_directly(model):
    def growing(kinetic_energy, target_cross_section, target_mass):
        return target_cross_section * kinetic_energy / target_mass

    mine = model.replace(target_scattering_cross_section=growing)
    integral = double_integral(model, lambda energy: 1e-45 * energy / 0.511, **EASY)
    found = mine.evaluate("events_per_target", target_mass="0.511 MeV", **EASY)
    assert float(found) == pytest.approx(integral, rel=1e-6, abs=0.0)


def test_both_cross_sections_can_be_written_at_once(model):
    mine = model.replace(
        neutrino_differential_cross_section=isotropic_differential,
        target_scattering_cross_section=lambda target_cross_section: 2 * target_cross_section,
    )
    found, default = mine.evaluate("events", **EASY), model.evaluate("events", **EASY)
    assert float(found) == pytest.approx(2 * float(default), rel=1e-9, abs=0.0)


def test_a_numerical_amplitude_replaces_one_as_a_kernel(model):
    symbolic = model.replace(neutrino_squared_amplitude=lambda s, t: (s / t) ** 2)
    numerical = model.replace(
        neutrino_squared_amplitude=gs.kernel("1", s="MeV^2", t="MeV^2")(lambda s, t: (s / t) ** 2)
    )
    grid = {"time": [1.0, 100.0], "dark_matter_mass": [0.1, 1.0]}
    np.testing.assert_allclose(numerical.evaluate("flux", **grid), symbolic.evaluate("flux", **grid), rtol=1e-12)


def test_couplings_are_axes_and_rates_go_with_their_powers(gauged):
    grid = {"neutrino_coupling": [1e-6, 2e-6], "dark_matter_coupling": [0.01, 0.03], "kinetic_mixing": [1e-6, 5e-6]}
    found = gauged.evaluate(["flux", "events_per_target"], **EASY, **grid)
    assert found.flux.dims == ("neutrino_coupling", "dark_matter_coupling")
    np.testing.assert_allclose(found.flux / found.flux[0, 0], [[1, 9], [4, 36]], rtol=1e-9)
    powers = np.array([1, 4])[:, None, None] * np.array([1, 81])[:, None] * np.array([1, 25])
    events = found.events_per_target.transpose(*grid)
    np.testing.assert_allclose(events / events[0, 0, 0], powers, rtol=1e-9)


def test_an_interaction_can_have_parameters_of_its_own(model):
    mine = model.copy()
    mine.parameter("strength", 1.0, "Strength of a contact interaction", minimum=0)
    mine = mine.replace(neutrino_squared_amplitude=lambda s, t, strength: strength * (s / t) ** 2)
    found = mine.evaluate("flux", strength=[1.0, 2.0, 7.0], time=[10.0, 100.0])
    assert found.dims == ("strength", "time")
    np.testing.assert_allclose(found.values / found.values[0], np.outer([1, 2, 7], [1, 1]), rtol=1e-12)
    assert "strength" not in model.parameters


def test_a_form_factor_lowers_the_events_on_xenon_the_more_the_heavier_dark_matter_is(model):
    mine = model.copy()
    mine.parameter("mass_number", 131.293, "Nucleons", minimum=1)
    mine.parameter("femtometre", "1 fm", "Unit of lengths in nuclei")

    def amplitude(
        s,
        t,
        u,
        dark_matter_mass,
        dark_matter_coupling,
        kinetic_mixing,
        mediator_mass,
        target_mass,
        mass_number,
        femtometre,
        hbar,
        speed_of_light,
    ):
        coupling = dark_matter_coupling * kinetic_mixing
        bare = muon_tau_target(s, t, u, dark_matter_mass, coupling, mediator_mass, target_mass)
        return bare * helm_form_factor(-t, mass_number, hbar * speed_of_light / femtometre)

    mine = mine.replace(target_squared_amplitude=amplitude)
    settings = {"target": "xenon", "interaction": "lmu-ltau", "dark_matter_mass": [1.0, 10.0, 30.0]}
    suppression = mine.evaluate("events_per_target", **settings) / model.evaluate("events_per_target", **settings)
    assert (np.diff(suppression) < 0).all()
    assert 0.999 < float(suppression[0]) < 1
    assert 0.5 < float(suppression[-1]) < 0.98
    # A nucleus without extent, from afar: a proton of the mass of xenon.
    with_one = mine.evaluate("target_scattering_cross_section", kinetic_energy="1 keV", **settings)
    without = model.evaluate("target_scattering_cross_section", kinetic_energy="1 keV", **settings)
    np.testing.assert_allclose(with_one, without, rtol=1e-3)


# What is refused, and how accurate the rest is.


@pytest.mark.parametrize(
    ("function", "error", "message"),
    [
        (lambda s: s, UnitError, "gives 'MeV\\^2', expected the declared unit '1'"),
        (lambda s, mass: s / mass**2, GridscanError, "takes the unknown name 'mass'"),
        (lambda s, t: np.sqrt(t / s), EvaluationError, "the cross section of neutrinos is not a number"),
    ],
)
def test_an_amplitude_that_is_none_is_refused(model, function, error, message):
    with pytest.raises(error, match=message):
        model.replace(neutrino_squared_amplitude=function).evaluate("flux")


ON_THE_SKY = {
    "flux": {"time": "0.5 yr"},
    "sky_flux": {"time": "0.5 yr", "longitude": "111 deg", "latitude": "-2 deg"},
    "emissivity": {"time": "0.5 yr", "longitude": "111 deg", "latitude": "-2 deg"},
    "angular_cross_section": {"psi": "30 deg"},
    "galactic_sky_flux": {"time": "4 kyr", "supernova_history": "5 kyr", "supernova_rate": "10/yr"},
}


@pytest.mark.parametrize("quantity", ON_THE_SKY)
def test_a_cross_section_of_ones_own_that_is_none_is_refused_on_the_sky_too(model, quantity):
    """Fluxes of the sky and angular cross sections below zero were answered, and zero for what is no number."""

    def negative(neutrino_cross_section, scattering_haversine):
        return -neutrino_cross_section * (1.0 - 2.0 * scattering_haversine)

    def no_number(neutrino_cross_section, scattering_haversine):
        return neutrino_cross_section * np.sqrt(scattering_haversine - 2.0)

    for function, found in ((negative, "negative"), (no_number, "not a number")):
        own = model.replace(neutrino_differential_cross_section=function)
        with np.errstate(invalid="ignore"), pytest.raises(EvaluationError, match=f"of neutrinos is {found}"):
            own.evaluate(quantity, **ON_THE_SKY[quantity])
    amplitude = model.replace(neutrino_squared_amplitude=lambda s, dark_matter_mass: -s / dark_matter_mass**2)
    with pytest.raises(EvaluationError, match="of neutrinos is negative"):
        amplitude.evaluate(quantity, **ON_THE_SKY[quantity])


def test_rounding_errors_in_place_of_a_cross_section_are_refused_on_the_sky_too(model):
    def rounded(neutrino_energy, dark_matter_mass, scattering_haversine, neutrino_cross_section):
        s = dark_matter_mass**2 + 2 * dark_matter_mass * neutrino_energy
        u = 2 * dark_matter_mass**2 - s
        part = (s**2 + u**2 - 2 * dark_matter_mass**4) / dark_matter_mass**4
        return neutrino_cross_section * part * (1.0 - 2.0 * scattering_haversine)

    own = model.replace(neutrino_differential_cross_section=rounded)
    with pytest.raises(EvaluationError, match="rounding leaves too few digits"):
        own.evaluate("angular_cross_section", psi="30 deg", dark_matter_mass="1e6 MeV", kinetic_energy="1e-6 MeV")


def test_a_massless_mediator_has_no_total_cross_section(model):
    coulomb = model.replace(target_squared_amplitude=lambda s, t: (s / t) ** 2)
    with pytest.raises(EvaluationError, match="is the mediator massless"):
        coulomb.evaluate("target_scattering_cross_section")


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"kinetic_energy": "0 MeV"}, "'kinetic_energy' cannot be 0"),
        ({"dark_matter_mass": "-1 MeV"}, "'dark_matter_mass' cannot be -1"),
        ({"supernova_latitude": "91 deg"}, "'supernova_latitude' cannot be 91"),
        ({"spike": "2"}, "'spike'"),
        ({"interaction": "lmu"}, "'interaction'"),
        ({"supernova": "cas-b"}, "cas-a"),
        ({"time": "3 kpc"}, "'time'"),
        (
            {"exposure_start": "40 yr"},
            "exposure_end must be above exposure_start; found exposure_end = 35 yr with exposure_start = 40 yr",
        ),
        (
            {"kinetic_energy_min": "40 MeV"},
            "kinetic_energy_max must be above kinetic_energy_min; found kinetic_energy_max = 30 MeV with",
        ),
        ({"accuracy": 1e-13}, "'accuracy'"),
    ],
)
def test_what_the_physics_does_not_allow_is_refused_by_name(model, values, message):
    with pytest.raises(GridscanError, match=message):
        model.evaluate(["flux", "events"], **values)


def test_the_status_says_where_the_accuracy_is_not_attained(model):
    found = model.evaluate(["flux", "flux_error", "status"], time=[1.0, 120.0], accuracy=1e-12)
    np.testing.assert_array_equal(found.status, found.flux_error > 1e-12 * found.flux)
    np.testing.assert_array_equal(found.status, [0, 1])
    assert (found.flux_error < 1e-9 * found.flux).all()
    given = {"flux": "2e-20 / MeV / cm^2 / s", "accuracy": 1e-6}
    errors = {"values": [1.9e-26, 2.1e-26], "unit": "1 / MeV / cm^2 / s"}
    np.testing.assert_array_equal(model.evaluate("status", flux_error=errors, **given), [0, 1])
    found = model.evaluate("status", time="120 yr", accuracy=[1e-12, 1e-9])
    assert found.dims == ("accuracy",)
    np.testing.assert_array_equal(found, [1, 0])


def test_less_accuracy_keeps_within_its_bounds(model):
    times = np.linspace(1, 550, 40)
    exact = model.evaluate("flux", time=times, accuracy=1e-12)
    for accuracy in (1e-2, 1e-4, 1e-6):
        rough = model.evaluate(["flux", "flux_error", "status"], time=times, accuracy=accuracy)
        assert (rough.status == 0).all()
        assert (abs(rough.flux - exact) <= rough.flux_error + 2e-10 * exact).all()


@pytest.mark.parametrize("quantity", ["integrated_flux", "fluence", "events_per_target"])
def test_each_integral_has_a_status(model, quantity):
    parameter = "accuracy" if "flux" in quantity else "accuracy_of_events"
    unit = {"integrated_flux": " / cm^2 / s", "fluence": " / MeV / cm^2", "events_per_target": ""}[quantity]
    errors = {"values": [1.9e-6, 2.1e-6], "unit": f"1{unit}"}
    given = {quantity: f"2{unit}", f"{quantity}_error": errors, parameter: 1e-6}
    np.testing.assert_array_equal(model.evaluate(f"{quantity}_status", **given), [0, 1])
    assert float(model.evaluate(f"{quantity}_status")) == 0


def test_a_quantity_that_is_replaced_takes_its_status_with_it(model):
    mine = model.replace(integrated_flux=lambda flux, kinetic_energy: flux * kinetic_energy)
    assert "integrated_flux_status" not in mine.quantities
    assert "status" in mine.quantities
    assert float(mine.evaluate("integrated_flux")) > 0


@pytest.mark.parametrize("quantity", ["flux", "integrated_flux", "fluence", "events_per_target"])
def test_of_several_accuracies_all_have_the_highest(model, quantity):
    names, parameter = [quantity, f"{quantity}_error"], "accuracy" if "flux" in quantity else "accuracy_of_events"
    for accuracy in (1e-7, [1e-2, 1e-7]):
        found = model.evaluate(names, **{parameter: accuracy})
        assert (found[names[1]] < 1e-7 * found[names[0]]).all()
    rough = model.evaluate(names, **{parameter: 1e-2})
    assert 1e-7 * float(rough[names[0]]) < float(rough[names[1]]) < 1e-2 * float(rough[names[0]])


def test_the_flux_through_the_centre_of_the_halo_keeps_its_accuracy(model):
    """The arrival surface crosses a spike: the flux jumps up and down within a thousandth of the time."""
    case = next(case for case in cases("flux") if case["id"] == "F057")
    settings = rounded(case)
    middle = float(settings.pop("time").split()[0])
    times = {"values": (middle * np.linspace(0.999, 1.001, 5)).tolist(), "unit": "s"}
    found = model.evaluate(["flux", "flux_error", "status"], time=times, **settings)
    exact = model.evaluate("flux", time=times, accuracy=1e-10, **settings)
    assert (found.status == 0).all()
    assert (abs(found.flux - exact) <= found.flux_error + 1e-9 * exact).all()
    assert (found.flux[2] > found.flux).sum() == 4


def test_lazy_and_eager_evaluation_give_the_same_numbers(model):
    names = ["flux", "flux_error", "sky_flux", "status", "events"]
    grid = {"time": [1.0, 100.0, 350.0], "dark_matter_mass": [0.5, 1.0], "interaction": ["constant", "lmu-ltau"]}
    grid |= {"latitude": [80, 70], "halo_latitude": "-20 deg", "accuracy_of_events": 1e-3, **POLE}
    eager = model.evaluate(names, **grid)
    lazy = model.evaluate(names, limits=Limits(eager_cells=1, chunk_cells=3), **grid)
    for name in names:
        assert lazy[name].chunks is not None, name
        assert eager[name].chunks is None
    for name in ("flux", "sky_flux", "status", "events"):
        np.testing.assert_allclose(lazy[name].values, eager[name].values, rtol=1e-12)
    # An error is a difference of two rules, which rounds.
    assert (abs(lazy.flux_error - eager.flux_error) <= 1e-13 * eager.flux).all()
