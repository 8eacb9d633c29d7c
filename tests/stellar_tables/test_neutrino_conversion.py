"""Tables of neutrinos before collapse from files in public formats, of spectra that are known."""

from __future__ import annotations

import re
import warnings

import numpy as np
import pytest
from click.testing import CliRunner
from published_files import ENERGY, MEV, STAR, write_kato, write_odrzywolek, write_patton

import gridscan as gs
from gridscan.cli import main
from gridscan.errors import CatalogueError, GridscanWarning, StoreError
from gridscan.physics.neutrinos import inverse_beta
from gridscan.stellar_tables.neutrino_conversion import convert_neutrinos
from gridscan.stellar_tables.neutrino_tracks import read_luminosity_table

WRITERS = {
    "Odrzywolek & Heger 2010": lambda folder: [write_odrzywolek(folder / "s15.dat")],
    "Patton et al. 2017": lambda folder: [write_patton(folder / "s15.dat")],
    "Kato et al. 2017": write_kato,
}


def table_of(path):
    return read_luminosity_table(path.read_text(encoding="utf-8"), path.name)


def converted(paths, out, mass=15.0, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return convert_neutrinos(paths, out, mass, **options)


@pytest.mark.parametrize("name", list(WRITERS))
def test_each_format_gives_the_star_that_was_written(tmp_path, name):
    found = converted(WRITERS[name](tmp_path), tmp_path / "mine.csv", 17.5)
    assert found.format == name
    table = table_of(tmp_path / "mine.csv")
    (track,) = table.tracks
    assert table.mass == pytest.approx([17.5])
    assert track.time == pytest.approx(STAR.time[::-1], rel=1e-8)
    assert track.luminosity == pytest.approx((STAR.rate * STAR.mean)[::-1], rel=2e-5)
    assert track.mean_energy == pytest.approx(STAR.mean[::-1], rel=2e-5)
    assert track.pinching == pytest.approx(STAR.alpha[::-1], rel=1e-4)


def test_flavours_are_kept_where_the_files_have_them(tmp_path):
    converted([write_patton(tmp_path / "p.dat")], tmp_path / "p.csv")
    (track,) = table_of(tmp_path / "p.csv").tracks
    assert track.nux_to_nue == pytest.approx(np.full(4, 0.2), rel=1e-8)
    assert track.nue_to_antinue == pytest.approx(np.full(4, 2.0), rel=1e-8)
    assert track.nux_hardness == pytest.approx(np.full(4, 1.0), rel=1e-8)
    converted(write_kato(tmp_path), tmp_path / "k.csv")
    assert table_of(tmp_path / "k.csv").tracks[0].nux_to_nue is None


def test_the_error_of_the_integrals_bounds_the_true_one(tmp_path):
    for points in (21, 41, 101):
        energy = np.linspace(0.0, 25.0, points)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = convert_neutrinos([write_patton(tmp_path / "p.dat", energy=energy)], tmp_path / "p.csv", 15.0)
        true = np.max(np.abs(found.rate / STAR.rate[::-1] - 1.0))
        assert true <= max(found.error, 1e-8)


def test_times_may_be_negative_in_a_light_curve(tmp_path):
    converted(write_kato(tmp_path, sign=-1.0), tmp_path / "k.csv")
    assert table_of(tmp_path / "k.csv").tracks[0].time == pytest.approx(STAR.time[::-1], rel=1e-8)


def test_the_tail_that_a_fit_misses_is_said_in_words(tmp_path):
    path = write_patton(tmp_path / "lines.dat", line_at=7.0)
    with pytest.warns(GridscanWarning, match=r"a tail that one fit to its moments lacks.*of its inverse beta decays"):
        found = convert_neutrinos([path], tmp_path / "lines.csv", 15.0)
    # The line has 0.3 % of the neutrinos; of inverse beta decays it has the ratio of its cross section to the mean one.
    mean_sigma, _ = inverse_beta.mean_cross_section(STAR.mean, STAR.alpha)
    line = 0.003 * inverse_beta.cross_section(7.0) * (1.0 + (0.4 / 7.0) ** 2) / mean_sigma
    without = 1.0 / (1.0 + line)
    # The fit follows the line in part, since its moments have it: it lies between neither and both.
    assert np.all(found.inverse_beta_share < 1.0)
    assert found.inverse_beta_share.min() < 0.8
    assert np.all(found.inverse_beta_share > without[::-1])


def test_times_near_collapse_can_be_left_out(tmp_path):
    path = write_odrzywolek(tmp_path / "s.dat", STAR._replace(time=np.array([7200.0, 3600.0, 360.0, 0.0])))
    converted([path], tmp_path / "s.csv")
    assert len(table_of(tmp_path / "s.csv").tracks[0].time) == 3
    converted([path], tmp_path / "s.csv", after=360.0)
    assert len(table_of(tmp_path / "s.csv").tracks[0].time) == 2
    with pytest.raises(CatalogueError, match=r"1 times later than 3600 s; two or more are needed"):
        converted([path], tmp_path / "s.csv", after=3600.0)


def test_a_spectrum_that_is_too_broad_is_refused_with_the_way_out(tmp_path):
    path = write_odrzywolek(tmp_path / "s.dat", STAR._replace(alpha=np.array([4.0, 4.0, 4.0, 0.5])))
    with pytest.raises(CatalogueError, match=r"the pinching is 0\.5 in the last 36 s; .*--after '36\.04 s'"):
        converted([path], tmp_path / "s.csv")
    assert not (tmp_path / "s.csv").exists()
    converted([path], tmp_path / "s.csv", after=36.0)


def edited(index, value):
    return lambda row: [*row[:index], value, *row[index + 1 :]]


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (edited(7, 2.9), r"s\.dat:2: alpha is 2\.9, but \(Eavg/Sigma\)\^2 - 1 is 4\.5"),
        (edited(2, 1e47), r"s\.dat:2: Q is 1e\+47 erg/s, but R Eavg is 1\.76239e\+44 erg/s"),
        (edited(4, 0.0), r"s\.dat:2: R, Eavg and Sigma must be above 0"),
        (lambda row: row[:8], r"s\.dat:2: 8 columns; the known formats have 9 \(Odrzywolek & Heger 2010\), 6 \(Patton"),
        (edited(3, np.nan), r"s\.dat:2: a number is not finite"),
    ],
)
def test_a_file_that_contradicts_itself_is_refused(tmp_path, edit, message):
    with pytest.raises(CatalogueError, match=message):
        converted([write_odrzywolek(tmp_path / "s.dat", edit=edit)], tmp_path / "s.csv")


def test_alpha_may_differ_by_the_rounding_of_the_file(tmp_path):
    path = write_odrzywolek(tmp_path / "s.dat", edit=lambda row: [*row[:7], row[7] * (1.0 + 8e-6), row[8]])
    converted([path], tmp_path / "s.csv")


def test_text_among_the_numbers_and_ragged_rows_are_refused_with_their_line(tmp_path):
    path = write_odrzywolek(tmp_path / "s.dat")
    lines = path.read_text(encoding="utf-8").splitlines()
    for line, message in ((lines[2].replace("1.3 ", "oops "), "s.dat:3: 'oops' is not a number"),
                          (lines[2] + " 7", "s.dat:3: 10 columns where 9 belong")):  # fmt: skip
        path.write_text("\n".join([*lines[:2], line, *lines[3:]]), encoding="utf-8")
        with pytest.raises(CatalogueError) as caught:
            converted([path], tmp_path / "s.csv")
        assert str(caught.value).endswith(message)


def test_an_exponent_of_fortran_is_refused_with_its_spelling(tmp_path):
    path = write_odrzywolek(tmp_path / "s.dat")
    lines = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join([*lines[:3], lines[3].replace("e+", "D+")]), encoding="utf-8")
    with pytest.raises(CatalogueError, match=r"s\.dat:4: '.*D\+\d+' is not a number: .* has the exponent of a Fortran"):
        converted([path], tmp_path / "s.csv")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda paths: paths[:1],
            r"lightcurve_nueb\.dat: is the light curve of K.*; a light curve needs its spectra",
        ),
        (lambda paths: paths[1:], r"is a spectrum of Kato.*; a file of spectra needs its light curve"),
        (lambda paths: [*paths, paths[0]], r"a second light curve beside"),
    ],
)
def test_a_light_curve_and_spectra_belong_together(tmp_path, change, message):
    with pytest.raises(CatalogueError, match=message):
        converted(change(write_kato(tmp_path)), tmp_path / "k.csv")


def test_a_step_without_its_line_and_another_flavour_are_refused(tmp_path):
    paths = write_kato(tmp_path)
    stray = paths[-1].rename(tmp_path / "spectrum_nueb_00999.dat")
    with pytest.raises(CatalogueError, match=r"step 999 is not found once in .*lightcurve_nueb\.dat"):
        converted([*paths[:-1], stray], tmp_path / "k.csv")
    paths = write_kato(tmp_path)
    curve = paths[0].read_text(encoding="utf-8").replace("3.000000000e+50", "1.000000000e+50")
    paths[0].write_text(curve, encoding="utf-8")
    with pytest.raises(CatalogueError, match=r"holds 3e\+50 neutrinos a second, and line 2 of .* 1e\+50; are"):
        converted(paths, tmp_path / "k.csv")


def test_a_light_curve_that_runs_backwards_is_refused(tmp_path):
    paths = write_kato(tmp_path, STAR._replace(time=STAR.time[::-1]))
    with pytest.raises(CatalogueError, match=r"nueb\.dat:2: the time is 360 s; that left until collapse falls"):
        converted(paths, tmp_path / "k.csv")


def test_a_time_that_comes_again_and_energies_that_fall_are_refused(tmp_path):
    path = write_patton(tmp_path / "p.dat")
    lines = path.read_text(encoding="utf-8").splitlines()
    size = len(ENERGY)
    path.write_text("\n".join([*lines, *lines[1 : size + 1]]), encoding="utf-8")
    with pytest.raises(CatalogueError, match=rf"p\.dat:{4 * size + 2}: the time 2 h comes again"):
        converted([path], tmp_path / "p.csv")
    path.write_text("\n".join([lines[0], lines[2], lines[1], *lines[3:]]), encoding="utf-8")
    with pytest.raises(CatalogueError, match=r"p\.dat:3: the energy is 0 MeV; those of a time must be 0 or more"):
        converted([path], tmp_path / "p.csv")


def test_files_of_two_formats_are_refused(tmp_path):
    paths = [write_odrzywolek(tmp_path / "o.dat"), write_patton(tmp_path / "p.dat")]
    with pytest.raises(CatalogueError, match=r"o\.dat is Odrzywolek & Heger 2010, and .*p\.dat is Patton et al\. 2017"):
        converted(paths, tmp_path / "s.csv")


def test_a_file_is_never_overwritten_by_its_table(tmp_path):
    path = write_odrzywolek(tmp_path / "s.dat")
    before = path.read_bytes()
    with pytest.raises(StoreError, match="is one of the files to read"):
        convert_neutrinos([path], path, 15.0)
    assert path.read_bytes() == before


def test_a_table_of_ones_own_is_not_replaced_unless_it_may_be(tmp_path):
    paths, out = [write_odrzywolek(tmp_path / "s.dat")], tmp_path / "mine.csv"
    out.write_text("mine\n", encoding="utf-8")
    with pytest.raises(StoreError, match="was not written by gridscan; not overwritten"):
        converted(paths, out)
    assert out.read_text(encoding="utf-8") == "mine\n"
    converted(paths, out, force=True)
    converted(paths, out)
    assert len(table_of(out).tracks[0].time) == 4


def call(*arguments):
    return CliRunner().invoke(main, ["tracks", "neutrinos", *(str(argument) for argument in arguments)])


def test_the_command_names_the_format_and_makes_a_table_for_a_model(tmp_path):
    path = write_odrzywolek(tmp_path / "s15.dat")
    result = call(path, "--mass", "15 Msun", "--out", tmp_path / "mine.csv", "--after", "1 min")
    assert (result.exit_code, result.output) == (
        0,
        f"found Odrzywolek & Heger 2010: 4 times\nwrote {tmp_path / 'mine.csv'}\n",
    )
    text = (tmp_path / "mine.csv").read_text(encoding="utf-8")
    assert "Odrzywolek & Heger 2010" in text
    assert "s15.dat" in text
    assert len(table_of(tmp_path / "mine.csv").tracks[0].time) == 3
    row = text.splitlines()[-1].split(",")
    assert float(row[2]) == pytest.approx(STAR.rate[0] * STAR.mean[0] * MEV, rel=1e-6)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--out", "x.csv"), "Missing option '--mass'"),
        (("--mass", "15 kpc", "--out", "x.csv"), "kpc"),
        (("--mass", "0", "--out", "x.csv"), "the mass of the star is 0 Msun; it must be above 0 and finite"),
    ],
)
def test_the_command_refuses_what_it_cannot_use_with_status_two(tmp_path, monkeypatch, arguments, message):
    monkeypatch.chdir(tmp_path)
    result = call(write_odrzywolek(tmp_path / "s.dat"), *arguments)
    assert result.exit_code == 2
    assert message in result.output
    missing = call("absent.dat", "--mass", "15", "--out", "x.csv")
    assert missing.exit_code == 2
    assert "absent.dat: cannot be read: No such file or directory" in missing.output


def test_stars_are_joined_by_their_rows(tmp_path):
    converted([write_odrzywolek(tmp_path / "a.dat")], tmp_path / "a.csv", 12.0)
    converted([write_odrzywolek(tmp_path / "b.dat")], tmp_path / "b.csv", 20.0)
    rows = (tmp_path / "b.csv").read_text(encoding="utf-8").splitlines()[-4:]
    joined = (tmp_path / "a.csv").read_text(encoding="utf-8") + "\n".join(rows)
    assert read_luminosity_table(joined).mass == pytest.approx([12.0, 20.0])


def put(cell, value):
    """Replace a cell of a row of numbers."""
    return lambda row: " ".join([*row.split()[:cell], value, *row.split()[cell + 1 :]])


def in_line(number, change):
    return lambda lines: [*lines[: number - 1], change(lines[number - 1]), *lines[number:]]


def in_each(change):
    return lambda lines: [lines[0], *(change(line) for line in lines[1:])]


MALFORMED = [
    ("odrzywolek", lambda _: [], r"o\.dat: holds no row of numbers: it is empty; expected 9, 6, 4, 2 columns"),
    ("odrzywolek", lambda _: ["# a", "<html>"], r"o\.dat: holds no row .*its first line is '# a'"),
    (
        "odrzywolek",
        lambda lines: [line.replace(" ", ";") for line in lines],
        r"o\.dat: holds no row of numbers: its fi",
    ),
    (
        "odrzywolek",
        lambda lines: [line.replace(".", ",") for line in lines],
        r"o\.dat:\d: \d+ columns where \d+ belong",
    ),
    ("odrzywolek", lambda lines: lines[:2], r"o\.dat: 1 times later than 0 s; two or more are needed"),
    ("odrzywolek", lambda lines: [*lines, lines[-1]], r"o\.dat:6: the time 36 s comes again; each has one row"),
    ("odrzywolek", in_line(3, put(1, "-5")), r"o\.dat:3: the time before collapse is -5 s; it must be 0 or more"),
    ("odrzywolek", in_line(3, put(2, "inf")), r"o\.dat:3: a number is not finite"),
    ("odrzywolek", in_line(3, put(2, "-1e44")), r"o\.dat:3: Q is -1e\+44 erg/s, but R Eavg is"),
    ("odrzywolek", in_line(3, put(5, "0")), r"o\.dat:3: R, Eavg and Sigma must be above 0"),
    ("odrzywolek", in_line(3, put(8, "")), r"o\.dat:3: 8 columns where 9 belong"),
    ("patton", lambda lines: lines[:5], r"p\.dat:2: a spectrum needs five energies or more, and neutrinos"),
    ("patton", in_each(put(2, "0")), r"p\.dat:2: no nu_e at 2 h; a spectrum needs neutrinos"),
    ("patton", in_each(put(3, "0")), r"p\.dat:2: a spectrum needs five energies or more, and neutrinos"),
    ("patton", in_line(6, put(3, "-1")), r"p\.dat:6: the spectrum is -1; it must be 0 or more"),
    ("patton", in_line(6, put(4, "-1")), r"p\.dat:6: the spectrum of nu_x is -1 /MeV/s; it must be 0 or more"),
    (
        "patton",
        in_line(2, put(1, "-1")),
        r"p\.dat:2: the energy is -1 MeV; those of a time must be 0 or more, and rise",
    ),
    ("patton", in_each(put(0, "-2")), r"p\.dat:2: the time before collapse is -2 h; it must be 0 or more"),
    ("patton", in_line(4, lambda _: "end of block"), r"p\.dat:4: 'end' is not a number"),
    ("patton", in_line(4, lambda _: "\x00"), r"p\.dat:4: '.*' is not a number"),
]


@pytest.mark.parametrize(("name", "change", "message"), MALFORMED)
def test_a_malformed_file_gives_one_line_with_its_place(tmp_path, name, change, message):
    path = tmp_path / f"{name[0]}.dat"
    {"odrzywolek": write_odrzywolek, "patton": write_patton}[name](path)
    lines = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join(change(lines)), encoding="utf-8")
    result = call(path, "--mass", "15", "--out", tmp_path / "x.csv")
    assert result.exit_code == 2
    assert re.search(message, result.output), result.output
    assert len(result.output.strip().splitlines()) == 1
    assert not (tmp_path / "x.csv").exists()


def test_a_spectrum_that_is_given_twice_is_refused(tmp_path):
    paths = write_kato(tmp_path)
    with pytest.raises(CatalogueError, match=r"spectrum_nueb_\d+\.dat: is given twice; give each spectrum once"):
        converted([*paths, paths[-1]], tmp_path / "k.csv")


# The recipe of the page on stars before collapse.


def test_the_recipe_for_published_spectra_leads_from_a_file_to_the_distances_of_a_detector(tmp_path, monkeypatch):
    """A star that shines in its last days, in the format of Patton et al., with horizons of two orderings."""
    monkeypatch.chdir(tmp_path)
    time = np.array([48.0, 24.0, 12.0, 3.0, 0.5]) * 3600.0
    rate = np.array([2e50, 6e50, 1.5e51, 4e51, 8e51])
    star = STAR._replace(time=time, rate=rate, mean=np.full(5, 1.5), alpha=np.full(5, 3.0))
    write_patton(tmp_path / "s30.dat", star)
    result = call("s30.dat", "--mass", "30", "--out", "mine.csv")
    assert result.exit_code == 0, result.output
    orderings = ["normal", "inverted", "none"]
    given = {"neutrino_table": "mine.csv", "initial_mass": "30 Msun"}
    found = gs.model("presupernova").evaluate("alarm_horizon", ordering=orderings, **given)
    # Independently: 1.44e33 protons, an efficiency of 0.8, 13.6675 events, and power laws between the times.
    sigma = float(inverse_beta.mean_cross_section(1.5, 3.0)[0])
    seconds = np.geomspace(1e-3, 86400.0, 200001)
    flow = np.exp(np.interp(np.log(np.maximum(seconds, time[-1])), np.log(time[::-1]), np.log(rate[::-1])))
    number = np.trapezoid(flow, seconds)
    survival = dict(zip(orderings, ((1 - 0.3075) * (1 - 0.0222), 0.0222, 1.0), strict=True))
    for name, p_bar in survival.items():
        # Each of nu_mu and nu_tau is a fifth of nu_e, of the same spectrum, and nu_e are twice their antineutrinos.
        mixed = (p_bar + (1 - p_bar) * 0.4) * sigma
        far = np.sqrt(1.44e33 * 0.8 * number * mixed / (4 * np.pi * 13.6675)) / 3.0856775814913673e21
        assert float(found.sel(ordering=name)) == pytest.approx(far, rel=3e-4)
