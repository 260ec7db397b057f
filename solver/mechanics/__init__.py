"""Mechanics in DOLFINx: the scaffold under load, and what a cell senses at its place."""
