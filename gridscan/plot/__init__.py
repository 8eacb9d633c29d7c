"""Pictures of results and of their sensitivities: bars, lines, maps, tornadoes, matrices, signals, skies.

Every picture gives units, and the values at which the axes that it does not show are held. It is 800 pixels wide at 110
dpi. Colours are those of Okabe and Ito for labels, viridis for numbers; markers, dashes and hatches differ too, so that
a picture reads in grey. The names of quantities and axes are arguments; figures that know those of a model are declared
by the model, ``gridscan.model(NAME).figures``.
"""

from gridscan.plot.celestial.sky import sky, sky_movie
from gridscan.plot.crossings import crossing
from gridscan.plot.draws import corner, violins
from gridscan.plot.grid import draw
from gridscan.plot.page import save
from gridscan.plot.poisson import counts
from gridscan.plot.rates import signal, spectra
from gridscan.plot.screening import screening
from gridscan.plot.stellar.hertzsprung_russell import hertzsprung_russell
from gridscan.plot.table import matrix, shares, tornado

__all__ = [
    "corner",
    "counts",
    "crossing",
    "draw",
    "hertzsprung_russell",
    "matrix",
    "save",
    "screening",
    "shares",
    "signal",
    "sky",
    "sky_movie",
    "spectra",
    "tornado",
    "violins",
]
