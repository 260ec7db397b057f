"""The report as PDF, printed by a Chromium that is there anyway."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from meshes.errors import InputError, SolveError

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome",
            "microsoft-edge", "msedge", "brave-browser")  # fmt: skip
"""Commands that are tried, in this order; all of them are Chromium."""

_APPLICATIONS = (
    Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"),
    Path("/Applications/Chromium.app/Contents/MacOS/Chromium"),
)
TIME_LIMIT_S = 180


def find_browser() -> str | None:
    """Path of a Chromium, or None."""
    for name in BROWSERS:
        found = shutil.which(name)
        if found:
            return found
    return next((str(path) for path in _APPLICATIONS if path.is_file()), None)


def require_browser() -> str:
    """Path of a Chromium.

    Raises
    ------
    InputError
        Where there is none, with the way out.
    """
    found = find_browser()
    if found is None:
        raise InputError(
            "there is no Chromium here to print the report with",
            hint="install Chromium or Chrome, or open report.html in any browser and print it "
            "to a PDF",
        )
    return found


def print_pdf(page: Path, target: Path) -> None:
    """Print a page on disk to a PDF; the target appears whole or not at all.

    Parameters
    ----------
    page
        A self-contained HTML file of ours: it may ask for nothing, so nothing is fetched.
    target
        The PDF.

    Raises
    ------
    InputError
        Where there is no Chromium.
    SolveError
        Where it did not print.
    """
    browser = require_browser()
    with tempfile.TemporaryDirectory(prefix="dormatrix-") as folder:
        printed = Path(folder) / "report.pdf"
        command = [
            browser,
            "--headless",
            "--disable-gpu",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--no-first-run",
            "--no-default-browser-check",
            f"--user-data-dir={Path(folder) / 'profile'}",
            "--no-pdf-header-footer",
            f"--print-to-pdf={printed}",
            page.resolve().as_uri(),
        ]
        said = ""
        # Its sandbox needs rights that root in a container lacks; the page is our own.
        for further in ([], ["--no-sandbox"]):
            if not further and hasattr(os, "geteuid") and os.geteuid() == 0:
                continue  # as root it refuses at once
            said = _run([command[0], *further, *command[1:]])
            if printed.is_file() and printed.read_bytes()[:5] == b"%PDF-":
                break
        else:
            raise SolveError(
                f"{Path(browser).name} did not print the report: {said or 'it said nothing'}",
                hint=f"open {page} in a browser and print it to a PDF",
            )
        aside = target.with_name(f".{target.name}.{os.getpid()}")
        try:
            shutil.copyfile(printed, aside)
            aside.replace(target)
        except OSError as error:
            raise SolveError(
                f"{target} cannot be written: {error.strerror or error}",
                hint="check the space left on the disk and the rights of the folder",
            ) from error
        finally:
            aside.unlink(missing_ok=True)


def _run(command: list[str]) -> str:
    """Run the browser; the last line of what it complained of."""
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=TIME_LIMIT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"it took more than {TIME_LIMIT_S} s"
    except OSError as failed:
        return str(failed)
    lines = [line.strip() for line in done.stderr.splitlines() if line.strip()]
    return lines[-1] if lines else ""
