"""Flux and fluence from a shell about the halo centre, in spherical coordinates about it, point by point.

With the kicks j(B) per volume and solid angle of `halos.sky_flux`, and the delay D(B) = d + b l - R_s, a shell sends

    fluence = ∫ r² dr ∫ dphi ∫ dmu j/l²,  flux = ∫ r² dr ∫ dphi j/l² c/|dD/dmu|

where mu is the cosine of the angle to the gradient of D. It has nothing in common with the lines and arcs that are
tested, but for the rate of kicks. Source: number of particles kicked in a volume; Lin et al. 2023, PRD 108, 083013.
"""

import numpy as np

from gridscan.physics.boosted_dark_matter.emission import kick_rate
from gridscan.physics.scattering.inverse_kinematics import neutrino_energy
from gridscan.physics.scattering.one_particle import inverse_velocity

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(16)
_AZIMUTHS = 16
_PANEL = 0.4


class Shell:
    """From an inner to an outer radius [kpc] about the centre of the halo of a problem of one point."""

    def __init__(self, problem, kinetic_energy, inner, outer):
        self.problem, self.kinetic, self.inverse = problem, kinetic_energy, None
        self.mass, distance, centre, angle, _ = (float(value) for value in problem.numbers())
        self.inverse = inverse_velocity(kinetic_energy, self.mass)
        self.supernova = np.array([0.0, 0.0, distance])
        self.centre = centre * np.array([np.sin(angle), 0.0, np.cos(angle)])
        self.light_speed = problem.speed_of_light / problem.kiloparsec
        edges = inner * (outer / inner) ** np.linspace(0.0, 1.0, int(np.log(outer / inner) / _PANEL) + 2)
        half = 0.5 * np.diff(edges)
        radius = (0.5 * (edges[1:] + edges[:-1]) + half * _NODES[:, None]).ravel()
        self.radius, azimuth = radius[:, None], 2.0 * np.pi * (np.arange(_AZIMUTHS) + 0.5) / _AZIMUTHS
        density = problem.halo.density(radius) / self.mass
        self.weight = ((half * _WEIGHTS[:, None]).ravel() * radius**2 * density * 2.0 * np.pi / _AZIMUTHS)[:, None]
        self.axis = self._gradient(self.centre)
        self.axis = self.axis / np.linalg.norm(self.axis)
        side = np.cross(self.axis, [0.0, 1.0, 0.0])
        side /= np.linalg.norm(side)
        self.sideways = np.cos(azimuth)[:, None] * side + np.sin(azimuth)[:, None] * np.cross(self.axis, side)

    def arrival(self):
        """Return when particles from the centre arrive [s]."""
        return float(self._delay(self.centre)) / self.light_speed

    def flux(self, time):
        """Return dPhi/dT [1/(MeV cm² s)] of the shell, which the arrival surface must cross at all directions."""
        cosine = self._cosine(time)
        return float((self.weight * self._kicks(cosine) * self.light_speed / self._slope(cosine)).sum())

    def fluence(self, start, end):
        """Return its time integral [1/(MeV cm²)]; all directions of the shell must arrive at both ends."""
        low, high = self._cosine(start), self._cosine(end)
        total = 0.0
        for node, weight in zip(_NODES, _WEIGHTS, strict=True):
            cosine = 0.5 * (low + high) + 0.5 * (high - low) * node
            total += (self.weight * weight * 0.5 * (high - low) * self._kicks(cosine)).sum()
        return float(total)

    def _place(self, cosine):
        sine = np.sqrt(1.0 - cosine**2)
        return self.centre + self.radius[..., None] * (cosine[..., None] * self.axis + sine[..., None] * self.sideways)

    def _delay(self, place):
        ways = [np.linalg.norm(place - origin, axis=-1) for origin in (self.supernova, 0.0)]
        return ways[0] + self.inverse * ways[1] - self.supernova[2]

    def _gradient(self, place):
        ways = [place - self.supernova, place]
        from_supernova, to_earth = (way / np.linalg.norm(way, axis=-1)[..., None] for way in ways)
        return from_supernova + self.inverse * to_earth

    def _slope(self, cosine):
        along = self.axis - (cosine / np.sqrt(1.0 - cosine**2))[..., None] * self.sideways
        return np.abs(self.radius * (self._gradient(self._place(cosine)) * along).sum(axis=-1))

    def _cosine(self, time):
        low = np.full((len(self.radius), _AZIMUTHS), -1.0)
        high = -low
        for _ in range(52):
            middle = 0.5 * (low + high)
            late = self._delay(self._place(middle)) > time * self.light_speed
            low, high = np.where(late, low, middle), np.where(late, middle, high)
        return 0.5 * (low + high)

    def _kicks(self, cosine):
        """Return the particles per area at Earth, dark matter and kinetic energy [cm²/(MeV kpc³) × cm³]."""
        place, source = self._place(cosine), self.problem.source
        ways = [place - self.supernova, place]
        lengths = [np.linalg.norm(way, axis=-1) for way in ways]
        turn = ways[0] / lengths[0][..., None] + ways[1] / lengths[1][..., None]
        haversine = 0.25 * (turn**2).sum(axis=-1)
        energy = neutrino_energy(self.kinetic, self.mass, haversine)
        rate = kick_rate(
            *(source, self.problem.interaction, (), self.problem.powers),
            *(energy, haversine, self.kinetic, self.mass),
        )
        energy_of_one = np.asarray(source.luminosity) * source.emission_duration / np.sum(source.multiplicities)
        area = 4.0 * np.pi * self.problem.kiloparsec * (lengths[0] * lengths[1]) ** 2
        return rate * energy_of_one * self.problem.neutrino_cross_section / area
