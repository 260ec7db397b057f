"""``python -m cases`` is the command ``dormatrix``."""

from cases.main import main

main()
