"""``python -m cases`` is the command ``dormatrix``."""

from cases.main import main

# Worker processes import this module as theirs: only the command itself runs it.
if __name__ == "__main__":
    main()
