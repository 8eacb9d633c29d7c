"""Distributions of one number: how probable values are, and the value that a random number draws.

A distribution is asked for its value at a probability from below and from above at once, and takes the smaller one:
so it is as exact in its upper tail as in its lower one, where one minus the other would have no digits left.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy import special

if TYPE_CHECKING:
    from collections.abc import Mapping

FloatArray = NDArray[np.float64]


class Distribution(ABC):
    """A distribution of a continuous number."""

    def below(self, values: FloatArray) -> FloatArray:
        """Return the probability of a number below each value.

        Parameters
        ----------
        values
            Numbers.

        Returns
        -------
        numpy.ndarray
            Probabilities, of the same shape.
        """
        return self._below(values)

    def above(self, values: FloatArray) -> FloatArray:
        """Return the probability of a number above each value.

        Parameters
        ----------
        values
            Numbers.

        Returns
        -------
        numpy.ndarray
            Probabilities, of the same shape, with all digits where they are small.
        """
        return self._above(values)

    def density(self, values: FloatArray) -> FloatArray:
        """Return the probability density at each value.

        Parameters
        ----------
        values
            Numbers.

        Returns
        -------
        numpy.ndarray
            Of the same shape, per unit of the numbers.
        """
        return self._density(values)

    def described(self, unit: str = "") -> str:
        """Return the distribution in words.

        Parameters
        ----------
        unit
            Unit of its numbers.

        Returns
        -------
        str
            Such as ``normal, mean 2 kpc, standard deviation 1 kpc``.
        """
        return self._described(unit)

    @abstractmethod
    def _below(self, values: FloatArray) -> FloatArray:
        """Return the probability of a number below each value."""

    @abstractmethod
    def _above(self, values: FloatArray) -> FloatArray:
        """Return the probability of a number above each value."""

    @abstractmethod
    def _density(self, values: FloatArray) -> FloatArray:
        """Return the probability density at each value."""

    @abstractmethod
    def _lower(self, probability: FloatArray) -> FloatArray:
        """Return the values below which the number is with probabilities of at most a half."""

    @abstractmethod
    def _upper(self, probability: FloatArray) -> FloatArray:
        """Return the values above which the number is with probabilities of at most a half."""

    @abstractmethod
    def _described(self, unit: str) -> str:
        """Return the distribution in words."""

    def quantile(self, below: FloatArray, above: FloatArray) -> FloatArray:
        """Return values by their probabilities.

        Parameters
        ----------
        below, above
            Probability of a number below the value, and above it; their sum is one.

        Returns
        -------
        numpy.ndarray
            The values, of the same shape.
        """
        low = below <= above
        found = np.empty(np.shape(below))
        found[low] = self._lower(below[low])
        found[~low] = self._upper(above[~low])
        return found


@dataclass(frozen=True)
class Normal(Distribution):
    """A normal distribution.

    Examples
    --------
    >>> import numpy as np
    >>> from gridscan.uncertainty.distributions import Normal
    >>> Normal(2.0, 0.5).quantile(np.array([0.5, 1.0]), np.array([0.5, 2.0**-53])).round(3)
    array([2.   , 6.105])
    """

    mean: float
    standard_deviation: float

    def _standard(self, values: FloatArray) -> FloatArray:
        return (np.asarray(values) - self.mean) / self.standard_deviation

    def _below(self, values: FloatArray) -> FloatArray:
        return np.asarray(special.ndtr(self._standard(values)))

    def _above(self, values: FloatArray) -> FloatArray:
        return np.asarray(special.ndtr(-self._standard(values)))

    def _density(self, values: FloatArray) -> FloatArray:
        height = 1.0 / (self.standard_deviation * math.sqrt(2.0 * math.pi))
        return np.asarray(height * np.exp(-0.5 * self._standard(values) ** 2))

    def _lower(self, probability: FloatArray) -> FloatArray:
        return np.asarray(self.mean + self.standard_deviation * special.ndtri(probability))

    def _upper(self, probability: FloatArray) -> FloatArray:
        return np.asarray(self.mean - self.standard_deviation * special.ndtri(probability))

    def _described(self, unit: str) -> str:
        return f"normal, mean {_shown(self.mean, unit)}, standard deviation {_shown(self.standard_deviation, unit)}"


@dataclass(frozen=True)
class LogNormal(Distribution):
    """A distribution whose logarithm is normal: `factor` above or below the median is one standard deviation."""

    median: float
    factor: float

    def _standard(self, values: FloatArray) -> FloatArray:
        with np.errstate(divide="ignore"):
            return np.asarray(np.log(np.maximum(values, 0.0) / self.median) / math.log(self.factor))

    def _below(self, values: FloatArray) -> FloatArray:
        return np.asarray(special.ndtr(self._standard(values)))

    def _above(self, values: FloatArray) -> FloatArray:
        return np.asarray(special.ndtr(-self._standard(values)))

    def _density(self, values: FloatArray) -> FloatArray:
        positive = np.where(np.asarray(values) > 0.0, values, math.inf)
        height = 1.0 / (positive * math.log(self.factor) * math.sqrt(2.0 * math.pi))
        with np.errstate(over="ignore"):
            return np.asarray(height * np.exp(-0.5 * self._standard(positive) ** 2))

    def _lower(self, probability: FloatArray) -> FloatArray:
        return np.asarray(self.median * np.exp(math.log(self.factor) * special.ndtri(probability)))

    def _upper(self, probability: FloatArray) -> FloatArray:
        return np.asarray(self.median * np.exp(-math.log(self.factor) * special.ndtri(probability)))

    def _described(self, unit: str) -> str:
        return f"lognormal, median {_shown(self.median, unit)}, a factor of {self.factor:.6g} each way"


@dataclass(frozen=True)
class Uniform(Distribution):
    """A uniform distribution between two ends."""

    low: float
    high: float

    def _below(self, values: FloatArray) -> FloatArray:
        return np.asarray(np.clip((np.asarray(values) - self.low) / (self.high - self.low), 0.0, 1.0))

    def _above(self, values: FloatArray) -> FloatArray:
        return np.asarray(np.clip((self.high - np.asarray(values)) / (self.high - self.low), 0.0, 1.0))

    def _density(self, values: FloatArray) -> FloatArray:
        inside = (self.low <= np.asarray(values)) & (np.asarray(values) <= self.high)
        return np.where(inside, 1.0 / (self.high - self.low), 0.0)

    def _lower(self, probability: FloatArray) -> FloatArray:
        return np.asarray(self.low + (self.high - self.low) * probability)

    def _upper(self, probability: FloatArray) -> FloatArray:
        return np.asarray(self.high - (self.high - self.low) * probability)

    def _described(self, unit: str) -> str:
        return f"uniform, {_shown(self.low, '')} to {_shown(self.high, unit)}"


@dataclass(frozen=True)
class LogUniform(Distribution):
    """A distribution whose logarithm is uniform between two positive ends."""

    low: float
    high: float

    @property
    def _decades(self) -> float:
        return math.log(self.high / self.low)

    def _below(self, values: FloatArray) -> FloatArray:
        return np.asarray(np.log(np.clip(values, self.low, self.high) / self.low) / self._decades)

    def _above(self, values: FloatArray) -> FloatArray:
        return np.asarray(np.log(self.high / np.clip(values, self.low, self.high)) / self._decades)

    def _density(self, values: FloatArray) -> FloatArray:
        inside = (self.low <= np.asarray(values)) & (np.asarray(values) <= self.high)
        return np.where(inside, 1.0 / (np.where(inside, values, 1.0) * self._decades), 0.0)

    def _lower(self, probability: FloatArray) -> FloatArray:
        return np.asarray(self.low * np.exp(self._decades * probability))

    def _upper(self, probability: FloatArray) -> FloatArray:
        return np.asarray(self.high * np.exp(-self._decades * probability))

    def _described(self, unit: str) -> str:
        return f"log-uniform, {_shown(self.low, '')} to {_shown(self.high, unit)}"


@dataclass(frozen=True)
class Triangular(Distribution):
    """A distribution that rises in a line from its lower end to its mode, and falls in a line to its upper end."""

    low: float
    mode: float
    high: float

    @property
    def _rise(self) -> float:
        return (self.high - self.low) * (self.mode - self.low)

    @property
    def _fall(self) -> float:
        return (self.high - self.low) * (self.high - self.mode)

    def _sides(self, values: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return the probability below values up to the mode, and above values from the mode on."""
        inside = np.clip(values, self.low, self.high)
        with np.errstate(divide="ignore", invalid="ignore"):
            return (inside - self.low) ** 2 / self._rise, (self.high - inside) ** 2 / self._fall

    def _below(self, values: FloatArray) -> FloatArray:
        left, right = self._sides(values)
        return np.where(
            np.asarray(values) < self.mode, left, 1.0 - np.where(np.asarray(values) < self.high, right, 0.0)
        )

    def _above(self, values: FloatArray) -> FloatArray:
        left, right = self._sides(values)
        return np.where(np.asarray(values) > self.mode, right, 1.0 - np.where(np.asarray(values) > self.low, left, 0.0))

    def _density(self, values: FloatArray) -> FloatArray:
        values = np.asarray(values)
        with np.errstate(divide="ignore", invalid="ignore"):
            left, right = 2.0 * (values - self.low) / self._rise, 2.0 * (self.high - values) / self._fall
        inside = (self.low <= values) & (values <= self.high)
        top = np.where(values == self.mode, 2.0 / (self.high - self.low), np.where(values < self.mode, left, right))
        return np.where(inside, top, 0.0)

    def _lower(self, probability: FloatArray) -> FloatArray:
        share = (self.mode - self.low) / (self.high - self.low)
        rising = self.low + np.sqrt(probability * self._rise)
        return np.where(probability < share, rising, self.high - np.sqrt((1.0 - probability) * self._fall))

    def _upper(self, probability: FloatArray) -> FloatArray:
        share = (self.high - self.mode) / (self.high - self.low)
        falling = self.high - np.sqrt(probability * self._fall)
        return np.where(probability < share, falling, self.low + np.sqrt((1.0 - probability) * self._rise))

    def _described(self, unit: str) -> str:
        return f"triangular, {_shown(self.low, '')} to {_shown(self.high, unit)}, mode {_shown(self.mode, unit)}"


@dataclass(frozen=True)
class FromScipy(Distribution):
    """A distribution of scipy.stats with its shapes, shifted by `location` and stretched by `scale`."""

    name: str
    shapes: Mapping[str, float]
    location: float
    scale: float
    law: Any

    @property
    def _arguments(self) -> dict[str, float]:
        return {**self.shapes, "loc": self.location, "scale": self.scale}

    def _below(self, values: FloatArray) -> FloatArray:
        return np.asarray(self.law.cdf(values, **self._arguments))

    def _above(self, values: FloatArray) -> FloatArray:
        return np.asarray(self.law.sf(values, **self._arguments))

    def _density(self, values: FloatArray) -> FloatArray:
        return np.asarray(self.law.pdf(values, **self._arguments))

    def _lower(self, probability: FloatArray) -> FloatArray:
        return np.asarray(self.law.ppf(probability, **self._arguments))

    def _upper(self, probability: FloatArray) -> FloatArray:
        return np.asarray(self.law.isf(probability, **self._arguments))

    def _described(self, unit: str) -> str:
        shapes = [f"{key} {value:.6g}" for key, value in self.shapes.items()]
        places = [f"loc {_shown(self.location, unit)}", f"scale {_shown(self.scale, unit)}"]
        return ", ".join([self.name, *shapes, *places])


def _shown(value: float, unit: str) -> str:
    return f"{value:.6g} {unit}".strip()
