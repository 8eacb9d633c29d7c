"""Radioactive sources: how much of them is left, and how much they radiate."""

from pathlib import Path

import numpy as np

from gridscan.model import Model
from radioactivity.decay import remaining_share

model = Model("radioactivity", "A radioactive source in a laboratory")

isotope = model.label("isotope", "carbon-14", "Isotope", records=Path(__file__).with_name("isotope.toml"))

model.parameter("half_life", isotope, "Half-life of a nucleus", unit="yr", minimum=0)
model.parameter("molar_mass", isotope, "Molar mass", unit="g/mol", minimum=0)
model.parameter("source_mass", "1 g", "Mass of the source when it is new", minimum=0)
model.parameter("age", "1 yr", "Age of the source", minimum=0)
model.constant("avogadro_constant")


@model.quantity("1", long_name="share of the nuclei that are left")
def remaining(age, half_life):
    """2^(-t/T). Source: exponential decay."""
    return remaining_share(age, half_life)


@model.quantity("1/s", long_name="activity of the source")
def activity(remaining, source_mass, molar_mass, avogadro_constant, half_life):
    """A = N ln 2 / T. Source: exponential decay."""
    return remaining * source_mass / molar_mass * avogadro_constant * np.log(2) / half_life


model.figures_in("radioactivity.figures")
