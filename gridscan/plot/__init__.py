"""Pictures of a result and of what was asked of it: bars, lines, maps, tornadoes, matrices, signals, stars.

Every picture says its units, and at which values the axes that it does not show are held. The default size is 800
pixels wide at 110 dpi. Colours are those of Okabe and Ito for labels, viridis for numbers; markers, dashes and hatches
repeat what they say, so that a picture reads in grey.
"""

from gridscan.plot.celestial.sky import sky, sky_movie
from gridscan.plot.grid import draw
from gridscan.plot.page import save
from gridscan.plot.poisson import counts
from gridscan.plot.stellar.galaxy import galaxy
from gridscan.plot.stellar.life import timeline
from gridscan.plot.stellar.movie import movie
from gridscan.plot.stellar.neutrinos import signal, spectra
from gridscan.plot.stellar.stars import hertzsprung_russell
from gridscan.plot.table import matrix, shares, tornado

__all__ = [
    "counts",
    "draw",
    "galaxy",
    "hertzsprung_russell",
    "matrix",
    "movie",
    "save",
    "shares",
    "signal",
    "sky",
    "sky_movie",
    "spectra",
    "timeline",
    "tornado",
]
