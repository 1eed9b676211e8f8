"""The page at /verify/ where anyone verifies a signature; it runs in the browser and calls only the publication API."""

from pathlib import Path
from typing import Final

from mshield.server.http.sites.assets import FOLDER
from mshield.server.http.sites.built_app import BuiltApp, Policy

BASE: Final = "/verify/"
_POLICY: Final = Policy(
    page=(
        "script-src 'self'",
        "style-src 'self'",  # Vue sets style through the CSSOM, which this allows
        "worker-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
    ),
    trusted_types=("vue", "mshield"),  # Vue's own policy, and the page's for the address of its worker
    script=(),  # for its worker, which reads the files: it can load nothing and make no calls
)


def verify_app(folder: Path = FOLDER / "verify") -> BuiltApp:
    return BuiltApp(BASE, folder, _POLICY)


VERIFY_APP: Final = verify_app()
ROUTES: Final = VERIFY_APP.routes()
