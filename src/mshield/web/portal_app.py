"""The legal person's portal at /portal/, as people see it; what it calls is in the folder portal."""

from pathlib import Path
from typing import Final

from mshield.web.assets import FOLDER
from mshield.web.built_app import BuiltApp, Policy

BASE: Final = "/portal/"
_POLICY: Final = Policy(
    page=(
        "script-src 'self'",
        "style-src 'self'",  # Vue and Element Plus set style through the CSSOM, which this allows
        "img-src 'self' data:",
        "media-src 'self' blob:",
        "connect-src 'self'",
    ),
    trusted_types=("vue",),  # Vue's own policy
)


def portal_app(folder: Path = FOLDER / "portal") -> BuiltApp:
    """The portal as this folder has it."""
    return BuiltApp(BASE, folder, _POLICY)


PORTAL_APP: Final = portal_app()
ROUTES: Final = PORTAL_APP.routes()
