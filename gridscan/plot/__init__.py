"""Pictures of a result and of what was asked of it: bars, lines, maps, tornadoes, matrices.

Every picture says its units, and at which values the axes that it does not show are held. The default size is 800
pixels wide at 110 dpi. Colours are those of Okabe and Ito for labels, viridis for numbers; markers, dashes and hatches
repeat what they say, so that a picture reads in grey.
"""

from gridscan.plot.grid import draw
from gridscan.plot.page import save
from gridscan.plot.table import matrix, shares, tornado

__all__ = ["draw", "matrix", "save", "shares", "tornado"]
