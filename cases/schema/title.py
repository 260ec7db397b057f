"""Names that people give to cases and sweeps, and the folders made from them."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from typing import Annotated

from pydantic import AfterValidator

from cases.quantity import rejection

_RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])\Z")


def _require_title(name: str) -> str:
    if not 0 < len(name.strip()) <= 100 or not name.isprintable():
        raise rejection(
            "a name that cannot be used",
            expected="1 to 100 printable characters on one line",
            found=f"{len(name)} characters: {name}" if len(name) > 100 else name or "nothing",
            mend="choose a short plain name such as wavy-niche",
        )
    return name.strip()


Title = Annotated[str, AfterValidator(_require_title)]


def slug_of(name: str) -> str:
    """Folder name made from a title: small letters, digits and dashes."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    slug = re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")[:80].strip("-")
    if not slug or _RESERVED.match(slug):
        digest = hashlib.sha256(name.encode()).hexdigest()[:8]
        slug = f"{slug or 'case'}-{digest}"
    return slug
