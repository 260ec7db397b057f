"""The fibre cell: wavy or straight fibres explicitly in a periodic box of gel.

The axis of every fibre is z; its centreline is the planar sinusoid
``x(z) = position + A cos(2πz/L + phase)·(cos roll, sin roll)``. The cell repeats in all three
directions, so a fibre may leave through one side and come back through the other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from meshes.errors import InputError
from meshes.scaffold import FloatArray, require_positive

MIN_GAP = 0.25  # of the thinner fibre's radius: closer surfaces cannot be meshed with good cells
_SHARPEST_BEND = 0.5  # radius over the smallest radius of curvature
_SAMPLES = 128  # per wavelength: the trapezoidal rule on a periodic integrand is then exact
_TRIALS = 400  # places tried per fibre
_STEP = 0.5  # of the radius, between samples of a centreline when distances are taken


@dataclass(frozen=True)
class FibrePath:
    """One fibre of round cross-section along a planar sinusoid.

    Parameters
    ----------
    radius
        µm.
    position
        Where the mean line meets z = 0, (x, y), µm.
    amplitude, wavelength
        A and L in µm; amplitude 0 is a straight fibre and needs no wavelength.
    phase
        Radians; at 0 a crest lies at z = 0.
    roll
        Angle of the wave's plane from the x axis about z, radians.

    Raises
    ------
    InputError
        If a length is not positive or the fibre bends more sharply than its thickness allows
        (r A q² > 0.5 with q = 2π/L).
    """

    radius: float
    position: tuple[float, float]
    amplitude: float = 0.0
    wavelength: float | None = None
    phase: float = 0.0
    roll: float = 0.0

    def __post_init__(self) -> None:
        require_positive("fibre radius (µm)", self.radius)
        if self.amplitude == 0.0:
            return
        require_positive("fibre amplitude (µm)", self.amplitude)
        if self.wavelength is None:
            raise InputError("a wavy fibre needs a wavelength (µm)")
        require_positive("fibre wavelength (µm)", self.wavelength)
        bend = self.radius * self.amplitude * self.wavenumber**2
        if bend > _SHARPEST_BEND:
            raise InputError(
                f"a fibre of radius {self.radius:g} µm cannot follow waves of amplitude "
                f"{self.amplitude:g} µm and wavelength {self.wavelength:g} µm",
                hint="choose a thinner fibre, a longer wavelength or a smaller amplitude",
            )

    @property
    def wavenumber(self) -> float:
        """q = 2π/L, 1/µm; 0 for a straight fibre."""
        if self.amplitude == 0.0 or self.wavelength is None:
            return 0.0
        return 2.0 * np.pi / self.wavelength

    @property
    def direction(self) -> FloatArray:
        """Unit vector of the wave's displacement, shape (3,)."""
        return np.array([np.cos(self.roll), np.sin(self.roll), 0.0])

    def centre(self, z: ArrayLike) -> FloatArray:
        """Points of the centreline at heights z (n,), shape (n, 3), µm."""
        height = np.asarray(z, dtype=float)
        wave = self.amplitude * np.cos(self.wavenumber * height + self.phase)
        line = np.column_stack([*(np.full_like(height, p) for p in self.position), height])
        return line + wave[:, None] * self.direction

    def slope(self, z: ArrayLike) -> FloatArray:
        """Derivative of the wave's displacement with z at heights z (n,), shape (n,)."""
        q = self.wavenumber
        slope: FloatArray = (
            -self.amplitude * q * np.sin(q * np.asarray(z, dtype=float) + self.phase)
        )
        return slope

    @property
    def contour_ratio(self) -> float:
        """Contour length over length along z, ≥ 1 (mean of √(1 + slope²) over a wave)."""
        if self.wavenumber == 0.0:
            return 1.0
        z = np.linspace(0.0, 2.0 * np.pi / self.wavenumber, _SAMPLES, endpoint=False)
        return float(np.sqrt(1.0 + self.slope(z) ** 2).mean())


@dataclass(frozen=True)
class FibreCell:
    """A periodic box of gel with fibres along z.

    Parameters
    ----------
    size
        Edges of the box, (x, y, z), µm.
    fibres
        At least one; fibres that cross a side come back through the opposite one.

    Raises
    ------
    InputError
        If a wavelength does not fit the height a whole number of times, or fibres (or their
        periodic images) are closer than 0.25 of the thinner one's radius.
    """

    size: tuple[float, float, float]
    fibres: tuple[FibrePath, ...]

    def __post_init__(self) -> None:
        for edge in self.size:
            require_positive("edge of the fibre cell (µm)", edge)
        if not self.fibres:
            raise InputError("a fibre cell needs a fibre")
        for fibre in self.fibres:
            waves = self.size[2] * fibre.wavenumber / (2.0 * np.pi)
            if abs(waves - round(waves)) > 1e-9 * max(waves, 1.0):
                raise InputError(
                    f"the cell's height {self.size[2]:g} µm is not a whole number of wavelengths "
                    f"of {fibre.wavelength:g} µm"
                )
        room = Clearance(self.size)
        for k, fibre in enumerate(self.fibres):
            if not room.admits(fibre):
                raise InputError(
                    f"fibre {k + 1} of {len(self.fibres)} touches another one or its own image",
                    hint="make the cell wider, the fibres thinner or fewer, or change positions",
                )
            room.add(fibre)

    @property
    def volume(self) -> float:
        """µm³."""
        return float(np.prod(self.size))

    @property
    def fibre_volume(self) -> float:
        """Volume of the fibres, µm³: πr² times contour length, exact for tubes (Pappus)."""
        return float(sum(np.pi * f.radius**2 * f.contour_ratio * self.size[2] for f in self.fibres))

    @property
    def fraction(self) -> float:
        """Volume fraction of fibres."""
        return self.fibre_volume / self.volume


class Clearance:
    """Keeps fibres of a periodic cell apart: centrelines sampled at half a radius.

    Parameters
    ----------
    size
        Edges of the cell, µm.
    gap
        Least distance of surfaces over the thinner fibre's radius.
    """

    def __init__(self, size: tuple[float, float, float], gap: float = MIN_GAP) -> None:
        self._size = np.asarray(size, dtype=float)
        self._gap = gap
        self._placed: list[tuple[float, Any]] = []

    def admits(self, fibre: FibrePath) -> bool:
        """Whether a fibre keeps its distance from those placed and from its own images."""
        from scipy.spatial import cKDTree

        reach = 2.0 * fibre.radius + self._gap * fibre.radius
        line = self._line(fibre, 0.0)
        itself = cKDTree(self._line(fibre, 2.0 * reach))
        for steps in ((1, 0), (0, 1), (1, 1), (1, -1)):
            image = line + np.append(steps, 0) * self._size
            if itself.query(image, distance_upper_bound=reach)[0].min() < reach:
                return False
        wrapped = np.mod(line, self._size)
        for radius, tree in self._placed:
            reach = radius + fibre.radius + self._gap * min(radius, fibre.radius)
            if tree.query(wrapped, distance_upper_bound=reach)[0].min() < reach:
                return False
        return True

    def add(self, fibre: FibrePath) -> None:
        """Place a fibre."""
        from scipy.spatial import cKDTree

        line = np.mod(self._line(fibre, 0.0), self._size)
        self._placed.append((fibre.radius, cKDTree(line, boxsize=self._size)))

    def _line(self, fibre: FibrePath, beyond: float) -> FloatArray:
        """Samples of the centreline, reaching past both ends of the cell."""
        length = float(self._size[2]) + 2.0 * beyond
        count = int(np.ceil(length * fibre.contour_ratio / (_STEP * fibre.radius)))
        return fibre.centre(np.linspace(-beyond, length - beyond, count + 1))


def single_fibre_cell(
    fraction: float,
    radius: float,
    amplitude: float = 0.0,
    wavelength: float | None = None,
    *,
    height: float | None = None,
) -> FibreCell:
    """One fibre in a box of square cross-section that gives a wanted volume fraction.

    Parameters
    ----------
    fraction
        Volume fraction of the fibre, between 0 and 1.
    radius, amplitude, wavelength
        µm, as in :class:`FibrePath`; the wave lies along x.
    height
        Edge of the box along z, µm; default one wavelength, of a straight fibre 16 radii.

    Raises
    ------
    InputError
        If the fraction leaves no room for the fibre.
    """
    _check_fraction(fraction)
    probe = FibrePath(radius, (0.0, 0.0), amplitude, wavelength)
    wave = wavelength if amplitude > 0.0 else None
    length = height or wave or 16.0 * radius
    side = float(np.sqrt(np.pi * radius**2 * probe.contour_ratio / fraction))
    middle = (0.5 * side, 0.5 * side)
    fibre = FibrePath(radius, middle, amplitude, wave)
    return FibreCell((side, side, length), (fibre,))


def random_cell(
    n: int,
    fraction: float,
    amplitude: float,
    wavelength: float | None,
    radius: float,
    seed: int,
    *,
    height: float | None = None,
) -> FibreCell:
    """Fibres at random places with random phases and rolls, none touching another.

    Random sequential addition: positions, phases and rolls uniform.

    Parameters
    ----------
    n
        Number of fibres.
    fraction
        Volume fraction of fibres; sets the square cross-section.
    amplitude, wavelength, radius
        µm; amplitude 0 is straight.
    seed
        Of the random numbers; the same seed gives the same cell.
    height
        Edge along z, µm; default one wavelength, of straight fibres 16 radii.

    Raises
    ------
    InputError
        If no free place is found for a fibre.
    """
    _check_fraction(fraction)
    if n < 1:
        raise InputError(f"expected one fibre or more, found {n}")
    generator = np.random.default_rng(seed)
    wave = wavelength if amplitude > 0.0 else None
    length = height or wave or 16.0 * radius
    ratio = FibrePath(radius, (0.0, 0.0), amplitude, wave).contour_ratio
    side = float(np.sqrt(n * np.pi * radius**2 * ratio / fraction))
    size = (side, side, length)
    room = Clearance(size)
    fibres: list[FibrePath] = []
    for _ in range(_TRIALS * n):
        x, y, phase, roll = generator.uniform(size=4) * (side, side, 2.0 * np.pi, 2.0 * np.pi)
        fibre = FibrePath(radius, (x, y), amplitude, wave, phase, roll)
        if room.admits(fibre):
            room.add(fibre)
            fibres.append(fibre)
        if len(fibres) == n:
            return FibreCell(size, tuple(fibres))
    raise InputError(
        f"found room for {len(fibres)} of {n} fibres at a volume fraction of {fraction:g}",
        hint="choose a smaller fraction or amplitude, or another seed",
    )


def _check_fraction(fraction: float) -> None:
    if not 0.0 < fraction < 1.0:
        raise InputError(f"expected a volume fraction between 0 and 1, found {fraction:g}")
