"""A table of neutrinos before collapse from the public files of one star."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from gridscan.atomic import check_place, replacing
from gridscan.errors import CatalogueError, CatalogueWarning, StoreError, warn
from gridscan.marks.files import first_line
from gridscan.stellar_tables.neutrino_tracks import read_luminosity_table
from gridscan.stellar_tables.published_neutrinos import PublishedTrack, read_published
from gridscan.units import convert, parse_unit

if TYPE_CHECKING:
    from collections.abc import Sequence

_UNITS = "# units: mass Msun; time_before_collapse yr; luminosity erg/s; mean_energy MeV; pinching 1"
_HEADER = "mass,time_before_collapse,luminosity,mean_energy,pinching"
# From where on a fit that misses inverse beta decays is worth a warning.
_MISSED = 0.03


def convert_neutrinos(
    paths: Sequence[str | Path], out: str | Path, mass: float, *, after: float = 0.0, force: bool = False
) -> PublishedTrack:
    """Write a table of neutrinos before collapse from public files of one star.

    Parameters
    ----------
    paths
        Files of a format of `gridscan.stellar_tables.published_neutrinos`.
    out
        The comma-separated table to write, one star in the form of ``data/neutrino_tracks.csv``.
    mass
        Initial mass of the star [Msun].
    after
        Times before collapse up to this one are left out [s].
    force
        Whether to replace a file that gridscan did not write.

    Returns
    -------
    PublishedTrack
        What the files hold.

    Raises
    ------
    CatalogueError
        If the files are of no known format, contradict themselves, or hold a spectrum broader than the model allows.
    StoreError
        If the table is one of the files, cannot be written, or would replace a file that gridscan did not write.

    Warns
    -----
    GridscanWarning
        If the fits have 3 % fewer inverse beta decays than the spectra, or the energies are too coarse for 1 %.

    Notes
    -----
    A spectrum is described by its rate and the moments <E> and <E^2>: alpha = <E>^2/(<E^2> - <E>^2) - 1. Source: Keil,
    Raffelt & Janka 2003, ApJ 590, 971.
    """
    files, out = [Path(path) for path in paths], Path(out)
    if out.exists() and any(path.exists() and os.path.samefile(path, out) for path in files):
        raise StoreError(f"{out}: is one of the files to read; give the table another name")
    check_place(out, force=force)
    if not 0.0 < mass < np.inf:
        raise CatalogueError(f"the mass of the star is {mass:g} Msun; it must be above 0 and finite")
    track = read_published(files)
    kept = track.time > after
    if kept.sum() < 2:
        raise CatalogueError(f"{files[0]}: {int(kept.sum())} times later than {after:g} s; two or more are needed")
    alpha = track.pinching
    if (alpha[kept] <= 1.0).any():
        last = track.time[kept & (alpha <= 1.0)].max()
        raise CatalogueError(
            f"{files[0]}: the pinching is {alpha[kept].min():.3g} in the last {last:.4g} s; it must be above 1: leave "
            f"these times out with --after '{1.001 * last:.4g} s'"
        )
    text = first_line() + _table(files, track, kept, mass)
    try:
        read_luminosity_table(text, str(out))
    except CatalogueError as error:
        raise CatalogueError(f"{files[0]}: no table of neutrinos from it: {error}") from None
    with replacing(out, force=force) as temporary:
        temporary.write_text(text, encoding="utf-8")
    _warn(str(files[0]), track, kept)
    return track


def _table(paths: Sequence[Path], track: PublishedTrack, kept: np.ndarray, mass: float) -> str:
    years = convert(track.time, parse_unit("s"), parse_unit("yr"))
    power = convert(track.rate * track.mean_energy, parse_unit("MeV/s"), parse_unit("erg/s"))
    columns = [years, power, track.mean_energy, track.pinching, *track.ratios.values()]
    rows = [",".join([f"{mass:.12g}", *(f"{number:.9g}" for number in row)]) for row in np.array(columns).T[kept]]
    comments = [
        f"# Neutrinos of a star of {mass:.12g} Msun before collapse, electron antineutrinos alone, from files of",
        f"# {track.format}, by the moments of the spectra, whose integrals err by {track.error:.1g} or less. Files:",
        *(f"#   {' '.join(path.name.split())}" for path in paths),
    ]
    units = "; ".join([_UNITS, *(f"{name} 1" for name in track.ratios)])
    return "\n".join([*comments, units, ",".join([_HEADER, *track.ratios]), *rows, ""])


def _warn(name: str, track: PublishedTrack, kept: np.ndarray) -> None:
    if track.error > 0.01:
        warn(f"{name}: the energies are so coarse that rates err by {track.error:.2g}", CatalogueWarning)
    share = np.where(kept, track.inverse_beta_share, 1.0)
    worst = int(np.argmin(share))
    if share[worst] < 1.0 - _MISSED:
        warn(
            f"{name}: a spectrum with lines of weak processes has a tail that one fit to its moments lacks: at "
            f"{track.time[worst]:.4g} s before collapse the table gives {share[worst]:.2f} of its inverse beta decays",
            CatalogueWarning,
        )
