"""The console at /console/, as people see it; what it calls is in the folder console."""

from pathlib import Path
from typing import Final

from mshield.web.sites.assets import FOLDER
from mshield.web.sites.built_app import BuiltApp, Policy

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
    """The console as this folder has it."""
    return BuiltApp(BASE, folder, _POLICY)


CONSOLE_APP: Final = console_app()
ROUTES: Final = CONSOLE_APP.routes()
