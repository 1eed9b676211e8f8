"""The page at /register/ that registers people on a PC, as they see it; what it calls is in the folder register."""

from pathlib import Path
from typing import Final

from mshield.web.sites.assets import FOLDER
from mshield.web.sites.built_app import DESK_POLICY, BuiltApp

BASE: Final = "/register/"


def register_app(folder: Path = FOLDER / "register") -> BuiltApp:
    """The page as this folder has it."""
    return BuiltApp(BASE, folder, DESK_POLICY)


REGISTER_APP: Final = register_app()
ROUTES: Final = REGISTER_APP.routes()
