"""Evaluation in memory: a grid of a million points, a small grid of a cheap function, boosted dark matter."""

from __future__ import annotations

import boosted
import factored
import sweeps


class RedSupergiants:
    """Six quantities on a grid of a million points, and the same in factored numpy."""

    def setup(self) -> None:
        """Evaluate once, so that tables and quadratures are there."""
        factored.evaluated()
        factored.factored()

    def time_gridscan(self) -> None:
        """By gridscan."""
        factored.evaluated()

    def time_factored_numpy(self) -> None:
        """The same formulas written out, for the ratio."""
        factored.factored()

    def track_disagreement(self) -> float:
        """Largest relative difference between the two and a function called for each point."""
        return factored.disagreement()


class SmallGrid:
    """40,000 cells of a cheap function."""

    def setup(self) -> None:
        """Make the ways once, as a session would."""
        self.gridscan, self.numpy = sweeps.by_gridscan(), sweeps.by_numpy()
        self.gridscan.evaluate()

    def time_gridscan(self) -> None:
        """By gridscan, in memory."""
        self.gridscan.evaluate()

    def time_numpy(self) -> None:
        """By broadcasting, for the ratio."""
        self.numpy.evaluate()


class BoostedDarkMatter:
    """Each case of the second model."""

    params = tuple(boosted.cases())
    param_names = ("case",)

    def setup(self, case: str) -> None:
        """Evaluate once."""
        self.cases = boosted.cases()
        self.cases[case]()

    def time_gridscan(self, case: str) -> None:
        """By gridscan."""
        self.cases[case]()
