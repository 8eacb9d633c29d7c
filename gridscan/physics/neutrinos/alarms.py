"""Alarms of a detector that counts events in a sliding window, and how far away and how early they are raised.

An alarm is raised when the last window of length W holds n events or more. On a steady background of rate r the count
goes up to n at the rate

    f = r P(N = n - 1),   N ~ Poisson(r W),

which is exact: an event arrives while the window holds n - 1. A signal of s events in the window raises the alarm with
the probability P(N >= n), N ~ Poisson(r W + s). Events fall with the square of the distance, so that an alarm reaches
as far as D = D_0 √(s(D_0)/s_p), where s_p is the signal that raises it with the probability p.

The functions take coherent units: rates in the inverse of the unit of the window.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import gammainc, gammaincinv

from gridscan.errors import EvaluationError
from gridscan.numerics.poisson import LARGEST_MEAN, poisson_probability
from gridscan.numerics.ranges import NOT_NEGATIVE, POSITIVE, Range, checked, refuse

__all__ = [
    "alarm_lead",
    "alarm_probability",
    "alarm_threshold",
    "false_alarm_rate",
    "farthest_from_lead_on",
    "horizon",
    "signal_for_alarm",
]

FloatArray = NDArray[np.floating[Any]]

_THRESHOLD = Range(minimum=1.0, whole=True)
_PROBABILITY = Range(above=0.0, below=1.0)


def false_alarm_rate(threshold: ArrayLike, background_rate: ArrayLike, window: ArrayLike) -> FloatArray:
    """Return the rate at which a background alone raises alarms.

    Parameters
    ----------
    threshold
        n, number of events in the window that raises an alarm, a whole number of at least 1.
    background_rate
        r, per time, finite and not negative.
    window
        W, a time, finite and positive.

    Returns
    -------
    numpy.ndarray
        Up-crossings of the threshold per time; all arguments broadcast.

    Raises
    ------
    EvaluationError
        If an argument is outside its range.

    Notes
    -----
    f = r P(N = n - 1) with N ~ Poisson(r W). Source: an event raises the count from n - 1 to n if the window before it
    holds n - 1 (arrivals of a Poisson process see its time averages). Up-crossings come in clusters, so that episodes
    of alarm are somewhat rarer.

    Examples
    --------
    A tenth of an event a day and a window of a day: three events at once every 6 years or so.

    >>> from gridscan.physics.neutrinos.alarms import false_alarm_rate
    >>> round(float(1.0 / false_alarm_rate(3, 0.1, 1.0) / 365.25), 2)
    6.05
    """
    number = checked("threshold", threshold, _THRESHOLD)
    rate, window = _background(background_rate, window)
    return rate * poisson_probability(number - 1.0, rate * window)


def alarm_threshold(background_rate: ArrayLike, window: ArrayLike, allowed_rate: ArrayLike) -> FloatArray:
    """Return the smallest number of events in a sliding window whose alarms are false rarely enough.

    Parameters
    ----------
    background_rate
        r, per time, finite and not negative.
    window
        W, a time, finite and positive; r W is at most 1e12.
    allowed_rate
        Largest rate of false alarms, per time, finite and positive.

    Returns
    -------
    numpy.ndarray
        n, whole numbers above r W (1 without background); all arguments broadcast. Since n is whole, the rate reached,
        `false_alarm_rate`, is below the one allowed, and everything that follows from n jumps along the three
        arguments.

    Raises
    ------
    EvaluationError
        If an argument is outside its range.

    Notes
    -----
    The smallest n > r W with r P(N = n - 1) <= f; there the probability falls with n.

    Examples
    --------
    Ten background events a day, in windows of a day, and one false alarm a year or a century:

    >>> from gridscan.physics.neutrinos.alarms import alarm_threshold
    >>> alarm_threshold(10.0, 1.0, [1 / 365.25, 1 / 36525])
    array([24., 29.])
    """
    rate, window = _background(background_rate, window)
    allowed = checked("allowed_rate", allowed_rate, POSITIVE)
    rate, window, allowed = np.broadcast_arrays(rate, window, allowed)
    mean = rate * window
    # The threshold is above `low` and not above `high`.
    low, step = np.floor(mean), np.ones(mean.shape)
    high = low + 1.0
    while (too_low := rate * poisson_probability(high - 1.0, mean) > allowed).any():
        low, step = np.where(too_low, high, low), np.where(too_low, 2.0 * step, step)
        high = np.where(too_low, high + step, high)
    while (high - low > 1.0).any():
        middle = np.floor(0.5 * (low + high))
        middle = np.where(middle > low, middle, high)
        enough = rate * poisson_probability(middle - 1.0, mean) <= allowed
        low, high = np.where(enough, low, middle), np.where(enough, middle, high)
    return np.asarray(high)


def alarm_probability(
    signal: ArrayLike, threshold: ArrayLike, background_rate: ArrayLike, window: ArrayLike
) -> FloatArray:
    """Return the probability that the events in one window raise an alarm.

    Parameters
    ----------
    signal
        s, expected signal events in the window, finite and not negative.
    threshold
        n, number of events in the window that raises an alarm, a whole number of at least 1.
    background_rate
        r, per time, finite and not negative.
    window
        W, a time, finite and positive.

    Returns
    -------
    numpy.ndarray
        P(N >= n), dimensionless; all arguments broadcast. Of one window: a lower bound on the probability that any
        window until its end has raised an alarm.

    Raises
    ------
    EvaluationError
        If an argument is outside its range.

    Notes
    -----
    P(N >= n) for N ~ Poisson(r W + s) is the regularised lower incomplete gamma function P(n, r W + s). Source:
    Abramowitz & Stegun, 26.4.21.

    Examples
    --------
    >>> from gridscan.physics.neutrinos.alarms import alarm_probability
    >>> alarm_probability([1.0, 5.0, 20.0], 3, 0.071, 1.0).round(4)
    array([0.0938, 0.8812, 1.    ])
    """
    signal = checked("signal", signal, NOT_NEGATIVE)
    number = checked("threshold", threshold, _THRESHOLD)
    rate, window = _background(background_rate, window)
    return np.asarray(gammainc(number, rate * window + signal))


def signal_for_alarm(
    probability: ArrayLike, threshold: ArrayLike, background_rate: ArrayLike, window: ArrayLike
) -> FloatArray:
    """Return the expected signal in a window that raises an alarm with a given probability.

    Parameters
    ----------
    probability
        p, above 0 and below 1, and above the probability that the background alone has n events in a window.
    threshold
        n, number of events in the window that raises an alarm, a whole number of at least 1.
    background_rate
        r, per time, finite and not negative.
    window
        W, a time, finite and positive.

    Returns
    -------
    numpy.ndarray
        s_p, in events; all arguments broadcast.

    Raises
    ------
    EvaluationError
        If an argument is outside its range.

    Notes
    -----
    The root of `alarm_probability`; for p = 1/2 it is n - 1/3 - r W within 0.03.

    Examples
    --------
    >>> from gridscan.physics.neutrinos.alarms import signal_for_alarm
    >>> signal_for_alarm(0.5, [3, 24], [0.071, 10.0], 1.0).round(4)
    array([ 2.6031, 13.6675])
    """
    wanted = checked("probability", probability, _PROBABILITY)
    number = checked("threshold", threshold, _THRESHOLD)
    rate, window = _background(background_rate, window)
    mean = rate * window
    by_chance = np.asarray(gammainc(number, mean))
    wrong = ~(wanted > by_chance)
    if wrong.any():
        chance = np.broadcast_to(by_chance, wrong.shape)[wrong].flat[0]
        allowed = f"above {chance:.3g}, the probability that the background alone raises an alarm in a window"
        refuse("probability", wanted, wrong, allowed)
    return np.asarray(gammaincinv(number, wanted) - mean)


def horizon(signal: ArrayLike, distance: ArrayLike, needed: ArrayLike) -> FloatArray:
    """Return the distance at which a source gives the signal that is needed.

    Parameters
    ----------
    signal
        Expected events of the source at `distance`, finite and not negative.
    distance
        D_0, finite and positive.
    needed
        Expected events that are needed, finite and positive.

    Returns
    -------
    numpy.ndarray
        In the unit of `distance`; zero where there is no signal. All arguments broadcast.

    Raises
    ------
    EvaluationError
        If an argument is outside its range.

    Notes
    -----
    D = D_0 √(s(D_0)/s). Source: the inverse-square law.

    Examples
    --------
    A hundred events at 1 kpc are four at 5 kpc:

    >>> from gridscan.physics.neutrinos.alarms import horizon
    >>> float(horizon(100.0, 1.0, 4.0))
    5.0
    """
    events = checked("signal", signal, NOT_NEGATIVE)
    return checked("distance", distance, POSITIVE) * np.sqrt(events / checked("needed", needed, POSITIVE))


def farthest_from_lead_on(horizons: ArrayLike) -> FloatArray:
    """Return the farthest horizon of each lead time and all longer ones.

    The luminosity of a star before collapse is not monotonic, nor is the horizon: a star that is too far away for an
    alarm half a day ahead may have been near enough for one two days ahead.

    Parameters
    ----------
    horizons
        Shape (..., n): horizons at lead times that increase.

    Returns
    -------
    numpy.ndarray
        Of the same shape and unit: how far away an alarm could have been raised by then.

    Notes
    -----
    The largest of the horizons at this lead time and all longer ones.

    Examples
    --------
    >>> from gridscan.physics.neutrinos.alarms import farthest_from_lead_on
    >>> farthest_from_lead_on([3.0, 1.0, 2.0, 0.5])
    array([3. , 2. , 2. , 0.5])
    """
    far = np.asarray(horizons, dtype=float)
    return np.maximum.accumulate(far[..., ::-1], axis=-1)[..., ::-1]


def alarm_lead(distance: ArrayLike, lead: ArrayLike, horizons: ArrayLike) -> FloatArray:
    """Return how long before collapse a star at a distance first raises an alarm.

    Parameters
    ----------
    distance
        Distance of the star, finite and positive; broadcast against the leading axes of `horizons`.
    lead
        Shape (n,): lead times, not negative, increasing.
    horizons
        Shape (..., n): the horizons at these lead times, in the unit of `distance`.

    Returns
    -------
    numpy.ndarray
        The longest lead time whose horizon is at least the distance, in the unit of `lead`, with the horizon a straight
        line between its neighbours; NaN where the star is beyond the horizon of every lead time.

    Raises
    ------
    EvaluationError
        If an argument is outside its range, or a star is within the horizon of the longest lead time, beyond which
        nothing is known.

    Notes
    -----
    Since the horizon is not monotonic in the lead time, the last passage through the distance is found from the end.

    Examples
    --------
    A horizon that falls from 4 to 1 kpc in two days, and rises in between:

    >>> from gridscan.physics.neutrinos.alarms import alarm_lead
    >>> alarm_lead([0.5, 1.5, 5.0], [0.0, 1.0, 2.0, 3.0], [4.0, 1.0, 2.0, 0.0])
    array([2.75, 2.25,  nan])
    """
    far = checked("distance", distance, POSITIVE)
    times, reach = checked("lead", lead, NOT_NEGATIVE), checked("horizons", horizons, NOT_NEGATIVE)
    if times.ndim != 1 or not (np.diff(times) > 0.0).all() or reach.shape[-1:] != times.shape:
        raise EvaluationError(
            f"lead and horizons have the shapes {times.shape} and {reach.shape}; lead must increase along one axis, "
            "which is the last of horizons"
        )
    shape = np.broadcast_shapes(far.shape, reach.shape[:-1])
    far, reach = np.broadcast_to(far, shape), np.broadcast_to(reach, (*shape, len(times)))
    beyond = far <= reach[..., -1]
    refuse("distance", far, beyond, f"beyond the horizon at the longest lead time, which is {times[-1]:g}")
    within = reach >= far[..., None]
    last = len(times) - 1 - np.argmax(within[..., ::-1], axis=-1)
    here = np.minimum(last, len(times) - 2)
    near, next_one = (np.take_along_axis(reach, index[..., None], axis=-1)[..., 0] for index in (here, here + 1))
    some = within.any(axis=-1)
    part = np.divide(near - far, near - next_one, out=np.zeros(shape), where=some)
    return np.where(some, times[here] + part * (times[here + 1] - times[here]), np.nan)


def _background(rate: ArrayLike, window: ArrayLike) -> tuple[FloatArray, FloatArray]:
    rate = checked("background_rate", rate, NOT_NEGATIVE)
    window = checked("window", window, POSITIVE)
    mean = rate * window
    refuse("background_rate times window", mean, mean > LARGEST_MEAN, f"at most {LARGEST_MEAN:g}")
    return rate, window
