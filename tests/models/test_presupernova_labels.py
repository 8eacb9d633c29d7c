"""Labels to which a scenario of `presupernova` adds records: ordering, progenitor, tracks; and time scaling."""

import numpy as np
import pytest

import gridscan as gs
from gridscan.errors import GridscanError
from gridscan.inputs.shipped_files import data_path

MODEL = gs.model("presupernova")


def result_of(tmp_path, text, **files):
    for name, content in files.items():
        (tmp_path / f"{name}.csv").write_text(content)
    (tmp_path / "scan.toml").write_text(f'model = "presupernova"\n{text}')
    return gs.evaluate(tmp_path / "scan.toml")


def number(name, **values):
    return float(MODEL.evaluate(name, **values))


def constant_star(luminosity):
    """Two masses that shine alike."""
    rows = [f"{mass},{time},{luminosity},0.9,3" for mass in (15, 25) for time in (1e-5, 6000)]
    units = "# units: mass Msun; time_before_collapse yr; luminosity erg/s; mean_energy MeV; pinching 1\n"
    return units + "mass,time_before_collapse,luminosity,mean_energy,pinching\n" + "\n".join(rows) + "\n"


def test_progenitors_of_one_s_own_stand_beside_those_that_ship(tmp_path):
    found = result_of(
        tmp_path,
        '[axes]\nprogenitor = ["interpolated", "mine", "kepler-25"]\n'
        '[catalogue.progenitor.mine]\nneutrino_table = "mine.csv"\nsource = "mine"\n'
        '[output]\nquantities = ["luminosity", "alarm_horizon"]\npath = "out.nc"\n',
        mine=constant_star("1e40"),
    )
    assert found.luminosity.values[1] == pytest.approx(1e40)
    assert found.luminosity.values[0] == pytest.approx(number("luminosity"))
    assert found.luminosity.values[2] == pytest.approx(number("luminosity", progenitor="kepler-25"))
    assert found.progenitor_mass.values.tolist() == [0.0, 0.0, 25.0]


def test_a_table_of_one_s_own_is_an_axis(tmp_path):
    names = []
    for power in ("1e39", "1e40"):
        path = tmp_path / f"of{power}.csv"
        path.write_text(constant_star(power))
        names.append(str(path))
    found = MODEL.evaluate("luminosity", neutrino_table=names, progenitor=["interpolated", "kepler-15"])
    assert found.dims == ("neutrino_table", "progenitor")
    np.testing.assert_allclose(found, [[1e39, 1e39], [1e40, 1e40]])


def test_orderings_of_one_s_own_are_mass_states(tmp_path):
    """Electron neutrinos that leave as nu_2, as without adiabaticity at the upper resonance of the normal ordering."""
    found = result_of(
        tmp_path,
        '[axes]\nordering = ["normal", "sudden", "inverted", "none"]\n'
        '[catalogue.ordering.sudden]\nneutrino_mass_state = 2\nantineutrino_mass_state = 1\nsource = "mine"\n'
        '[output]\nquantities = ["neutrino_survival", "antineutrino_survival"]\npath = "out.nc"\n',
    )
    s12, s13 = 0.3075, 0.0222
    np.testing.assert_allclose(found.neutrino_survival, [s13, s12 * (1 - s13), s12 * (1 - s13), 1.0])
    np.testing.assert_allclose(found.antineutrino_survival, [(1 - s12) * (1 - s13), (1 - s12) * (1 - s13), s13, 1.0])


def test_tracks_of_stars_count_and_hardly_change_alarms_or_fluxes():
    """Carbon burning of rotating stars is two to four times shorter, and the last centuries are the same."""
    given = {"tracks": ["parsec", "geneva-rotating"], "radius": "1 kpc"}
    found = MODEL.evaluate(["dying_stars_within", "mean_population_flux", "alarms_per_century"], **given)
    stars, flux, alarms = (found[name].values for name in found.data_vars)
    assert 2.0 < stars[0] / stars[1] < 6.0
    # Stars from 20 Msun on are not red.
    assert 0.5 < flux[1] / flux[0] < 1.0
    assert alarms[0] == alarms[1]
    all_stars = MODEL.evaluate("mean_population_flux", stars="all", **given).values
    assert all_stars[0] == all_stars[1]


def test_tracks_of_one_s_own_set_the_range_of_masses(tmp_path):
    text = data_path("stellar_phases.csv").read_text()
    lighter = "\n".join(line for line in text.splitlines() if line.startswith(("#", "m")) or ",3" not in line[:8])
    catalogue = '[catalogue.tracks.mine]\nstellar_table = "mine.csv"\nsource = "mine"\n'
    output = '[output]\nquantities = ["luminosity", "collapse_rate"]\npath = "out.nc"\n'
    axes = '[axes]\ntracks = ["parsec", "mine"]\n[parameters]\nstars = "all"\n'
    found = result_of(tmp_path, f"{axes}{catalogue}{output}", mine=lighter)
    assert found.collapse_rate.values[1] < found.collapse_rate.values[0]
    alone = f'[parameters]\ntracks = "mine"\ninitial_mass = "33 Msun"\n{catalogue}{output}'
    with pytest.raises(GridscanError, match="'initial_mass' cannot be 33 Msun; allowed is a number from 12 to 28"):
        result_of(tmp_path, alone, mine=lighter)


@pytest.mark.parametrize(
    ("record", "message"),
    [
        ('[catalogue.progenitor.mine]\nneutrino_table = "none.csv"', "'neutrino_table': .*none.csv: no such file"),
        ("[catalogue.progenitor.mine]\nneutrino_table = 3", "'neutrino_table' takes the name of a file, found 3"),
        ('[catalogue.progenitor.mine]\nneutrino_table = "bad.csv"', "bad.csv:2: "),
        ('[catalogue.progenitor.mine]\nprogenitor_mass = "-1 Msun"', "'progenitor_mass' cannot be -1 Msun"),
        ("[catalogue.progenitor.mine]\nneutrino_tabel = 3", "cannot set 'neutrino_tabel'; did you mean"),
    ],
)
def test_a_faulty_record_is_told_in_one_line(tmp_path, record, message):
    with pytest.raises(GridscanError, match=message) as fault:
        result_of(
            tmp_path,
            f'[parameters]\nprogenitor = "mine"\n{record}\nsource = "mine"\n'
            '[output]\nquantities = ["luminosity"]\npath = "out.nc"\n',
            bad="# units: mass Msun\nmass\n15\n",
        )
    assert len(str(fault.value).splitlines()) == 1


# Time scaling.


def test_a_star_that_burns_carbon_longer_runs_through_its_track_more_slowly():
    own = {"time_scaling": "carbon-lifetime", "initial_mass": "12 Msun"}
    lifetimes = {
        mass: gs.model("red_supergiants").evaluate("carbon_burning_rsg_duration", initial_mass=f"{mass} Msun")
        for mass in (12, 15)
    }
    speed = float(lifetimes[15] / lifetimes[12])
    assert speed < 0.8
    then = number("luminosity", time_before_collapse=f"{10.0 * speed!r} yr", initial_mass="15 Msun")
    assert number("luminosity", **own) == pytest.approx(speed * then, rel=1e-9)
    early = {"time_before_collapse": f"{6000.0 / speed * 1.001!r} yr"}
    energy = number("energy_remaining", initial_mass="15 Msun", time_before_collapse="6001 yr")
    assert number("energy_remaining", **early, **own) == pytest.approx(energy, rel=1e-9)
    assert number("luminosity", **early, **own) == 0.0


def test_progenitors_keep_their_own_time_on_the_tracks_that_ship():
    for mass in ("15 Msun", "20 Msun", "25 Msun"):
        one, other = (
            number("events_in_window", initial_mass=mass, time_scaling=scaling, distance="200 pc")
            for scaling in ("none", "carbon-lifetime")
        )
        assert other == pytest.approx(one, rel=1e-9)


def test_time_scaling_conserves_what_is_emitted_of_all_stars():
    """Windows from the collapse on hold more of slow stars' last years, and whole tracks hold the same."""
    axes = {"time_scaling": ["none", "carbon-lifetime"], "exposure": "20000 yr", "channel": "inverse_beta"}
    whole = MODEL.evaluate("events_in_exposure", initial_mass=["12 Msun", "30 Msun"], **axes)
    np.testing.assert_allclose(whole.sel(time_scaling="none"), whole.sel(time_scaling="carbon-lifetime"), rtol=1e-6)
    grid = MODEL.evaluate(["alarms_per_century", "stars_above_flux", "count_probability"], **axes)
    assert (np.abs(grid.alarms_per_century.diff("time_scaling")) > 0.0).all()
    one = MODEL.evaluate("alarms_per_century", time_scaling="carbon-lifetime", exposure="20000 yr")
    assert float(grid.alarms_per_century[1]) == float(one)
