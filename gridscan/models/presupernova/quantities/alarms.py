"""Alarms of inverse beta decays: how probable they are, and how far and how early a star raises one."""

from __future__ import annotations

import numpy as np

from gridscan.models.presupernova import kernels, one_star
from gridscan.models.presupernova.combinations import StarFunction
from gridscan.models.presupernova.parameters import STAR, model
from gridscan.physics.neutrinos import alarms


@model.kernel(
    "1",
    long_name="inverse beta decays in a window that raise an alarm",
    inverse_beta_background="1/day",
    window="day",
    false_alarm_rate="1/day",
)
def alarm_threshold(inverse_beta_background, window, false_alarm_rate):
    """Smallest n > r W with r P(n - 1; r W) <= f. Source: up-crossings of a sliding window."""
    return alarms.alarm_threshold(inverse_beta_background, window, false_alarm_rate)


@model.kernel(
    "1/yr",
    long_name="rate of false alarms at the threshold",
    alarm_threshold="1",
    inverse_beta_background="1/yr",
    window="yr",
)
def false_alarm_rate_reached(alarm_threshold, inverse_beta_background, window):
    """R P(n - 1; r W). Source: up-crossings of a sliding window."""
    return alarms.false_alarm_rate(alarm_threshold, inverse_beta_background, window)


@model.kernel(
    "1",
    long_name="inverse beta decays of a star in a window that raise an alarm with the probability of the horizon",
    horizon_probability="1",
    alarm_threshold="1",
    inverse_beta_background="1/day",
    window="day",
)
def alarm_signal(horizon_probability, alarm_threshold, inverse_beta_background, window):
    """S with P(N >= n; r W + s) = p. Source: Abramowitz & Stegun, 26.4.21."""
    return alarms.signal_for_alarm(horizon_probability, alarm_threshold, inverse_beta_background, window)


@model.kernel(
    "cm^2",
    long_name="inverse beta decays in the window per proton, times 4π d²",
    error=True,
    lead="s",
    window="s",
    **STAR,
)
def alarm_yield(source, initial_mass, heavy_flavour_ratio, positron_counting, lead, window):
    """∫ Ndot σ dt until the lead time. Source: rate of a thin target, by Gauss points on panels of ln t."""
    stars = kernels.Stars(source, initial_mass, StarFunction(heavy_flavour_ratio))
    return kernels.inverse_beta_yield(stars, positron_counting, kernels.window_of_time(lead, window, "window"))


@model.quantity("1", long_name="expected inverse beta decays of a star in the window of an alarm", count=True)
def events_in_window(effective_protons, alarm_yield, distance):
    """N_p Y/(4π d²). Source: rate of a thin target."""
    return effective_protons * alarm_yield / (4 * np.pi * distance**2)


@model.kernel(
    "1",
    long_name="probability that the window that ends at the lead time raises an alarm (a lower bound on any by then)",
    events_in_window="1",
    alarm_threshold="1",
    inverse_beta_background="1/day",
    window="day",
)
def alarm_probability(events_in_window, alarm_threshold, inverse_beta_background, window):
    """P(N >= n; r W + s). Source: Abramowitz & Stegun, 26.4.21."""
    return alarms.alarm_probability(events_in_window, alarm_threshold, inverse_beta_background, window)


@model.kernel(
    "kpc",
    long_name="distance at which the window that ends at the lead time raises an alarm",
    error=True,
    alarm_yield="kpc^2",
    alarm_yield_error="kpc^2",
    effective_protons="1",
    alarm_signal="1",
)
def alarm_horizon(effective_protons, alarm_yield, alarm_yield_error, alarm_signal):
    """D = √(N_p Y/(4π s_p)). Source: inverse-square law."""
    seen, error = effective_protons * alarm_yield, effective_protons * alarm_yield_error
    return one_star.horizon((seen, error), (alarm_signal, kernels.ROUNDING * alarm_signal))


@model.kernel(
    "cm^2",
    long_name="yield that a star at its distance needs for an alarm",
    unbounded="where the detector counts no inverse beta decays",
    distance="cm",
)
def yield_for_alarm(alarm_reach, distance):
    """4π d² s_p/N_p. Source: inverse-square law."""
    return one_star.yield_for(alarm_reach.alarm_signal, distance, alarm_reach.effective_protons)


@model.kernel(
    "day",
    long_name="longest time before collapse at which a star raises an alarm",
    unbounded="and negative where the star raises no alarm at any time before its collapse",
    error=True,
    yield_for_alarm="cm^2",
    window="s",
    **STAR,
)
def alarm_lead(source, initial_mass, heavy_flavour_ratio, positron_counting, yield_for_alarm, window):
    """Longest lead time with D(lead) >= d, which is no monotonic function. Source: inverse-square law."""
    stars = kernels.Stars(source, initial_mass, StarFunction(heavy_flavour_ratio))
    value, error = kernels.longest_lead(stars, positron_counting, yield_for_alarm, window)
    return value / 86400.0, error / 86400.0
