"""A drop of gel on glass: a spherical cap.

Assumption: the drop is smaller than its capillary length, √(γ/ρg) = 2.7 mm for water, so that
gravity does not flatten it; within a factor, as cell culture drops of some microlitres are.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from meshes.checks import require_inks
from meshes.errors import InputError
from meshes.scaffold import FloatArray, IntArray, as_points, require_positive

SMALLEST_ANGLE = 10.0
LARGEST_ANGLE = 170.0


@dataclass(frozen=True)
class Droplet:
    """A spherical cap on glass, its axis in the middle of its bounds.

    With the contact radius a and the contact angle θ, measured through the gel, the sphere has the
    radius R = a/sin θ and its centre at z = -R cos θ; the cap is R (1 - cos θ) high. Beyond 90° it
    is wider than its contact.

    Parameters
    ----------
    contact_diameter
        Diameter of the contact with the glass, µm.
    contact_angle
        Degrees, 10 to 170.
    inks
        The name of its one ink, or a tuple that holds it.

    Raises
    ------
    InputError
        If the diameter is not finite and positive, the angle out of bounds, or there is not exactly
        one ink.
    """

    contact_diameter: float
    contact_angle: float
    inks: tuple[str, ...] = ("gel",)

    def __post_init__(self) -> None:
        diameter = require_positive("contact_diameter (µm)", self.contact_diameter)
        angle = require_positive("contact_angle (degrees)", self.contact_angle)
        if not SMALLEST_ANGLE <= angle <= LARGEST_ANGLE:
            raise InputError(
                f"contact_angle: expected {SMALLEST_ANGLE:g} to {LARGEST_ANGLE:g} degrees, found "
                f"{angle:g}",
                hint="it is measured through the gel; a flat film is better made as a disc",
            )
        object.__setattr__(self, "contact_diameter", diameter)
        object.__setattr__(self, "contact_angle", angle)
        object.__setattr__(self, "inks", require_inks(self.inks, 1, "a droplet"))

    @property
    def radius(self) -> float:
        """Radius of the sphere, µm."""
        return 0.5 * self.contact_diameter / math.sin(math.radians(self.contact_angle))

    @property
    def centre_height(self) -> float:
        """z of the centre of the sphere, µm; negative below 90 degrees."""
        return -self.radius * math.cos(math.radians(self.contact_angle))

    @property
    def substrate_height(self) -> float:
        """z of the glass, µm."""
        return 0.0

    @property
    def height(self) -> float:
        """a tan(θ/2), µm."""
        return 0.5 * self.contact_diameter * math.tan(math.radians(0.5 * self.contact_angle))

    @property
    def width(self) -> float:
        """Largest horizontal diameter, µm."""
        return self.contact_diameter if self.contact_angle <= 90.0 else 2.0 * self.radius

    @property
    def footprint_area(self) -> float:
        """π·width²/4, µm²: what a plate would cover that presses on the drop."""
        return 0.25 * math.pi * self.width**2

    @property
    def bounds(self) -> FloatArray:
        """Lower and upper corner, shape (2, 3), µm."""
        return np.array([(0.0, 0.0, 0.0), (self.width, self.width, self.height)])

    def signed_distance(self, x: npt.ArrayLike) -> FloatArray:
        """Exact distance to cap and contact, negative inside: (n, 3) µm -> (n,) µm."""
        off_axis, z, to_sphere, to_cap = self._profile(x)
        to_contact = np.hypot(np.maximum(off_axis - 0.5 * self.contact_diameter, 0.0), z)
        distance = np.minimum(to_cap, to_contact)
        return np.where((to_sphere < 0.0) & (z > 0.0), -distance, distance)

    def free_surface_distance(self, x: npt.ArrayLike) -> FloatArray:
        """Exact distance to the cap, and to a wall under the contact line: (n, 3) µm -> (n,) µm."""
        off_axis, z, to_sphere, to_cap = self._profile(x)
        to_wall = np.hypot(off_axis - 0.5 * self.contact_diameter, np.maximum(z, 0.0))
        distance = np.minimum(to_cap, to_wall)
        inside = np.where(z > 0.0, to_sphere < 0.0, off_axis < 0.5 * self.contact_diameter)
        return np.where(inside, -distance, distance)

    def ink(self, x: npt.ArrayLike) -> IntArray:
        """Zero everywhere: (n, 3) µm -> (n,)."""
        return np.zeros(len(as_points(x)), dtype=np.int64)

    def print_direction(self, x: npt.ArrayLike) -> FloatArray:
        """Along x everywhere (assumption: a drop has no strand): (n, 3) µm -> (n, 3)."""
        return np.tile([1.0, 0.0, 0.0], (len(as_points(x)), 1))

    def volume(self) -> dict[str, float]:
        """π h (3a² + h²)/6 with the contact radius a and the height h, µm³."""
        a, h = 0.5 * self.contact_diameter, self.height
        return {self.inks[0]: math.pi * h * (3.0 * a**2 + h**2) / 6.0}

    def _profile(self, x: npt.ArrayLike) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
        """Distance to the axis, z, signed distance to the whole sphere, distance to the cap.

        The nearest point of the sphere lies on the ray from its centre; where that is below the
        glass, the contact line is the nearest point of the cap.
        """
        points = as_points(x)
        z = points[:, 2]
        off_axis = np.hypot(points[:, 0] - 0.5 * self.width, points[:, 1] - 0.5 * self.width)
        from_centre = np.hypot(off_axis, z - self.centre_height)
        foot = self.centre_height * from_centre + self.radius * (z - self.centre_height)
        to_line = np.hypot(off_axis - 0.5 * self.contact_diameter, z)
        to_sphere = from_centre - self.radius
        return off_axis, z, to_sphere, np.where(foot >= 0.0, np.abs(to_sphere), to_line)
