"""Declarations that several models share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gridscan.definition.nodes import AlternativeInput
from gridscan.inputs.shipped_files import data_path
from gridscan.physics.galaxy.components import LARGEST_SHARE, MOST_CROSSINGS, Galaxy, least_pitch
from gridscan.physics.galaxy.coordinates import galactic_coordinates, parse_declination, parse_right_ascension
from gridscan.physics.stellar.imf import is_increasing
from gridscan.stellar_tables import phases

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gridscan.definition.nodes import Label
    from gridscan.model import Model


def declare_detector(model: Model, default: str, records: Path | None = None) -> Label:
    """Declare a detector by its label, what its records bundle, and the constant that counts its electrons.

    Parameters
    ----------
    default
        The record that is the default.
    records
        File of the records; those that ship under the name of the label by default.
    """
    detector = model.label("detector", default, "Neutrino detector", records=records)
    model.parameter(
        "fiducial_mass", detector, "Fiducial mass of the detector", unit="kt", minimum=0, role="detector_mass"
    )
    model.parameter("electrons_per_mass", detector, "Electrons per mass of the detector", unit="mol/g", minimum=0)
    model.constant("avogadro_constant")
    return detector


def declare_mass_function(model: Model, records: Path | None = None) -> Label:
    """Declare an initial mass function by its label and what its records bundle.

    Parameters
    ----------
    records
        File of the records; those that ship under the name of the label by default.
    """
    imf = model.label("imf", "kroupa", "Initial mass function", records=records)
    model.parameter(
        "exponents",
        imf,
        "Exponents of the initial mass function between its breaks",
        vector="imf_segment",
        padded=True,
    )
    model.parameter(
        "breaks",
        imf,
        "Mass limits and breaks of the initial mass function",
        unit="Msun",
        above=0,
        vector="imf_break",
        padded=True,
        length_offsets={"exponents": 1},
    )
    model.require("breaks must be in increasing order", breaks="Msun")(is_increasing)
    return imf


def declare_stars(model: Model, star: Label | None = None, tracks: Label | None = None) -> None:
    """Declare the table of stellar phases, metallicity, star formation, and the mass of a single star.

    Parameters
    ----------
    star
        Label whose records set the mass of a single star.
    tracks
        Label whose records name the table.
    """
    shipped = _ranges_of(phases.shipped_phase_table())
    model.parameter(
        "metallicity",
        0.014,
        "Metal mass fraction of the stars",
        minimum=shipped["metallicity"][0],
        maximum=shipped["metallicity"][1],
    )
    model.table(
        "stellar_table",
        data_path(phases.SHIPPED),
        "Ages at which massive stars are in each phase",
        read=phases.read_phase_table,
        ranges=_ranges_of,
        label=tracks,
    )
    model.parameter("sfr", "2 Msun/yr", "Star formation rate of the whole Galaxy, constant since time zero", minimum=0)
    model.parameter("time", "20 Myr", "Time since star formation began", minimum=0)
    model.parameter(
        "mass_integration",
        "bins",
        "Phase durations constant in a bin around each tabulated mass, or continuous in mass",
        choices=["bins", "continuous"],
    )
    model.parameter(
        "initial_mass",
        star or "15 Msun",
        "Initial mass of a single star",
        unit=None if star is None else "Msun",
        minimum=shipped["initial_mass"][0],
        maximum=shipped["initial_mass"][1],
    )


def _ranges_of(table: Any) -> dict[str, tuple[float, float]]:
    """Return the ranges of parameters that a table covers, in their default units."""
    return {
        "metallicity": (float(table.metallicity[0]), float(table.metallicity[-1])),
        "initial_mass": (float(table.mass[0]), float(table.mass[-1])),
    }


def declare_galaxy(model: Model) -> None:
    """Declare the Galaxy, as one argument ``galaxy``, and the distance from the Sun within which its stars count."""
    model.parameter("radius", "1 kpc", "Distance from the Sun within which stars count", minimum=1e-6)
    model.parameter("sun_x", "-8.2 kpc", "Position of the Sun, first coordinate from the Galactic centre")
    model.parameter("sun_y", "0 kpc", "Position of the Sun, second coordinate from the Galactic centre")
    model.parameter("disk_scale_length", "1.8 kpc", "Scale length of the exponential disk of young stars", above=0)
    model.parameter("disk_inner_radius", "0.5 kpc", "Inner edge of the disk", minimum=0)
    model.parameter("disk_outer_radius", "15 kpc", "Outer edge of the disk", above=0)
    model.parameter("arm_fraction", 0.65, "Share of the stars in spiral arms", minimum=0, maximum=1)
    model.parameter("arm_count", 4, "Number of spiral arms", minimum=1, integer=True)
    model.parameter("arm_pitch", "12 deg", "Pitch angle of the logarithmic arms", above=-90, below=90)
    model.parameter("arm_phase", "20 deg", "Azimuth at which the first arm crosses the reference radius")
    model.parameter("arm_width", "0.3 kpc", "Standard deviation of the distance from the arm's centre line", above=0)
    model.parameter("arm_reference_radius", "5 kpc", "Galactocentric radius at which the arm phase is given", above=0)
    model.parameter("arm_inner_radius", "3 kpc", "Inner end of the arms", above=0)
    model.parameter("arm_outer_radius", "13 kpc", "Outer end of the arms", above=0)
    model.parameter("ring_fraction", 0.10, "Share of the stars in the molecular ring", minimum=0, maximum=1)
    model.parameter("ring_radius", "4.5 kpc", "Mean radius of the molecular ring", minimum=0)
    model.parameter("ring_width", "0.5 kpc", "Standard deviation of the ring's radius", above=0)
    model.group(
        "galaxy",
        Galaxy,
        sun_x="kpc",
        sun_y="kpc",
        disk_scale_length="kpc",
        disk_inner_radius="kpc",
        disk_outer_radius="kpc",
        arm_fraction="1",
        arm_count="1",
        arm_pitch="rad",
        arm_phase="rad",
        arm_width="kpc",
        arm_reference_radius="kpc",
        arm_inner_radius="kpc",
        arm_outer_radius="kpc",
        ring_fraction="1",
        ring_radius="kpc",
        ring_width="kpc",
    )
    model.require("disk_outer_radius must be above disk_inner_radius")(
        lambda disk_outer_radius, disk_inner_radius: disk_outer_radius > disk_inner_radius
    )
    model.require("arm_outer_radius must be above arm_inner_radius")(
        lambda arm_outer_radius, arm_inner_radius: arm_outer_radius > arm_inner_radius
    )
    model.require("arm_fraction must be at most 1 - ring_fraction")(
        lambda arm_fraction, ring_fraction: arm_fraction + ring_fraction <= LARGEST_SHARE
    )
    model.require(
        f"arm_pitch must be so steep that the arms cross a ray from the centre at most {MOST_CROSSINGS} times",
        arm_pitch="rad",
        arm_count="1",
        arm_inner_radius="kpc",
        arm_outer_radius="kpc",
    )(
        lambda arm_pitch, arm_count, arm_inner_radius, arm_outer_radius: (
            np.abs(arm_pitch) >= least_pitch(arm_count, arm_inner_radius, arm_outer_radius)
        )
    )


def declare_equatorial(model: Model, longitude: str, latitude: str, prefix: str, of: str) -> None:
    """Declare equatorial coordinates of a direction, to be given in place of its galactic ones.

    Parameters
    ----------
    longitude, latitude
        The parameters that are its galactic coordinates.
    prefix
        What the names of its right ascension and declination begin with.
    of
        What is in this direction, for descriptions.
    """
    equatorial = {
        f"{prefix}right_ascension": AlternativeInput(
            f"Right ascension of {of}, ICRS (J2000)", "deg", minimum=0, maximum=360, read=parse_right_ascension
        ),
        f"{prefix}declination": AlternativeInput(
            f"Declination of {of}, ICRS (J2000)", "deg", minimum=-90, maximum=90, read=parse_declination
        ),
    }
    model.alternative([longitude, latitude], galactic_coordinates, **equatorial)


def either(condition: Any, first: Callable[[], Any], second: Callable[[], Any], like: Any) -> Any:
    """Return `np.where` of two formulas, skipping one that is nowhere chosen, except in the proof of units."""
    if not hasattr(like, "units") and (condition.all() or not condition.any()):
        return first() if condition.all() else second()
    return np.where(condition, first(), second())
