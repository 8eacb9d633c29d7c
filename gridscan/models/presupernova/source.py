"""The source: the track of the neutrinos of one star, for the contents of tables and how these are read."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gridscan.errors import EvaluationError
from gridscan.inputs.shipped_files import data_path
from gridscan.physics.presupernova import luminosity
from gridscan.physics.stellar.phase_windows import phase_ages
from gridscan.stellar_tables.neutrino_tracks import read_luminosity_table
from gridscan.stellar_tables.phases import SHIPPED, read_phase_table

if TYPE_CHECKING:
    from gridscan.physics.presupernova.luminosity_table import LuminosityTable

Array = NDArray[np.floating[Any]]

#: Metallicity of the progenitors, that of the Sun in the table of phases that ships.
_SOLAR = 0.014


class Source(NamedTuple):
    """Where stars have their neutrinos from: contents of tables, and words and numbers of the grid.

    Attributes
    ----------
    progenitor_mass
        Of the progenitor that all stars are taken for [Msun]; 0 interpolates.
    time_scaling
        ``"carbon-lifetime"`` for stars that run through their track as fast as they burn carbon, or ``"none"``.
    """

    neutrino_table: Any
    progenitor_mass: Any
    time_scaling: Any
    stellar_table: Any
    metallicity: Any

    @property
    def scaled(self) -> bool:
        """Whether stars have a time of their own, for single values."""
        return str(self.time_scaling) != "none"

    @property
    def needed(self) -> Source:
        """The same without what no star of the grid depends on, so that nothing is computed for each of its values."""
        if (np.asarray(self.time_scaling) != "none").any():
            return self
        return self._replace(stellar_table=np.ravel(self.stellar_table)[0], metallicity=np.ravel(self.metallicity)[0])

    @property
    def table(self) -> LuminosityTable:
        """The table of neutrinos, of one progenitor unless it is to be interpolated, for single values."""
        return table_of(str(self.neutrino_table), float(self.progenitor_mass))

    def speed(self, mass: float) -> float:
        """Return how many times faster than its progenitor a star of a mass [Msun] is, for single values."""
        if not self.scaled:
            return 1.0
        known = self.table.mass
        reference = _carbon_lifetime(_shipped_phases(), float(np.clip(mass, known[0], known[-1])), _SOLAR)
        return reference / _carbon_lifetime(str(self.stellar_table), float(mass), float(self.metallicity))

    def star(self, mass: float) -> Star:
        """Return a star of a mass [Msun], for single values; those held as one progenitor are the same."""
        table, speed = self.table, self.speed(mass)
        held = float(mass)
        if table.held:
            held = float(table.mass[0])
        elif len(table.mass) > 1:
            held = float(np.clip(held, table.mass[0], table.mass[-1]))
        return Star(str(self.neutrino_table), float(self.progenitor_mass), held, speed)


class Star(NamedTuple):
    """One star: the content of its table, how progenitors are chosen, its mass [Msun], and how fast it is."""

    neutrino_table: str
    progenitor_mass: float
    mass: float
    speed: float

    @property
    def table(self) -> LuminosityTable:
        """The table of neutrinos."""
        return table_of(self.neutrino_table, self.progenitor_mass)

    def emission(self, time: Array) -> luminosity.Emission:
        """Return what the star emits at times before collapse [s]: s L(s t), which conserves the energy."""
        found = luminosity.emission(self.table, self.mass, self.speed * time)
        return found._replace(luminosity=self.speed * found.luminosity, rate=self.speed * found.rate)


@functools.lru_cache(maxsize=64)
def table_of(content: str, progenitor_mass: float) -> LuminosityTable:
    """Return a table of neutrinos, of one progenitor [Msun] unless that is 0."""
    table = read_luminosity_table(content)
    return table if progenitor_mass == 0.0 else table.only(progenitor_mass)


@functools.lru_cache(maxsize=1)
def _shipped_phases() -> str:
    return data_path(SHIPPED).read_text(encoding="utf-8")


@functools.lru_cache(maxsize=4096)
def _carbon_lifetime(content: str, mass: float, metallicity: float) -> float:
    """Return for how long a star burns carbon [Myr]."""
    found = float(phase_ages(read_phase_table(content), mass, metallicity)["carbon_burning_duration"])
    if not found > 0.0:
        raise EvaluationError(
            f"time_scaling is 'carbon-lifetime', but a star of {mass:g} Msun burns no carbon in the table of phases"
        )
    return found
