"""A small model of a planet, on which the framework is tested."""

from __future__ import annotations

import functools

import numpy as np

from gridscan.model import Model

PLANETS = {
    "earth": {"albedo": 0.3, "orbit": "1 AU", "layers": [0.5, 0.8], "source": "toy"},
    "mars": {"albedo": 0.25, "orbit": "1.5 AU", "layers": [0.1], "source": "toy"},
    "venus": {"albedo": 0.75, "orbit": "0.7 AU", "layers": [20, 40, 60], "source": "toy"},
}


def _declare_inputs(model: Model) -> None:
    planet = model.label("planet", "earth", "Planet", records=PLANETS)
    model.parameter("albedo", planet, "Share of the light that is reflected", minimum=0, maximum=1)
    model.parameter("orbit", planet, "Distance from the star", unit="AU", minimum=1e-3)
    model.parameter("layers", planet, "Optical depth of each layer of air", vector="layer", padded=True, minimum=0)
    model.parameter("luminosity", "1 Lsun", "Luminosity of the star", minimum=0)
    model.parameter("sky", "clear", "Clouds", choices=["clear", "overcast"], selects="absorbed")
    model.parameter("moons", 1, "Number of moons", minimum=0, integer=True)
    model.parameter("moment", "1 yr", "Time since the star went out")
    model.parameter("start", "0 yr", "Begin of the record")
    model.parameter("end", "10 yr", "End of the record")
    model.parameter("cooling_time", "5 yr", "Time in which the heat falls to 1/e", minimum=0.1)
    model.constant("stefan_boltzmann_constant")


def _declare_quantities(model: Model) -> None:
    @model.quantity("W/m^2", long_name="irradiance")
    def irradiance(luminosity, orbit):
        """S = L / (4 pi d^2). Source: inverse-square law."""
        return luminosity / (4 * np.pi * orbit**2)

    @model.quantity("W/m^2", long_name="absorbed power per area")
    def absorbed(irradiance, albedo, sky):
        """A = S (1 - a) / 4, and half of it under clouds. Source: energy balance."""
        return irradiance * (1 - albedo) / 4 * np.where(sky == "clear", 1.0, 0.5)

    @model.kernel("1", long_name="optical depth", error=True, layers="1")
    def depth(layers):
        """Depth of the thickest layer, known to a thousandth. The last layer may be repeated."""
        return layers.max(axis=-1), 1e-3 * layers.max(axis=-1)

    @model.quantity("K", long_name="surface temperature")
    def temperature(absorbed, depth, stefan_boltzmann_constant):
        """T = (A (1 + 3 tau / 4) / sigma)^(1/4). Source: grey atmosphere."""
        return (absorbed * (1 + 0.75 * depth) / stefan_boltzmann_constant) ** 0.25

    @model.quantity("1", long_name="remaining share of the heat")
    def decay(moment, cooling_time):
        """exp(-t / t_c). Source: Newton's law of cooling."""
        return np.exp(-moment / cooling_time)

    @model.integral("MJ/m^2", over="moment", lower="start", upper="end", long_name="heat lost per area")
    def heat(absorbed, decay):
        """∫ dt A exp(-t / t_c). Source: definition."""
        return absorbed * decay

    @model.quantity("1", long_name="tides of each moon", missing="where there is no moon")
    def tides(moons):
        """1 / n. Source: none."""
        return np.where(moons > 0, 1 / np.where(moons > 0, moons, 1), np.nan)


def make_toy() -> Model:
    """Return a new model: label, vector, choice, constant, kernel with error, integral, missing values."""
    model = Model("planet", "The temperature of a planet")
    _declare_inputs(model)
    _declare_quantities(model)
    return model.check()


class Counted:
    """A formula that counts how often it runs, and on how many cells."""

    def __init__(self, function) -> None:
        functools.update_wrapper(self, function)
        self.function = function
        self.reset()

    def reset(self) -> None:
        self.calls, self.cells = 0, 0

    def __call__(self, **arguments):
        result = self.function(**arguments)
        self.calls += 1
        self.cells += np.size(result)
        return result
