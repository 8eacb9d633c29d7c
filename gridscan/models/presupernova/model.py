"""Massive stars before they collapse: their neutrinos in time, what detectors count of them, and when they warn.

The story, in the order of the modules in `quantities`: what one star emits at a time before its collapse; its
neutrinos at the Earth; what a detector counts of them, by scattering on electrons and by inverse beta decay, above its
backgrounds; how far it sees, and how early it warns; the flux, the alarms and the counts of all stars of the Galaxy.
"""

from __future__ import annotations

from importlib import import_module

from gridscan.models.presupernova.parameters import model

__all__ = ["model"]

# In the order of the story, in which `gridscan describe` lists what each of them declares.
for _topic in ("emission", "arrival", "counting", "backgrounds", "significance", "alarms", "galaxy"):
    import_module(f"gridscan.models.presupernova.quantities.{_topic}")

model.figures_in("gridscan.models.presupernova.figures")
