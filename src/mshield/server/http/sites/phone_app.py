"""The phone app's front end at /app/."""

from pathlib import Path
from typing import Final

from mshield.server.http.sites.assets import FOLDER
from mshield.server.http.sites.built_app import BuiltApp, Policy

BASE: Final = "/app/"
_POLICY: Final = Policy(
    page=(
        "script-src 'self' 'wasm-unsafe-eval'",  # the scanner is WebAssembly
        "worker-src 'self'",
        "style-src 'self'",  # Vue sets style through the CSSOM, which this allows
        "img-src 'self' data: blob:",
        "media-src 'self' blob:",
        "font-src 'self'",
        "connect-src 'self'",
        "manifest-src 'self'",
    ),
    script=("script-src 'self' 'wasm-unsafe-eval'", "worker-src 'self'", "connect-src 'self'"),
    trusted_types=("vue", "mshield"),  # Vue's own policy, and the app's for the addresses of its workers
    features=frozenset({"camera", "publickey-credentials-get", "publickey-credentials-create"}),
)


def phone_app(folder: Path = FOLDER / "app") -> BuiltApp:
    """Returns the app built in this folder; its service worker may control only the app's path.

    The document asks browsers for the device's model (UA Client Hints), which 我的设备 shows.
    """
    more = {
        f"{BASE}sw.js": {"Service-Worker-Allowed": BASE},
        f"{BASE}index.html": {"Accept-CH": "Sec-CH-UA-Model"},
    }
    return BuiltApp(BASE, folder, _POLICY, more)


PHONE_APP: Final = phone_app()
ROUTES: Final = PHONE_APP.routes()
