"""The front end of the legal person's portal at /portal/; the API that it calls is in the folder portal."""

from pathlib import Path
from typing import Final

from mshield.server.http.sites.assets import FOLDER
from mshield.server.http.sites.built_app import DESK_POLICY, BuiltApp

BASE: Final = "/portal/"


def portal_app(folder: Path = FOLDER / "portal") -> BuiltApp:
    return BuiltApp(BASE, folder, DESK_POLICY)


PORTAL_APP: Final = portal_app()
ROUTES: Final = PORTAL_APP.routes()
