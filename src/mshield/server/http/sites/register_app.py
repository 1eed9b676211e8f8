"""The front end for registering on a PC at /register/; the API that it calls is in the folder register."""

from pathlib import Path
from typing import Final

from mshield.server.http.sites.assets import FOLDER
from mshield.server.http.sites.built_app import DESK_POLICY, BuiltApp

BASE: Final = "/register/"


def register_app(folder: Path = FOLDER / "register") -> BuiltApp:
    return BuiltApp(BASE, folder, DESK_POLICY)


REGISTER_APP: Final = register_app()
ROUTES: Final = REGISTER_APP.routes()
