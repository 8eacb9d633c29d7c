import re
import struct
import tracemalloc
import warnings
import zipfile
import zlib
from io import BufferedReader, BytesIO, RawIOBase

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from make_tracks import RED, member_name, members_of_table, simple_members, table_rows, track_text, write_zip
from processors import printed_everywhere

from gridscan.errors import CatalogueError, GridscanError, GridscanWarning, StoreError
from gridscan.inputs.shipped_files import data_path
from gridscan.stellar_tables import phases, text_columns, track_archive
from gridscan.stellar_tables.phase_extraction import extract
from gridscan.stellar_tables.track_archive import TrackArchive, list_tracks
from gridscan.stellar_tables.tracks import phase_windows, read_track
from gridscan.units import parse_unit, unit_of

SHIPPED = data_path("stellar_phases.csv").read_text(encoding="utf-8")
PLAIN = ([0.0, 1e6, 2e6], [4.0, 3.7, 3.5], [3.0, 4.0, 5.0], [0.0, 0.5, 1.0])


def track(age, log_te, log_l, lc):
    return read_track(BytesIO(track_text(age, log_te, log_l, lc).encode()), "star")


def windows(*columns, **thresholds):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", GridscanWarning)
        return phase_windows(track(*columns), **thresholds)


def message(error, call, *arguments, **options):
    with pytest.raises(error) as caught:
        call(*arguments, **options)
    return str(caught.value)


# The extraction


@pytest.mark.parametrize("folder", ["", "tracks/Z0.014/"])
def test_extraction_gives_the_shipped_table_back_to_the_last_digit(tmp_path, folder):
    path = write_zip(tmp_path / "tracks.zip", members_of_table(SHIPPED, folder))
    text = extract(path, tmp_path / "out.csv").read_text(encoding="utf-8")
    found, expected = ([line for line in table.splitlines() if not line.startswith("#")] for table in (text, SHIPPED))
    assert len(expected) == 23
    assert found == expected
    (units,) = [line for line in SHIPPED.splitlines() if line.startswith("# units:")]
    assert units in text.splitlines()


def test_extraction_is_read_as_a_table_of_phases(tmp_path):
    path = write_zip(tmp_path / "tracks.zip", members_of_table(SHIPPED))
    found = phases.read_phase_table(extract(path, tmp_path / "out.csv").read_text(encoding="utf-8"), "out.csv")
    for name, values in vars(phases.read_phase_table(SHIPPED, "shipped")).items():
        np.testing.assert_array_equal(getattr(found, name), values)


def test_rows_are_sorted_by_metallicity_then_mass_whatever_the_order_in_the_zip(tmp_path):
    members = {
        **simple_members((9,), ("0.02", "0.0004"), helium="0.300"),
        **simple_members((100, 12.25, 20), ("0.02", "0.0004")),
    }
    path = write_zip(tmp_path / "tracks.zip", members)
    rows = table_rows(extract(path, tmp_path / "out.csv").read_text(encoding="utf-8"))
    masses = ["9.0", "12.25", "20.0", "100.0"]
    assert [(row["metallicity"], row["mass"]) for row in rows] == [(z, m) for z in ("0.0004", "0.02") for m in masses]


def test_comments_say_thresholds_and_the_zip(tmp_path):
    path = write_zip(tmp_path / "my\ntracks.zip", simple_members())
    options = {"maximum_temperature": 3900.5, "minimum_log_luminosity": 4.25, "minimum_carbon_luminosity": 2e-3}
    text = extract(path, tmp_path / "out.csv", **options).read_text(encoding="utf-8")
    comments = " ".join(line for line in text.splitlines() if line.startswith("#"))
    for part in ("3900.5 K", ">= 4.25", "LC >= 0.002", r"'my\ntracks.zip'", "3 tracks", "Z = 0.014", "Y = 0.273"):
        assert part in comments


def test_thresholds_reach_the_tracks(tmp_path):
    path = write_zip(tmp_path / "tracks.zip", simple_members())

    def first(**options):
        return table_rows(extract(path, tmp_path / "out.csv", **options).read_text(encoding="utf-8"))[0]

    assert first()["rsg_duration"] == "2.000000"
    assert first(maximum_temperature=10**3.5)["rsg_duration"] == "1.000000"
    assert first(minimum_log_luminosity=4.75)["rsg_duration"] == "0.500000"
    assert first()["carbon_start"] == "9.000000"
    assert first(minimum_carbon_luminosity=0.5)["carbon_start"] == "10.000000"


def test_masses_metallicity_rotation_and_helium_choose_tracks(tmp_path):
    members = {
        **simple_members(("12", "14.0", "16")),
        **simple_members((12, 14), rotation="0.30"),
        **simple_members((12, 14), ("0.017",), helium="0.279"),
        **simple_members((12, 14), ("0.017",), helium="0.300"),
    }
    path = write_zip(tmp_path / "tracks.zip", members)

    def keys(**options):
        rows = table_rows(extract(path, tmp_path / "out.csv", **options).read_text(encoding="utf-8"))
        return [(float(row["metallicity"]), float(row["mass"])) for row in rows]

    assert keys(metallicity=[0.014], rotation=[0]) == [(0.014, 12), (0.014, 14), (0.014, 16)]
    assert keys(metallicity=[0.014], rotation=[0], masses=[16, 12]) == [(0.014, 12), (0.014, 16)]
    assert keys(rotation=[0], helium=[0.273, 0.3], masses=[14, 12]) == [
        (z, m) for z in (0.014, 0.017) for m in (12, 14)
    ]
    assert "choose by --rotation" in message(CatalogueError, keys, metallicity=[0.014])
    assert "choose by --helium" in message(CatalogueError, keys, metallicity=[0.017])
    gap = message(CatalogueError, keys, rotation=[0], helium=[0.273, 0.3])
    assert "metallicity 0.017 has no track of 16 Msun" in gap
    assert "it has 12, 14 Msun" in gap
    wrong = message(CatalogueError, keys, masses=[13])
    assert "no track of mass 13 Msun; there are 12, 14, 16 Msun" in wrong
    assert "no track of metallicity 0.02; there are 0.014, 0.017" in message(CatalogueError, keys, metallicity=[0.02])


def test_a_wrong_mass_is_answered_with_the_nearest_of_many(tmp_path):
    path = write_zip(tmp_path / "tracks.zip", simple_members(range(10, 60)))
    found = message(CatalogueError, extract, path, tmp_path / "out.csv", masses=[30.2])
    assert "the nearest of 50 are 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36 Msun" in found


def test_tracks_that_are_not_wanted_are_not_read(tmp_path):
    members = {**simple_members(), member_name("0.014", 40): "garbage"}
    path = write_zip(tmp_path / "tracks.zip", members)
    assert len(table_rows(extract(path, tmp_path / "out.csv", masses=[12, 14]).read_text(encoding="utf-8"))) == 2
    assert "M40.TAB" in message(CatalogueError, extract, path, tmp_path / "out.csv")


def test_nothing_but_the_table_is_written_and_an_earlier_one_survives_a_failure(tmp_path):
    place = tmp_path / "place"
    members = {**simple_members(), "../evil.TAB": "x", "/tmp/evil.TAB": "x", f"../{member_name('0.5', 1)}": "x"}
    path = write_zip(tmp_path / "tracks.zip", members)
    with pytest.warns(GridscanWarning, match=r"passed over.*'\.\./evil\.TAB', '/tmp/evil\.TAB'"):
        out = extract(path, place / "out.csv")
    assert sorted(tmp_path.rglob("*")) == sorted([path, place, out])
    before = out.read_text(encoding="utf-8")
    bad = write_zip(tmp_path / "bad.zip", {**members, member_name("0.014", 18): "garbage"})
    with pytest.warns(GridscanWarning, match="passed over"):
        message(CatalogueError, extract, bad, out)
    assert out.read_text(encoding="utf-8") == before
    assert sorted(place.iterdir()) == [out]


def test_the_zip_itself_is_never_overwritten(tmp_path):
    path = write_zip(tmp_path / "tracks.zip", simple_members())
    before = path.read_bytes()
    assert "is the ZIP of the tracks" in message(StoreError, extract, path, path)
    assert path.read_bytes() == before


def test_a_table_that_the_model_could_not_read_is_refused(tmp_path):
    path = write_zip(tmp_path / "tracks.zip", simple_members())
    assert "two masses or more" in message(CatalogueError, extract, path, tmp_path / "out.csv", masses=[12])
    assert not (tmp_path / "out.csv").exists()


def test_progress_counts_the_bytes_of_the_wanted_tracks_to_the_end(tmp_path):
    members = simple_members()
    path = write_zip(tmp_path / "tracks.zip", members)
    calls = []
    extract(path, tmp_path / "out.csv", masses=[12, 16], progress=lambda *pair: calls.append(pair))
    total = 2 * len(next(iter(members.values())))
    done = [call[0] for call in calls]
    assert {call[1] for call in calls} == {total}
    assert done == sorted(done)
    assert done[-1] == total


def test_memory_holds_the_needed_columns_of_one_track(tmp_path):
    columns = ["MODELL", "AGE", "LOG_L", "LOG_TE", "LC", *(f"OTHER_{number}" for number in range(195))]
    count = 4000
    age = np.linspace(0.0, 1e7, count).tolist()
    text = track_text(age, [3.5] * count, [4.6] * count, [0.5] * count, columns=columns)
    assert len(text) > 3.5e6
    path = write_zip(tmp_path / "tracks.zip", {member_name("0.014", mass): text for mass in (12, 14)})
    extract(write_zip(tmp_path / "small.zip", simple_members()), tmp_path / "out.csv")
    tracemalloc.start()
    extract(path, tmp_path / "out.csv")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2e6


# The windows of phases


def test_a_phase_begins_where_the_straight_line_meets_its_threshold():
    # log T_eff falls through log10(4000) at a quarter of the second step; log L rises through 4.5 at half of it.
    age, cool = [0.0, 2e6, 4e6, 5e6], [4.0, RED + 0.1, RED - 0.3, 3.4]
    assert windows(age, cool, [4.6] * 4, [0.0] * 4).rsg_duration == pytest.approx(2.5, rel=1e-12)
    assert windows(age, [3.5] * 4, [3.0, 4.0, 5.0, 5.0], [0.0] * 4).rsg_duration == pytest.approx(2.0, rel=1e-12)
    both = windows(age, cool, [3.0, 4.0, 5.0, 5.0], [0.0, 0.0, 0.01, 0.0])
    assert both.rsg_duration == pytest.approx(2.0, rel=1e-12)
    # LC rises from 0 to 0.01 in the second step and falls to 0 in the third: above 0.001 for 0.9 of each.
    assert (both.carbon_start, both.carbon_end) == pytest.approx((2.2, 4.9), rel=1e-12)
    assert both.carbon_duration == pytest.approx(2.7, rel=1e-12)
    assert both.carbon_rsg_duration == pytest.approx(1.9, rel=1e-12)
    assert both.lifetime == 5.0


def test_points_on_the_thresholds_are_the_very_ages():
    age = [0.1, 1234567.0, 7654321.0, 7654999.0, 7655000.0]
    found = windows(age, [4.0, RED, 3.5, 3.5, 3.5], [4.5] * 5, [0.0, 0.0, 1e-3, 1e-3, 0.0])
    assert (found.carbon_start, found.carbon_end) == (7.654321, 7.654999)
    assert found.rsg_duration == pytest.approx(7.655 - 1.234567, rel=1e-15)
    assert found.carbon_rsg_duration == found.carbon_duration == pytest.approx(678e-6, rel=1e-12)


def test_no_age_of_a_point_is_lost_to_rounding():
    random = np.random.default_rng(5)
    for first, middle, last in np.sort(random.uniform(0.0, 2e7, (400, 3)), axis=1).tolist():
        found = windows([first, middle, last], [4.0] * 3, [4.6] * 3, [0.0, 1e-3, 0.0])
        assert (found.carbon_start, found.carbon_end) == (middle / 1e6, middle / 1e6)


def test_a_threshold_that_is_touched_at_the_first_point_is_met_there():
    found = windows([2e6, 3e6, 4e6], [4.0] * 3, [4.6] * 3, [1e-3, 0.0, 0.0])
    assert (found.carbon_start, found.carbon_end, found.carbon_duration) == (2.0, 2.0, 0.0)


def test_no_logarithm_on_a_threshold_is_lost_to_rounding():
    for log_value in np.round(np.arange(-0.5, 0.5, 0.003), 3).tolist():
        found = windows([0.0, 1e6], [3.5] * 2, [log_value] * 2, [1.0] * 2, minimum_log_luminosity=log_value)
        assert found.rsg_duration == 1.0


@pytest.mark.parametrize("log_luminosity", [4.5, 4.4, 4.55, 3.7])
@pytest.mark.parametrize("temperature", [4000.0, 3981.07, 3500.0])
def test_a_star_that_stays_on_the_thresholds_fulfils_them(temperature, log_luminosity):
    log_te = float(np.log10(temperature))
    columns = [0.0, 1e6, 3e6], [log_te] * 3, [log_luminosity] * 3, [0.3] * 3
    found = windows(
        *columns,
        maximum_temperature=temperature,
        minimum_log_luminosity=log_luminosity,
        minimum_carbon_luminosity=0.3,
    )
    assert found.rsg_duration == found.carbon_duration == found.carbon_rsg_duration == 3.0


def test_a_jump_at_one_age_takes_no_time():
    found = windows([0.0, 1e6, 1e6, 2e6], [4.0, 4.0, 3.5, 3.5], [4.6] * 4, [0.0, 0.0, 0.1, 0.1])
    assert (found.rsg_duration, found.carbon_duration, found.carbon_start) == (1.0, 1.0, 1.0)


def test_stretches_of_a_phase_add_up():
    age = [0.0, 1e6, 2e6, 3e6, 4e6, 5e6]
    found = windows(age, [3.5] * 6, [4.6, 4.5, 4.3, 4.5, 4.6, 4.6], [0.0, 1e-3, 1e-3, 0.0, 1e-3, 1e-3])
    assert found.rsg_duration == pytest.approx(3.0, rel=1e-12)
    assert found.carbon_duration == pytest.approx(2.0, rel=1e-12)
    assert (found.carbon_start, found.carbon_end) == (1.0, 5.0)


def test_a_red_supergiant_phase_before_the_end_of_life_is_told():
    def life(last_red):
        age = [0.0, 9e6, last_red, last_red, 1e7]
        return track(age, [4.0, RED, 3.5, 4.0, 4.0], [4.6] * 5, [1.0] * 5)

    with pytest.warns(GridscanWarning, match=r"star: is a red supergiant for 0\.98 Myr, but 0\.02 Myr of that lie"):
        phase_windows(life(9.98e6))
    phase_windows(life(9.995e6))
    phase_windows(life(1e7))


def test_two_red_supergiant_phases_are_told_though_the_last_one_reaches_the_end():
    with pytest.warns(GridscanWarning, match=r"0\.5 Myr of that lie before the last 1 Myr"):
        phase_windows(
            track(
                [0.0, 1e6, 1e6, 1.5e6, 1.5e6, 9.5e6, 9.5e6, 1e7],
                [4.0, 4.0, 3.5, 3.5, 4.0, 4.0, 3.5, 3.5],
                [4.6] * 8,
                [1.0] * 8,
            )
        )


def test_interrupted_and_missing_carbon_burning_are_told():
    def carbon(*luminosities):
        age = np.linspace(0.0, 1e7, len(luminosities))
        return track(age.tolist(), [4.0] * len(age), [4.6] * len(age), luminosities)

    with pytest.warns(GridscanWarning, match="with interruptions, in an interval of"):
        phase_windows(carbon(1.0, 1.0, 0.0, 0.0, 1.0))
    with pytest.warns(GridscanWarning, match=r"never reaches 0\.001"):
        found = phase_windows(carbon(0.0, 0.0))
    assert (found.carbon_start, found.carbon_end, found.carbon_duration) == (10.0, 10.0, 0.0)


@pytest.mark.parametrize(
    ("thresholds", "expected"),
    [
        ({"maximum_temperature": 0.0}, "maximum temperature is 0 K"),
        ({"maximum_temperature": np.inf}, "maximum temperature"),
        ({"minimum_log_luminosity": np.nan}, "minimum log luminosity is nan"),
        ({"minimum_carbon_luminosity": 0.0}, "minimum carbon luminosity is 0"),
        ({"minimum_carbon_luminosity": np.nan}, "minimum carbon luminosity is nan"),
    ],
)
def test_thresholds_out_of_range_are_refused(thresholds, expected):
    assert expected in message(CatalogueError, windows, *PLAIN, **thresholds)


def test_tracks_of_ones_own_are_checked_and_converted():
    made = track(*PLAIN)
    in_myr = made.assign(age=("point", [0.0, 1.0, 2.0], {"units": "Myr"}))
    assert phase_windows(in_myr) == phase_windows(made)
    for name, values in {
        "age": [0.0, np.nan, 2.0],
        "luminosity": [1.0, 0.0, 1.0],
        "effective_temperature": [4e3, -1.0, 4e3],
        "carbon_luminosity": [0.0, np.inf, 1.0],
    }.items():
        wrong = made.assign({name: ("point", values, made[name].attrs)})
        assert f"star: {name} is" in message(CatalogueError, phase_windows, wrong)
    assert "never decrease" in message(CatalogueError, phase_windows, made.isel(point=[0, 2, 1]))
    assert "above zero" in message(CatalogueError, phase_windows, made.assign(age=made.age * 0))
    assert "has no 'luminosity'" in message(CatalogueError, phase_windows, made.drop_vars("luminosity"))


@st.composite
def lives(draw):
    """Random tracks, with many points on the thresholds and steps that take no time."""
    count = draw(st.integers(2, 9))
    steps = draw(st.lists(st.sampled_from([0.0, 1.0, 1e3, 3e5, 2e6]), min_size=count - 1, max_size=count - 1))
    first = draw(st.sampled_from([0.0, 7.0, 1e5]))
    age = (first + np.cumsum([0.0, *steps])).tolist()

    def column(*values):
        return draw(st.lists(st.sampled_from(values), min_size=count, max_size=count))

    if age[-1] == 0.0:
        age[-1] = 1e6
    return age, column(RED, 3.5, 3.59, 3.7, 4.4), column(4.5, 4.0, 4.49, 4.6, 5.5), column(0.0, 1e-3, 9e-4, 0.1, 2.0)


@given(lives())
@settings(max_examples=150)
def test_durations_fit_into_each_other(life):
    found, span = windows(*life), (life[0][-1] - life[0][0]) / 1e6
    assert 0.0 <= found.carbon_rsg_duration <= min(found.carbon_duration, found.rsg_duration)
    assert max(found.carbon_duration, found.rsg_duration) <= span * (1 + 1e-12)
    assert found.carbon_rsg_duration >= found.carbon_duration + found.rsg_duration - span - 1e-12
    assert found.lifetime == life[0][-1] / 1e6
    assert found.carbon_start <= found.carbon_end <= found.lifetime
    assert found.carbon_duration <= (found.carbon_end - found.carbon_start) * (1 + 1e-9) + 1e-15


@given(lives())
@settings(max_examples=60)
def test_points_put_between_change_nothing(life):
    age = np.array(life[0])
    finer = np.sort(np.concatenate([age, 0.3 * age[:-1] + 0.7 * age[1:]]))
    position = np.sort(np.concatenate([np.arange(len(age)), np.arange(len(age) - 1) + 0.7]))
    columns = [np.interp(position, np.arange(len(age)), column).tolist() for column in life[1:]]
    found, expected = windows(finer.tolist(), *columns), windows(*life)
    for name, value in vars(expected).items():
        assert getattr(found, name) == pytest.approx(value, rel=1e-9, abs=1e-9)


@given(lives())
@settings(max_examples=40)
def test_durations_agree_with_a_count_of_dense_samples(life):
    share = (np.arange(2000) + 0.5) / 2000
    age = np.array(life[0])

    def dense(column):
        before, after = np.array(column[:-1])[:, None], np.array(column[1:])[:, None]
        return before + (after - before) * share

    red = (dense(life[1]) <= RED + 1e-9) & (dense(life[2]) >= 4.5 - 1e-9)
    carbon = dense(life[3]) >= 1e-3 - 1e-9
    found = windows(*life)
    for name, holds in {"rsg": red, "carbon": carbon, "carbon_rsg": red & carbon}.items():
        expected = (holds.mean(axis=1) * np.diff(age)).sum() / 1e6
        assert getattr(found, f"{name}_duration") == pytest.approx(expected, abs=1e-3 * age[-1] / 1e6)


@given(lives(), st.floats(3000.0, 9000.0), st.floats(1.0, 1.5))
@settings(max_examples=40)
def test_a_looser_threshold_never_shortens_a_phase(life, temperature, factor):
    strict = windows(*life, maximum_temperature=temperature, minimum_carbon_luminosity=1e-2 * factor)
    loose = windows(*life, maximum_temperature=temperature * factor, minimum_carbon_luminosity=1e-2)
    for name in ("rsg_duration", "carbon_duration", "carbon_rsg_duration"):
        assert getattr(loose, name) >= getattr(strict, name) - 1e-12


# The reading of one track


def test_a_track_has_units_names_and_a_title(tmp_path):
    path = tmp_path / "star.TAB"
    path.write_text(track_text(*PLAIN), encoding="utf-8")
    made = read_track(path)
    assert made.attrs == {"title": "star.TAB", "kind": "track"}
    assert dict(made.sizes) == {"point": 3}
    for name, unit in {
        "age": "yr",
        "effective_temperature": "K",
        "luminosity": "Lsun",
        "carbon_luminosity": "1",
    }.items():
        assert unit_of(made[name]) == parse_unit(unit)
        assert made[name].attrs["long_name"]
    np.testing.assert_array_equal(made.age, PLAIN[0])
    np.testing.assert_allclose(made.effective_temperature, [1e4, 10**3.7, 10**3.5], rtol=1e-14)
    np.testing.assert_allclose(made.luminosity, [1e3, 1e4, 1e5], rtol=1e-14)
    np.testing.assert_array_equal(made.carbon_luminosity, PLAIN[3])


@pytest.mark.parametrize(
    "text",
    [
        track_text(*PLAIN, header="# {}"),
        track_text(*PLAIN, header="#{}"),
        track_text(*PLAIN, comments=["# made by nobody", "#", "", "# AGE in years, LC, LOG_L"]),
        track_text(*PLAIN, header="# units follow\n# AGE yr\n   {}   \n# the rows"),
        track_text(*PLAIN).replace("\n", "\r\n"),
        "\ufeff" + track_text(*PLAIN, columns=["AGE", "LC", "LOG_L", "LOG_TE", "QHEL"]),
        "\ufeff" + track_text(*PLAIN, header="# {}"),
        track_text(*PLAIN) + "\n\n# end\n",
        track_text(*PLAIN, columns=["LC", "LOG_L", "AGE", "QHEL", "LOG_TE"]),
    ],
)
def test_headers_and_comments_come_in_many_ways(text):
    assert read_track(BytesIO(text.encode()), "star").drop_attrs().equals(track(*PLAIN).drop_attrs())


def _changed(old, new):
    return track_text(*PLAIN).replace(old, new)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "star: no line of column names; expected AGE, LOG_TE, LOG_L, LC"),
        ("# nothing but a comment\n", "star:1: no column 'AGE'"),
        (_changed("LOG_TE", "LOG_TEFF"), "star:1: no column 'LOG_TE'; did you mean 'LOG_TEFF'?"),
        ("# hello\n" + _changed(" LC", " L_C"), "star:2: no column 'LC'; did you mean 'L_C'?"),
        (_changed("LOG_R", "AGE"), "star:1: two columns are called 'AGE'"),
        (track_text([], [], [], []), "star: is empty: no row of numbers"),
        (track_text([1.0], [4.0], [3.0], [0.0]), "star:2: the track has one row"),
        (_changed("1000000.0", "3000000.0"), "star:4: ages run backwards, from 3000000.0 to 2000000.0 yr"),
        (_changed("1000000.0", "1e6x"), "star:3: AGE is '1e6x', not a number"),
        (_changed("1000000.0", "1_0"), "star:3: AGE is '1_0', not a number"),
        (_changed("1000000.0", "\x1b[31m"), "star:3: AGE is '\N{REPLACEMENT CHARACTER}[31m'"),
        (_changed("3.7", "nan"), "star:3: LOG_TE is nan; expected a finite number"),
        (_changed("3.7", "inf"), "star:3: LOG_TE is inf; expected a finite number"),
        (_changed("3.7", "5011"), "star:3: LOG_TE is 5011; expected a number from 0 to 10"),
        (_changed("5.0", "1e5"), "star:4: LOG_L is 100000"),
        (_changed("  0.0  3.0", "  -3.0  3.0"), "star:2: AGE is -3; expected a number from 0"),
        (_changed("1000000.0", "1000000.0 7"), "star:3: 9 cells for 8 columns"),
        (track_text(*PLAIN)[:-20], "star:4: 5 cells for 8 columns"),
        ("\x00\x01\x02\n" * 5, "star:5: no column 'AGE'"),
    ],
)
def test_faults_of_a_track_are_named_with_their_line(text, expected):
    assert expected in message(CatalogueError, read_track, BytesIO(text.encode()), "star")


def test_a_file_that_ends_within_a_line_is_refused(tmp_path):
    path = tmp_path / "star.TAB"
    path.write_text(track_text(*PLAIN).rstrip("\n"), encoding="utf-8")
    assert f"{path}:4: the file is cut off within a line" in message(CatalogueError, read_track, path)


def test_a_file_that_is_not_there_is_named(tmp_path):
    assert "none.TAB: cannot be read: No such file" in message(StoreError, read_track, tmp_path / "none.TAB")


class Endless(RawIOBase):
    """A line without an end, of which only so much may be asked."""

    taken = 0

    def readable(self):
        return True

    def readinto(self, buffer):
        self.taken += len(buffer)
        assert self.taken < 5_000_000
        buffer[:] = b"1" * len(buffer)
        return len(buffer)


def test_endless_lines_and_tables_are_refused(monkeypatch):
    assert "star:1: a line of more than" in message(CatalogueError, read_track, BufferedReader(Endless()), "star")
    assert "star:1: a line of more than 1,000,000 characters" in message(
        CatalogueError, read_track, BytesIO(b"1 " * 600_000), "star"
    )
    monkeypatch.setattr(text_columns, "_MOST_ROWS", 2)
    assert "star:4: more than 2 rows" in message(CatalogueError, track, *PLAIN)


# The ZIP


def test_tracks_are_listed_with_what_their_names_say(tmp_path):
    members = {
        "a/b/Z0.014Y0.273_ROT0.00_M14.0.TAB": "x" * 10,
        "Z0.014Y0.273_ROT0.00_M9.TAB": "x",
        "z0.004y0.256_rot0.30_m120.50.tab": "xy",
        "README.txt": "",
        "Z0.014Y0.273_ROT0.00_M14.0.TAB.txt": "",
        "Z0.014Y0.273_ROT0.00_M14.0.TAB/": "",
        "oldZ0.014Y0.273_ROT0.00_M14.0.TAB": "",
        "Z0.014Y0.273_ROT0.00_M-4.TAB": "",
        "Z0.014Y0.273_ROT0.00_M١.TAB": "",
        "/abs/Z0.1Y0.273_ROT0.00_M1.TAB": "",
        "../Z0.1Y0.273_ROT0.00_M2.TAB": "",
        "a\\..\\Z0.1Y0.273_ROT0.00_M3.TAB": "",
        "a\x1b[2J/Z0.1Y0.273_ROT0.00_M4.TAB": "",
    }
    with pytest.warns(GridscanWarning, match=r"'oldZ0.014Y0.273_ROT0.00_M14.0.TAB'.*\(7 in all\)"):
        found = list_tracks(write_zip(tmp_path / "tracks.zip", members))
    values = [(t.metallicity, t.helium, t.rotation, t.mass, t.member, t.size) for t in found]
    assert values == [
        (0.004, 0.256, 0.3, 120.5, "z0.004y0.256_rot0.30_m120.50.tab", 2),
        (0.014, 0.273, 0.0, 9.0, "Z0.014Y0.273_ROT0.00_M9.TAB", 1),
        (0.014, 0.273, 0.0, 14.0, "a/b/Z0.014Y0.273_ROT0.00_M14.0.TAB", 10),
    ]
    assert found[-1].name == "Z0.014Y0.273_ROT0.00_M14.0.TAB"


def test_files_that_hold_no_tracks_are_refused(tmp_path):
    path = write_zip(tmp_path / "tracks.zip", {"README": "none"})
    assert "holds no tracks among its 1 members; expected names like Z0.014" in message(
        CatalogueError, list_tracks, path
    )
    text = tmp_path / "text.zip"
    text.write_text("hello", encoding="utf-8")
    assert "text.zip: is not a ZIP" in message(CatalogueError, list_tracks, text)
    (tmp_path / "empty.zip").touch()
    assert "empty.zip: is not a ZIP" in message(CatalogueError, list_tracks, tmp_path / "empty.zip")
    assert "cannot be read" in message(StoreError, list_tracks, tmp_path / "none.zip")
    assert "cannot be read" in message(StoreError, list_tracks, tmp_path)


@pytest.mark.parametrize("share", [0.2, 0.9, 0.99])
def test_a_truncated_zip_is_told_from_what_is_none(tmp_path, share):
    path = write_zip(tmp_path / "tracks.zip", members_of_table(SHIPPED))
    path.write_bytes(path.read_bytes()[: int(share * path.stat().st_size)])
    assert "is a ZIP that is damaged or cut off" in message(CatalogueError, list_tracks, path)


def test_two_members_of_one_name_are_refused(tmp_path):
    path, name = tmp_path / "tracks.zip", member_name("0.014", 12)
    with zipfile.ZipFile(path, "w") as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        archive.writestr(name, "one")
        archive.writestr(name, "two")
    assert f"two members of the same name '{name}'" in message(CatalogueError, list_tracks, path)
    path = write_zip(path, {**simple_members(), **{f"copy/{name}": text for name, text in simple_members().items()}})
    found = message(CatalogueError, extract, path, tmp_path / "out.csv")
    assert "2 tracks of metallicity 0.014 and mass 12 Msun" in found
    assert "remove all but one" in found


def _patched(path, field, value):
    """Write a field of the central directory's first entry, at its place in the ZIP specification."""
    content = bytearray(path.read_bytes())
    place = content.index(b"PK\x01\x02")
    offset, kind = {
        "version": (6, "<H"),
        "flags": (8, "<H"),
        "method": (10, "<H"),
        "crc": (16, "<L"),
        "size": (24, "<L"),
        "name": (46, "<H"),
    }[field]
    struct.pack_into(kind, content, place + offset, value)
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [
        ("flags", 0x1, "is encrypted; expected a ZIP without a password"),
        ("flags", 0x20, "is damaged (compressed patched data"),
        ("method", 12, "is compressed by method 12; expected a member that is deflated or stored"),
        ("method", 99, "is compressed by method 99"),
        ("crc", 12345, "is damaged (Bad CRC-32"),
        ("size", 600_000_000, "has 600,000,000 bytes; a track has no more than"),
        ("size", 400_000_000, "bytes would unpack to 400,000,000; the ratio for a table is at most"),
        ("size", 10_000, "is damaged: 235 bytes read, 10,000 stated"),
        ("size", 100, "is damaged (Bad CRC-32"),
    ],
)
def test_members_that_are_not_what_the_zip_says_are_refused(tmp_path, field, value, expected):
    members = simple_members()
    assert len(next(iter(members.values()))) == 235
    path = _patched(write_zip(tmp_path / "tracks.zip", members), field, value)
    found = message(CatalogueError, extract, path, tmp_path / "out.csv")
    assert expected in found
    assert member_name("0.014", 12.0) in found


def test_a_table_of_contents_from_the_future_is_refused(tmp_path):
    path = _patched(write_zip(tmp_path / "tracks.zip", simple_members()), "version", 999)
    assert "is a ZIP that is damaged or cut off (zip file version" in message(CatalogueError, list_tracks, path)


def test_names_that_are_no_text_are_refused(tmp_path):
    path = _patched(write_zip(tmp_path / "tracks.zip", simple_members()), "name", 0xFFFF)
    assert "is a ZIP that is damaged or cut off" in message(CatalogueError, list_tracks, _patched(path, "flags", 0x800))


@pytest.mark.parametrize(
    "error",
    [
        zipfile.BadZipFile,
        zlib.error,
        struct.error,
        EOFError,
        RuntimeError,
        NotImplementedError,
        ValueError,
        OverflowError,
    ],
)
@pytest.mark.parametrize("reader", [zipfile.ZipFile, zipfile.ZipExtFile])
def test_whatever_the_standard_library_raises_on_damage_is_one_message(tmp_path, monkeypatch, reader, error):
    path = write_zip(tmp_path / "tracks.zip", simple_members())

    def fail(*_, **__):
        raise error("broken")

    monkeypatch.setattr(reader, "open" if reader is zipfile.ZipFile else "read", fail)
    found = message(CatalogueError, extract, path, tmp_path / "out.csv")
    assert f"{path}: {member_name('0.014', 12.0)}: is damaged (broken)" in found


def test_more_bytes_than_the_zip_states_are_not_taken(tmp_path, monkeypatch):
    path = write_zip(tmp_path / "tracks.zip", simple_members())
    blocks = iter([b"# \n" * 1000] * 50)
    monkeypatch.setattr(zipfile.ZipExtFile, "read", lambda *_: next(blocks, b""))
    assert "bytes read, 235 stated" in message(CatalogueError, extract, path, tmp_path / "out.csv")


def test_a_damaged_member_is_named(tmp_path):
    path = write_zip(tmp_path / "tracks.zip", members_of_table(SHIPPED))
    content = bytearray(path.read_bytes())
    content[60:200] = b"\xff" * 140
    path.write_bytes(content)
    found = message(CatalogueError, extract, path, tmp_path / "out.csv")
    assert "Z0.014Y0.273_ROT0.00_M12.0.TAB: is damaged" in found


def test_a_bomb_is_refused_before_it_unfolds(tmp_path):
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for mass in (12, 14):
            archive.writestr(member_name("0.014", mass), b"0 " * 4_000_000)
    assert "would unpack to 8,000,000; the ratio for a table is at most" in message(
        CatalogueError, extract, path, tmp_path / "out.csv"
    )


def test_a_zip_of_millions_of_members_is_refused_before_they_are_listed(tmp_path, monkeypatch):
    monkeypatch.setattr(track_archive, "_LARGEST_DIRECTORY", 10_000)
    path = write_zip(tmp_path / "tracks.zip", {f"member-{number}": "" for number in range(300)})
    assert "its table of contents takes" in message(CatalogueError, list_tracks, path)


def test_a_member_is_read_in_blocks_and_whole(tmp_path):
    text = track_text(*PLAIN, comments=[f"# {number}" for number in range(40_000)])
    path = write_zip(tmp_path / "tracks.zip", {member_name("0.014", 12): text})
    sizes = []
    with TrackArchive(path) as archive, archive.open(archive.tracks[0], sizes.append) as stream:
        assert stream.read().decode() == text
    assert sum(sizes) == len(text)
    assert max(sizes) <= 1 << 16


@given(data=st.data())
@settings(max_examples=120)
def test_no_change_of_its_bytes_makes_a_zip_do_anything_but_be_read_or_refused(data, tmp_path_factory):
    folder = tmp_path_factory.getbasetemp()
    path = write_zip(folder / "fuzzed.zip", simple_members())
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(content[: data.draw(st.sampled_from([len(content), len(content), len(content) // 2]))])
    found = ""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", GridscanWarning)
            extract(path, folder / "fuzzed.csv")
    except GridscanError as error:
        found = str(error)
    assert not found or re.search(r"fuzzed\.(zip|csv)", found)


def test_a_track_has_the_same_numbers_without_vector_instructions():
    code = (
        "import io, numpy as np; from gridscan.stellar_tables.tracks import phase_windows, read_track;"
        "heat, light = np.random.default_rng(1).uniform([[3.5], [4.3]], [[3.7], [5.0]], (2, 300));"
        "rows = [f'{i * 4e4} {h} {l} {i * 1e-5}' for i, (h, l) in enumerate(zip(heat, light))];"
        "track = read_track(io.BytesIO('\\n'.join(['AGE LOG_TE LOG_L LC', *rows, '']).encode()));"
        "print(track.luminosity.values.tobytes().hex(), phase_windows(track))"
    )
    here, plain = printed_everywhere(code)
    assert here == plain
    assert "PhaseWindows" in here
