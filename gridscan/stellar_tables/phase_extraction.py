"""Extraction of a table of stellar phases from a ZIP of evolutionary tracks."""

from __future__ import annotations

import hashlib
import math
import os
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from gridscan.atomic import check_place, reason, replacing
from gridscan.errors import CatalogueError, StoreError, listed
from gridscan.marks.files import first_line
from gridscan.stellar_tables.phases import read_phase_table
from gridscan.stellar_tables.track_archive import TrackArchive, TrackName
from gridscan.stellar_tables.tracks import (
    MAXIMUM_TEMPERATURE,
    MINIMUM_CARBON_LUMINOSITY,
    MINIMUM_LOG_LUMINOSITY,
    PhaseWindows,
    phase_windows,
    read_track,
)

#: Called with the bytes read so far, and the total.
Progress = Callable[[int, int], None]

_UNITS = (
    "# units: metallicity 1; mass Msun; lifetime Myr; carbon_start Myr; carbon_end Myr; rsg_duration Myr; "
    "carbon_rsg_duration kyr; carbon_duration kyr"
)
_HEADER = "metallicity,mass,lifetime,carbon_start,carbon_end,carbon_duration,rsg_duration,carbon_rsg_duration"


def extract(
    path: str | Path,
    out: str | Path,
    *,
    masses: Sequence[float] | None = None,
    metallicity: Sequence[float] | None = None,
    helium: Sequence[float] | None = None,
    rotation: Sequence[float] | None = None,
    maximum_temperature: float = MAXIMUM_TEMPERATURE,
    minimum_log_luminosity: float = MINIMUM_LOG_LUMINOSITY,
    minimum_carbon_luminosity: float = MINIMUM_CARBON_LUMINOSITY,
    progress: Progress | None = None,
    force: bool = False,
) -> Path:
    """Write the table of stellar phases that follows from the tracks in a ZIP.

    Tracks are read one after another as streams; nothing but `out` is written, and that only when it is whole.

    Parameters
    ----------
    path
        The ZIP.
    out
        The comma-separated table to write, with ages to a year.
    masses
        Initial masses [Msun]; all by default.
    metallicity, helium, rotation
        Values by which the tracks are chosen, dimensionless: mass fractions of metals and of helium, and rotation rate
        over the critical one; all by default. There may be one track for each metallicity and mass.
    maximum_temperature
        Effective temperature up to which a star is a red supergiant [K], see `phase_windows`.
    minimum_log_luminosity
        log10(L/Lsun) from which on it is one.
    minimum_carbon_luminosity
        Luminosity of carbon burning over that of the star from which on carbon burns.
    progress
        Called with the bytes read so far and the total.
    force
        Whether any file may be replaced; by default only one that gridscan wrote and nobody changed.

    Returns
    -------
    pathlib.Path
        `out`.

    Raises
    ------
    StoreError
        If the ZIP cannot be read, or the table cannot be written or would replace another file.
    CatalogueError
        If the ZIP or a track is damaged, a mass is missing for one of the metallicities, or there are several tracks of
        one metallicity and mass.
    """
    path, out = Path(path), Path(out)
    with TrackArchive(path) as archive:
        if out.exists() and os.path.samefile(path, out):
            raise StoreError(f"{out}: is the ZIP of the tracks; give the table another name")
        check_place(out, force=force)
        tracks = select(path, archive.tracks, masses, metallicity, helium, rotation)
        total, done = sum(track.size for track in tracks), 0

        def count(size: int) -> None:
            nonlocal done
            done += size
            if progress is not None:
                progress(done, total)

        thresholds = (maximum_temperature, minimum_log_luminosity, minimum_carbon_luminosity)
        rows = []
        for track in tracks:
            with archive.open(track, count) as stream:
                dataset = read_track(stream, f"{path}: {track.name}")
            rows.append(_row(track, phase_windows(dataset, *thresholds)))
    text = first_line() + "\n".join([*_comments(path, tracks, thresholds), _UNITS, _HEADER, *rows, ""])
    try:
        read_phase_table(text, str(out))
    except CatalogueError as error:
        raise CatalogueError(f"{path}: no table of phases from the chosen tracks: {error}") from None
    with replacing(out, force=force) as temporary:
        temporary.write_text(text, encoding="utf-8")
    return out


def select(
    path: Path,
    tracks: Iterable[TrackName],
    masses: Sequence[float] | None = None,
    metallicity: Sequence[float] | None = None,
    helium: Sequence[float] | None = None,
    rotation: Sequence[float] | None = None,
) -> list[TrackName]:
    """Choose one track for each metallicity and mass, sorted by them.

    Parameters
    ----------
    path
        The ZIP, for messages.
    tracks
        The tracks to choose from.
    masses
        Initial masses [Msun]; all by default.
    metallicity, helium, rotation
        Values of the tracks to choose, dimensionless; all by default.

    Returns
    -------
    list of TrackName
        In the order of metallicity and mass.

    Raises
    ------
    CatalogueError
        If a wanted value is not there, a mass is missing for one of the metallicities, or there are several tracks of
        one metallicity and mass.
    """
    chosen = list(tracks)
    for option, unit, wanted in (
        ("metallicity", "", metallicity),
        ("helium", "", helium),
        ("rotation", "", rotation),
        ("mass", " Msun", masses),
    ):
        if wanted is not None:
            chosen = _with_values(path, chosen, option, unit, wanted)
    cells: dict[tuple[float, float], list[TrackName]] = defaultdict(list)
    for track in chosen:
        cells[track.metallicity, track.mass].append(track)
    _refuse_several(path, cells)
    _refuse_gaps(path, cells)
    return [cells[key][0] for key in sorted(cells)]


def _with_values(
    path: Path, tracks: list[TrackName], option: str, unit: str, wanted: Sequence[float]
) -> list[TrackName]:
    known = sorted({getattr(track, option) for track in tracks})
    for value in wanted:
        if not any(_same(value, other) for other in known):
            near = sorted(sorted(known, key=lambda other: abs(other - value))[:12])
            there = "there are" if len(near) == len(known) else f"the nearest of {len(known)} are"
            raise CatalogueError(f"{path}: has no track of {option} {value:g}{unit}; {there} {_numbers(near)}{unit}")
    return [track for track in tracks if any(_same(value, getattr(track, option)) for value in wanted)]


def _refuse_several(path: Path, cells: dict[tuple[float, float], list[TrackName]]) -> None:
    for (metallicity, mass), tracks in sorted(cells.items()):
        if len(tracks) > 1:
            differing = [name for name in ("rotation", "helium") if len({getattr(t, name) for t in tracks}) > 1]
            advice = f"choose by --{' and --'.join(differing)}" if differing else "remove all but one"
            raise CatalogueError(
                f"{path}: has {len(tracks)} tracks of metallicity {metallicity:g} and mass {mass:g} Msun "
                f"({listed(track.member for track in tracks)}); {advice}"
            )


def _refuse_gaps(path: Path, cells: dict[tuple[float, float], list[TrackName]]) -> None:
    held = defaultdict(set)
    for metallicity, mass in cells:
        held[metallicity].add(mass)
    every = set().union(*held.values())
    for metallicity, masses in sorted(held.items()):
        if missing := every - masses:
            shared = set.intersection(*held.values())
            raise CatalogueError(
                f"{path}: metallicity {metallicity:g} has no track of {_numbers(missing)} Msun, which another one has; "
                f"it has {_numbers(masses)} Msun; choose by --masses (all metallicities have "
                f"{_numbers(shared) or 'none in common'}) or by --metallicity"
            )


def _same(first: float, second: float) -> bool:
    return math.isclose(first, second, rel_tol=1e-9)


def _numbers(values: Iterable[float]) -> str:
    return listed((f"{value:g}" for value in sorted(values)), limit=40)


def _row(track: TrackName, windows: PhaseWindows) -> str:
    cells = [
        f"{track.metallicity!r}",
        f"{track.mass!r}",
        f"{windows.lifetime:.6f}",
        f"{windows.carbon_start:.6f}",
        f"{windows.carbon_end:.6f}",
        f"{1e3 * windows.carbon_duration:.3f}",
        f"{windows.rsg_duration:.6f}",
        f"{1e3 * windows.carbon_rsg_duration:.3f}",
    ]
    return ",".join(cells)


def _comments(path: Path, tracks: Sequence[TrackName], thresholds: tuple[float, float, float]) -> list[str]:
    temperature, log_luminosity, carbon_luminosity = (f"{value:.12g}" for value in thresholds)
    chosen = "; ".join(
        f"{sign} = {_numbers({getattr(track, name) for track in tracks})}"
        for sign, name in (("Z", "metallicity"), ("Y", "helium"), ("rotation", "rotation"))
    )
    return [
        f"# Phase windows of stars: {len(tracks)} tracks, {chosen}, from {path.name!a} (SHA-256 {_digest(path)}).",
        f"# Red supergiant: T_eff <= {temperature} K and log10(L/Lsun) >= {log_luminosity}, the last rsg_duration of "
        f"the life; carbon burning: LC >= {carbon_luminosity}.",
        "# Between the points of a track log T_eff, log L and LC are linear in age. A duration is the total time in "
        "which the conditions hold.",
    ]


def _digest(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise StoreError(f"{path}: cannot be read: {reason(error)}") from None
