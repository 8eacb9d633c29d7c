"""Tracks and ZIPs of tracks, made of invented numbers or of the ages in a table of phases."""

import csv
import zipfile

import numpy as np

COLUMNS = ["MODELL", "MASS", "AGE", "LOG_L", "LOG_TE", "LOG_R", "LC", "QHEL"]
RED = float(np.log10(4000.0))


def member_name(metallicity, mass, rotation="0.00", helium="0.273"):
    return f"Z{metallicity}Y{helium}_ROT{rotation}_M{mass}.TAB"


def track_text(age, log_te, log_l, lc, header="{}", comments=(), columns=COLUMNS):
    """Return a table with columns that nobody reads, one of them full of overflows."""
    lines = [*comments, header.format(" ".join(columns))]
    for number, (years, hot, bright, carbon) in enumerate(zip(age, log_te, log_l, lc, strict=True)):
        cells = {"MODELL": number, "AGE": years, "LOG_TE": hot, "LOG_L": bright, "LC": carbon}
        lines.append("  ".join("*****" if name == "QHEL" else repr(cells.get(name, 1.5)) for name in columns))
    return "\n".join(lines) + "\n"


def write_zip(path, members, method=zipfile.ZIP_DEFLATED):
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, text in members.items():
            archive.writestr(name, text)
    return path


def table_rows(text):
    """Return the rows of a table of phases as dictionaries of the printed numbers."""
    return list(csv.DictReader(line for line in text.splitlines() if not line.startswith("#")))


def track_of_row(row, by_luminosity=False):
    """Return ages [yr], log T_eff, log L and LC of a track that crosses its thresholds at the ages of a table's row.

    The table prints ages to a year. Where the printed duration of carbon burning is shorter than the interval by more
    than rounding can be, the track stops burning for the difference; where by a year, the ages lie where they round so.
    """
    life, start, end = (1e6 * float(row[name]) for name in ("lifetime", "carbon_start", "carbon_end"))
    duration, red = 1e3 * float(row["carbon_duration"]), 1e6 * float(row["rsg_duration"])
    excess = round(end - start - duration)
    if abs(excess) == 1:
        start, end, excess = start + 0.3 * excess, end - 0.3 * excess, 0
    middle = round(0.5 * (start + end))
    carbon = {0.0: 0.0, start - 100.0: 1e-9, start: 1e-3, end: 1e-3, life + 1.0: 0.0}
    if excess:
        carbon |= {middle: 1e-3, middle + 0.5 * excess: 1e-5, middle + excess: 1e-3}
    carbon |= {0.5 * (start + middle): 0.4, 0.5 * (middle + excess + end): 0.6}
    turn = life - red
    crossing, other = {0.0: -0.4, turn - 1e4: -0.1, turn: 0.0, life: 0.2}, {0.0: -0.3, turn - 5e3: 0.05, life: 0.1}
    if red == 0.0:
        crossing = {0.0: -0.4, life: -0.01}
    bright, cool = (crossing, other) if by_luminosity else (other, crossing)
    age = np.unique([point for knots in (carbon, cool, bright) for point in knots if point <= life])
    cool, bright, carbon = (
        np.interp(age, sorted(knots), [knots[point] for point in sorted(knots)]) for knots in (cool, bright, carbon)
    )
    return age.tolist(), (RED - cool).tolist(), (4.5 + bright).tolist(), carbon.tolist()


def members_of_table(text, folder=""):
    """Return a member for each row of a table of phases."""
    return {
        folder + member_name(row["metallicity"], row["mass"]): track_text(*track_of_row(row, number % 2 == 1))
        for number, row in enumerate(table_rows(text))
    }


def simple_members(masses=(12.0, 14.0, 16.0), metallicities=("0.014",), **options):
    """Return short tracks that end as red supergiants which burn carbon."""
    track = track_text([0.0, 8e6, 9e6, 1e7], [4.5, RED, 3.5, 3.5], [4.0, 4.6, 4.7, 4.8], [0.0, 0.0, 1e-3, 0.5])
    return {member_name(z, mass, **options): track for z in metallicities for mass in masses}
