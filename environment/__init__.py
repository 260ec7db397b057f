"""How a machine gets DOLFINx and the Python packages: set-up, launcher, package list.

Everything here runs on the host's own Python (3.9 or later) with nothing but the standard
library, because it runs before anything is installed.
"""
