"""Bodies that people print besides slabs and woodpiles, one module each."""

from meshes.shapes.channel_block import ChannelBlock
from meshes.shapes.core_shell import CoreShellWoodpile
from meshes.shapes.disc import Disc
from meshes.shapes.droplet import Droplet
from meshes.shapes.layered_slab import LayeredSlab
from meshes.shapes.ring import Ring
from meshes.shapes.spheroid import SpheroidInGel
from meshes.shapes.spiral import Spiral
from meshes.shapes.tpms import TPMS

__all__ = [
    "TPMS",
    "ChannelBlock",
    "CoreShellWoodpile",
    "Disc",
    "Droplet",
    "LayeredSlab",
    "Ring",
    "SpheroidInGel",
    "Spiral",
]
