"""The backgrounds of a detector: the Sun, decays within it, and other events like inverse beta decays."""

from __future__ import annotations

import numpy as np

from gridscan.models.presupernova import backgrounds
from gridscan.models.presupernova.parameters import model
from gridscan.physics.neutrinos.beta_decay import pile_up_rate as rate_of_pile_up


@model.kernel(
    "1/s", long_name="recoils of solar neutrinos per electron", error=True, sin2_theta12="1", sin2_theta13="1"
)
def solar_rate_per_electron(solar_fluxes, scattering, counted_window, sin2_theta12, sin2_theta13):
    """Σ Φ ∫ f [P_ee σ_e + (1 - P_ee) σ_x] dE. Source: Vinyoles et al. 2017 (fluxes); Parke 1986 (survival)."""
    return backgrounds.solar_rate_per_electron(solar_fluxes, (sin2_theta12, sin2_theta13), scattering, counted_window)


@model.quantity("1/day", long_name="recoils of solar neutrinos that are kept")
def solar_rate(solar_rate_per_electron, number_of_electrons, efficiency_elastic, solar_rejection):
    """N_e ε R/rejection. Source: rate of a thin target."""
    return number_of_electrons * efficiency_elastic * solar_rate_per_electron / solar_rejection


@model.kernel("1", long_name="share of the decays of 14C that is counted", error=True)
def carbon14_share(counted_window):
    """∫ ε(T) S(T) dT of the allowed shape. Source: Krane 1988, Introductory Nuclear Physics, section 9.3."""
    return backgrounds.share_of_decays("14C", counted_window)


@model.kernel("1", long_name="share of the decays of 85Kr that is counted", error=True)
def krypton85_share(counted_window):
    """∫ ε(T) S(T) dT of the allowed shape. Source: Krane 1988, Introductory Nuclear Physics, section 9.3."""
    return backgrounds.share_of_decays("85Kr", counted_window)


@model.kernel("1", long_name="share of the decays of 210Bi that is counted", error=True)
def bismuth210_share(counted_window):
    """∫ ε(T) S(T) dT of the allowed shape. Source: Krane 1988, Introductory Nuclear Physics, section 9.3."""
    return backgrounds.share_of_decays("210Bi", counted_window)


@model.kernel("1", long_name="share of the pairs of 14C decays taken for one that is counted", error=True)
def pile_up_share(counted_window):
    """∫ ε(T) S*S(T) dT. Source: the distribution of a sum; an upper bound in a scintillator."""
    return backgrounds.share_of_pile_up(counted_window)


@model.quantity("1/day", long_name="decays of 14C that are counted")
def carbon14_rate(carbon14_activity, carbon14_share, fiducial_mass, efficiency_elastic):
    """M a × share. Source: definition."""
    return carbon14_activity * fiducial_mass * carbon14_share * efficiency_elastic


@model.quantity("1/day", long_name="decays of 85Kr that are counted")
def krypton85_rate(krypton85_activity, krypton85_share, fiducial_mass, efficiency_elastic):
    """M a × share. Source: definition."""
    return krypton85_activity * fiducial_mass * krypton85_share * efficiency_elastic


@model.quantity("1/day", long_name="decays of 210Bi that are counted")
def bismuth210_rate(bismuth210_activity, bismuth210_share, fiducial_mass, efficiency_elastic):
    """M a × share. Source: definition."""
    return bismuth210_activity * fiducial_mass * bismuth210_share * efficiency_elastic


@model.quantity("1/day", long_name="pairs of 14C decays taken for one that are counted")
def pile_up_rate(carbon14_activity, fiducial_mass, resolving_time, pile_up_share, efficiency_elastic):
    """R² τ × share, R of the fiducial mass. Source: Knoll 2010, Radiation Detection and Measurement, chapter 17."""
    return rate_of_pile_up(carbon14_activity * fiducial_mass, resolving_time) * pile_up_share * efficiency_elastic


@model.quantity("1/day", long_name="background of recoils that does not come from the Sun")
def intrinsic_rate(carbon14_rate, krypton85_rate, bismuth210_rate, pile_up_rate, other_background, fiducial_mass):
    """Sum of beta decays, their pile-up and the rest. Source: definition."""
    return carbon14_rate + krypton85_rate + bismuth210_rate + pile_up_rate + other_background * fiducial_mass


@model.quantity("1", long_name="expected background of recoils in an exposure", count=True)
def elastic_background(solar_rate, intrinsic_rate, exposure):
    """Rate × exposure. Source: definition."""
    return (solar_rate + intrinsic_rate) * exposure


@model.quantity("1/day", long_name="absolute error estimate of the decays that are counted")
def decay_rate_error(
    fiducial_mass,
    efficiency_elastic,
    radioactivity,
    carbon14_share_error,
    krypton85_share_error,
    bismuth210_share_error,
    resolving_time,
    pile_up_share_error,
):
    """As the rates. Source: definition."""
    carbon, krypton, bismuth = (activity * fiducial_mass for activity in radioactivity)
    decays = carbon * carbon14_share_error + krypton * krypton85_share_error + bismuth * bismuth210_share_error
    return (decays + rate_of_pile_up(carbon, resolving_time) * pile_up_share_error) * efficiency_elastic


@model.quantity("1", long_name="absolute error estimate of the expected background of recoils in an exposure")
def elastic_background_error(
    number_of_electrons,
    efficiency_elastic,
    solar_rate_per_electron_error,
    solar_rejection,
    decay_rate_error,
    exposure,
):
    """As the background. Source: definition."""
    solar = number_of_electrons * efficiency_elastic * solar_rate_per_electron_error / solar_rejection
    return (solar + decay_rate_error) * exposure


@model.quantity("1", long_name="expected background events in an exposure", count=True)
def background_in_exposure(channel, elastic_background, inverse_beta_background, exposure):
    """Of the channel: recoils of the Sun and of decays, or inverse beta decays of reactors and others."""
    return np.where(channel == "elastic", elastic_background, inverse_beta_background * exposure)
