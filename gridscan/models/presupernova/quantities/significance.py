"""How well and how far a star is seen above the backgrounds."""

from __future__ import annotations

from gridscan.models.presupernova import kernels, one_star
from gridscan.models.presupernova.parameters import model
from gridscan.numerics import significance as statistics


@model.kernel(
    "1",
    long_name="median significance of a star in an exposure, in standard deviations",
    events_in_exposure="1",
    background_in_exposure="1",
    background_error="1",
)
def significance_of_star(events_in_exposure, background_in_exposure, background_error):
    """Z of s events above b with the error δ b. Source: Cowan 2012; Cowan et al. 2011, EPJC 71, 1554."""
    error = background_error * background_in_exposure
    return statistics.median_significance(events_in_exposure, background_in_exposure, error)


@model.kernel(
    "1",
    long_name="recoils that reach the significance",
    error=True,
    significance="1",
    elastic_background="1",
    elastic_background_error="1",
    background_error="1",
)
def elastic_signal_needed(significance, elastic_background, elastic_background_error, background_error):
    """Root of Z(s, b, δ b), which grows with b. Source: Cowan 2012."""
    needed, more = (
        statistics.signal_needed(significance, background, background_error * background)
        for background in (elastic_background, elastic_background + elastic_background_error)
    )
    return needed, more - needed + kernels.ROUNDING * needed


@model.kernel(
    "pc",
    long_name="distance at which recoils of an exposure reach the significance",
    error=True,
    effective_electrons="1",
    elastic_yield="pc^2",
    elastic_yield_error="pc^2",
    elastic_signal_needed="1",
    elastic_signal_needed_error="1",
)
def elastic_horizon(
    effective_electrons, elastic_yield, elastic_yield_error, elastic_signal_needed, elastic_signal_needed_error
):
    """D = √(N_e Y/(4π s)). Source: inverse-square law."""
    seen, error = effective_electrons * elastic_yield, effective_electrons * elastic_yield_error
    return one_star.horizon((seen, error), (elastic_signal_needed, elastic_signal_needed_error))


@model.kernel(
    "kt",
    long_name="fiducial mass with which a star reaches the significance in an exposure",
    unbounded="where no mass suffices: there is no signal, or the background is not known well enough",
    events_in_exposure="1",
    background_in_exposure="1",
    background_error="1",
    significance="1",
    fiducial_mass="kt",
)
def required_mass(events_in_exposure, background_in_exposure, background_error, significance, fiducial_mass):
    """Root of Z(m s, m b, δ m b); infinite where endless mass does not reach Z. Source: Cowan 2012."""
    return one_star.required_mass(
        events_in_exposure, background_in_exposure, background_error, significance, fiducial_mass
    )
