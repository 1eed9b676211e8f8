"""The phone app's files at /app/, held in memory; each address of the app's own answers the document.

What stands under assets/ has a hash in its name and never changes; everything else is asked for anew. The policies
let a browser run these files and call this service, and nothing else: no other origin, no inline script, no frame.
"""

import logging
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from mshield.domain import errors
from mshield.web.assets import FOLDER, FOR_EVER, Asset

BASE: Final = "/app/"
_DOCUMENT: Final = BASE + "index.html"
_HASHED: Final = BASE + "assets/"
_SERVICE_WORKER: Final = BASE + "sw.js"
_ASKED_ANEW: Final = "no-cache"

# Trusted Types: `vue` is Vue's own policy, `mshield` the app's for the addresses of its workers.
_TRUSTED: Final = ("require-trusted-types-for 'script'", "trusted-types vue mshield")
_POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self' 'wasm-unsafe-eval'",  # the scanner is WebAssembly
        "worker-src 'self'",
        "style-src 'self'",  # Vue sets style through the CSSOM, which this allows
        "img-src 'self' data: blob:",
        "media-src 'self' blob:",
        "font-src 'self'",
        "connect-src 'self'",
        "manifest-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        *_TRUSTED,
    )
)
# A worker has the policy of its own file, not of the page that starts it.
_WORKER_POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self' 'wasm-unsafe-eval'",
        "worker-src 'self'",
        "connect-src 'self'",
        *_TRUSTED,
    )
)
_NO_FEATURES: Final = (
    "accelerometer",
    "autoplay",
    "browsing-topics",
    "display-capture",
    "encrypted-media",
    "gamepad",
    "geolocation",
    "gyroscope",
    "hid",
    "idle-detection",
    "local-fonts",
    "magnetometer",
    "microphone",
    "midi",
    "otp-credentials",
    "payment",
    "serial",
    "storage-access",
    "usb",
    "window-management",
    "xr-spatial-tracking",
)
_FEATURES: Final = ", ".join(
    (
        "camera=(self)",
        "publickey-credentials-get=(self)",
        "publickey-credentials-create=(self)",
        *(f"{name}=()" for name in _NO_FEATURES),
    )
)
_EVERY: Final = {
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
}
_OF_A_SCRIPT: Final = {**_EVERY, "Content-Security-Policy": _WORKER_POLICY}
_OF_THE_REST: Final = {
    **_EVERY,
    "Content-Security-Policy": _POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": _FEATURES,
}
_log = logging.getLogger(__name__)


class PhoneApp:
    """The files of one build, read when one is first asked for."""

    def __init__(self, folder: Path = FOLDER / "app") -> None:
        self._folder = folder

    @cached_property
    def by_path(self) -> Mapping[str, Asset]:
        """The files by their address; none where nothing was built."""
        if not (self._folder / "index.html").is_file():
            _log.warning("the phone app is not built: there is nothing at %s", BASE)
            return MappingProxyType({})
        found = {}
        for file in self._folder.rglob("*"):
            if file.is_file():
                address = BASE + file.relative_to(self._folder).as_posix()
                keep = FOR_EVER if address.startswith(_HASHED) else _ASKED_ANEW
                found[address] = Asset.read(file, keep)
        return MappingProxyType(found)

    @property
    def is_built(self) -> bool:
        """Whether there is an app to lead anyone to."""
        return bool(self.by_path)

    async def answer(self, request: Request) -> Response:
        """The file, or for an address of the app's own the document. Raises NotBuilt, NotFound."""
        if not self.is_built:
            raise errors.NotBuilt
        address = request.scope["path"]
        found = self.by_path.get(address)
        if found is None:
            if address.startswith(_HASHED):
                raise errors.NotFound  # of an older build: the document in its place would run as a script
            address, found = _DOCUMENT, self.by_path[_DOCUMENT]
        return found.answer(request, _headers(address))

    def routes(self) -> tuple[Route, ...]:
        """Not part of the API: they stay out of its document."""
        return (Route(BASE.rstrip("/"), _with_slash), Route(BASE + "{path:path}", self.answer))


def _headers(address: str) -> Mapping[str, str]:
    if address == _SERVICE_WORKER:
        return {**_OF_A_SCRIPT, "Service-Worker-Allowed": BASE}
    return _OF_A_SCRIPT if address.endswith(".js") else _OF_THE_REST


async def _with_slash(request: Request) -> Response:
    query = request.scope["query_string"].decode("ascii", "replace")
    return RedirectResponse(BASE + (f"?{query}" if query else ""), 308)


PHONE_APP: Final = PhoneApp()
ROUTES: Final = PHONE_APP.routes()
