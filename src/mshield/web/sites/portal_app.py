"""The legal person's portal at /portal/, as people see it; what it calls is in the folder portal."""

from pathlib import Path
from typing import Final

from mshield.web.sites.assets import FOLDER
from mshield.web.sites.built_app import DESK_POLICY, BuiltApp

BASE: Final = "/portal/"


def portal_app(folder: Path = FOLDER / "portal") -> BuiltApp:
    """The portal as this folder has it."""
    return BuiltApp(BASE, folder, DESK_POLICY)


PORTAL_APP: Final = portal_app()
ROUTES: Final = PORTAL_APP.routes()
