"""The console's front end at /console/; the API that it calls is in the folder console."""

from pathlib import Path
from typing import Final

from mshield.server.http.sites.assets import FOLDER
from mshield.server.http.sites.built_app import BuiltApp, Policy

BASE: Final = "/console/"
_POLICY: Final = Policy(
    page=(
        "script-src 'self'",
        "style-src 'self'",  # Vue and Element Plus set style through the CSSOM, which this allows
        "img-src 'self' data:",
        "connect-src 'self'",
    ),
    features=frozenset({"publickey-credentials-create", "publickey-credentials-get"}),  # security keys
    trusted_types=("vue",),  # Vue's own policy
)


def console_app(folder: Path = FOLDER / "console") -> BuiltApp:
    return BuiltApp(BASE, folder, _POLICY)


CONSOLE_APP: Final = console_app()
ROUTES: Final = CONSOLE_APP.routes()
