"""A distribution within bounds: what is outside is cut off, and what is inside is drawn in proportion."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from gridscan.uncertainty.designs import Uniforms
    from gridscan.uncertainty.distributions import Distribution, FloatArray

# Less than this is not in proportion any more: probabilities lose digits below 1e-308.
_LEAST = 1e-290


@dataclass(frozen=True)
class Truncated:
    """A distribution between two bounds.

    Attributes
    ----------
    distribution
        The whole one.
    low, high
        The bounds; infinite where there is none.
    low_open, high_open
        Whether a bound itself cannot be drawn.
    """

    distribution: Distribution
    low: float = -np.inf
    high: float = np.inf
    low_open: bool = False
    high_open: bool = False

    @property
    def _outside(self) -> tuple[float, float]:
        """Probability below the lower bound and above the upper one."""
        below = 0.0 if self.low == -np.inf else float(self.distribution.below(np.array(self.low)))
        above = 0.0 if self.high == np.inf else float(self.distribution.above(np.array(self.high)))
        return below, above

    @property
    def cut_off(self) -> float:
        """Share of the probability that is outside."""
        return min(sum(self._outside), 1.0)

    @property
    def inside(self) -> float:
        """Share of the probability that is inside, from the tail that both bounds lie in, if they do."""
        below, above = self._outside
        if below > 0.5:
            return float(self.distribution.above(np.array(self.low))) - above
        if above > 0.5:
            return float(self.distribution.below(np.array(self.high))) - below
        return 1.0 - below - above

    @property
    def is_empty(self) -> bool:
        """Whether nothing is inside that could be drawn."""
        return not self.inside > _LEAST

    def between(self, unit: str = "") -> str:
        """Return the bounds in words.

        Parameters
        ----------
        unit
            Unit of the numbers.

        Returns
        -------
        str
            Such as ``"at least 0.1 kpc"``.
        """
        of = f" {unit}" if unit else ""
        low = f"{'above' if self.low_open else 'at least'} {self.low:.6g}{of}" if self.low > -np.inf else ""
        high = f"{'below' if self.high_open else 'at most'} {self.high:.6g}{of}" if self.high < np.inf else ""
        return " and ".join(part for part in (low, high) if part) or "a finite number"

    def density(self, values: FloatArray) -> FloatArray:
        """Return the probability density at each value, zero outside the bounds.

        Parameters
        ----------
        values
            Numbers.

        Returns
        -------
        numpy.ndarray
            Of the same shape.
        """
        within = (self.low <= np.asarray(values)) & (np.asarray(values) <= self.high)
        return np.where(within, self.distribution.density(values) / self.inside, 0.0)

    def draw(self, numbers: Uniforms) -> FloatArray:
        """Return the values that random numbers draw.

        Parameters
        ----------
        numbers
            Random numbers above 0 and below 1.

        Returns
        -------
        numpy.ndarray
            Values within the bounds.

        Notes
        -----
        For bounds a and b of a distribution F, u draws the value at F(a) + u [F(b) - F(a)]: L. Devroye, Non-Uniform
        Random Variate Generation (Springer 1986), II.2.2; from above, 1 - F stands in its place.

        Examples
        --------
        Far in the tail, where 1 - F has no digits left:

        >>> import numpy as np
        >>> from gridscan.uncertainty.designs import Uniforms
        >>> from gridscan.uncertainty.distributions import Normal
        >>> from gridscan.uncertainty.truncation import Truncated
        >>> half = np.array([0.5])
        >>> Truncated(Normal(0.0, 1.0), low=10.0).draw(Uniforms(half, half)).round(4)
        array([10.0684])
        """
        (below, above), inside = self._outside, self.inside
        values = self.distribution.quantile(below + numbers.lower * inside, above + numbers.upper * inside)
        low = np.nextafter(self.low, np.inf) if self.low_open and self.low != -np.inf else self.low
        high = np.nextafter(self.high, -np.inf) if self.high_open and self.high != np.inf else self.high
        return np.clip(values, low, high)
