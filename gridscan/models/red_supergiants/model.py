"""Carbon-burning red supergiants of a star-forming disk galaxy, and their neutrinos.

The story, in the order of the modules in `quantities`: how many stars of each kind a constant star formation rate keeps
alive; the life of one of them; which part of them is near the Sun; stars drawn at random; their flux of neutrinos; its
events in a detector.

It is a toy, which reproduces a published pipeline: every star that burns carbon shines with one luminosity, a detector
counts every recoil, and its background is an argument of a question. Stars that brighten towards collapse, flavours,
thresholds, the Sun and radioactivity are in `gridscan.models.presupernova`.
"""

from __future__ import annotations

from importlib import import_module

from gridscan.models.red_supergiants.errors import declare_errors
from gridscan.models.red_supergiants.parameters import model

__all__ = ["model"]

# In the order of the story, in which `gridscan describe` lists what each of them declares.
for _topic in ("numbers", "one_star", "places", "drawn", "neutrinos", "events"):
    import_module(f"gridscan.models.red_supergiants.quantities.{_topic}")

declare_errors(model)
model.figures_in("gridscan.models.red_supergiants.figures")
