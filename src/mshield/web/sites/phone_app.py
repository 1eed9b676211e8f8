"""The phone app at /app/."""

from pathlib import Path
from typing import Final

from mshield.web.sites.assets import FOLDER
from mshield.web.sites.built_app import BuiltApp, Policy

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
    """The app as this folder has it; its service worker answers for the app's path alone.

    Browsers that know their device's model are asked to say it (UA Client Hints): 我的设备 shows it.
    """
    more = {
        f"{BASE}sw.js": {"Service-Worker-Allowed": BASE},
        f"{BASE}index.html": {"Accept-CH": "Sec-CH-UA-Model"},
    }
    return BuiltApp(BASE, folder, _POLICY, more)


PHONE_APP: Final = phone_app()
ROUTES: Final = PHONE_APP.routes()
