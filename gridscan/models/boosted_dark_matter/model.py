"""Dark matter of a halo, boosted by the neutrinos of a supernova: its flux on the sky and in time, and its events.

The story, in the order of the modules in `quantities`: where the supernova and the centre of the halo are, and when
and where on the sky kicked particles arrive; which neutrinos kick them; the flux on the sky, and of all of it; the
events in a detector; the supernovae of the Galaxy together. Masses are given as the energy m c².
"""

from __future__ import annotations

from importlib import import_module

from gridscan.models.boosted_dark_matter.parameters import model

__all__ = ["model"]

# In the order of the story, in which `gridscan describe` lists what each of them declares.
for _topic in ("arrival", "interaction", "sky", "fluxes", "events", "galactic_supernovae"):
    import_module(f"gridscan.models.boosted_dark_matter.quantities.{_topic}")

model.figures_in("gridscan.models.boosted_dark_matter.figures")
