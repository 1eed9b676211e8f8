"""Built front-end application under its path, held in memory; every address without a file answers its document.

Files under assets/ have a hash in their names and never change; all others are revalidated. The policies let
a browser run these files and call this service, and nothing else: no other origin, no inline script, no
frame.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from mshield.server.errors import NotBuilt, NotFound
from mshield.server.http.router import Route, page_route
from mshield.server.http.sites.assets import IMMUTABLE, Asset

_REVALIDATED: Final = "no-cache"
_EVERY: Final = {
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
}
_CLOSED: Final = ("base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'")
_NO_FEATURES: Final = (
    "accelerometer",
    "autoplay",
    "browsing-topics",
    "camera",
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
    "publickey-credentials-create",
    "publickey-credentials-get",
    "serial",
    "storage-access",
    "usb",
    "window-management",
    "xr-spatial-tracking",
)


@dataclass(frozen=True, slots=True)
class Policy:
    """Browser permissions of an application: directives of Content Security Policy, and device features."""

    page: tuple[str, ...]
    """Directives for the page, in addition to those of every policy: own files only, no framing."""

    trusted_types: tuple[str, ...]
    """Names of the Trusted Types policies that the application creates."""

    script: tuple[str, ...] = ("script-src 'self'",)
    """Directives for script files: a worker has the policy of its own file, not of the page that starts it."""

    features: frozenset[str] = frozenset()
    """Device features that the application itself uses; they are never allowed to another page."""

    @property
    def of_the_page(self) -> str:
        return "; ".join(("default-src 'none'", *self.page, *_CLOSED, *self._trusted))

    @property
    def of_a_script(self) -> str:
        return "; ".join(("default-src 'none'", *self.script, *_CLOSED, *self._trusted))

    @property
    def permissions(self) -> str:
        return ", ".join(f"{name}={'(self)' if name in self.features else '()'}" for name in _NO_FEATURES)

    @property
    def _trusted(self) -> tuple[str, ...]:
        return ("require-trusted-types-for 'script'", " ".join(("trusted-types", *self.trusted_types)))


DESK_POLICY: Final = Policy(
    page=(
        "script-src 'self'",
        "style-src 'self'",  # Vue and Element Plus set style through the CSSOM, which this allows
        "img-src 'self' data:",
        "media-src 'self' blob:",
        "connect-src 'self'",
    ),
    trusted_types=("vue",),  # Vue's own policy
)
"""Policy for a desktop application: its own files, this service, a captcha's image and audio."""


@dataclass
class BuiltApp:
    """Files of a built application, read when the first one is requested."""

    base: str
    """Path of the application, with a slash at both ends."""

    folder: Path
    policy: Policy
    of_a_file: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Additional headers by file address."""

    @cached_property
    def by_path(self) -> Mapping[str, Asset]:
        """Files by address; empty if the application wasn't built."""
        if not (self.folder / "index.html").is_file():
            logging.getLogger(__name__).warning("not built: there is nothing at %s", self.base)
            return MappingProxyType({})
        files = {}
        for file in self.folder.rglob("*"):
            if file.is_file():
                address = self.base + file.relative_to(self.folder).as_posix()
                keep = IMMUTABLE if address.startswith(self._hashed) else _REVALIDATED
                files[address] = Asset.read(file, keep)
        return MappingProxyType(files)

    @property
    def is_built(self) -> bool:
        """Whether the application was built, so that links to it work."""
        return bool(self.by_path)

    async def answer(self, request: Request) -> Response:
        """Serves the file, or the document at an address of the application's own. Raises: NotBuilt, NotFound."""
        if not self.is_built:
            raise NotBuilt
        address = request.scope["path"]
        file = self.by_path.get(address)
        if file is None:
            if address.startswith(self._hashed):
                # A file of an older build. A browser that asks for a script must not get the document instead.
                raise NotFound
            address = self.base + "index.html"
            file = self.by_path[address]
        return file.answer(request, self._headers(address))

    def routes(self) -> tuple[Route, ...]:
        """Returns the application's routes, which aren't part of the API or its document."""
        return (
            page_route(self.base.rstrip("/"), self._with_slash),
            page_route(self.base + "{path:path}", self.answer),
        )

    @property
    def _hashed(self) -> str:
        return self.base + "assets/"

    def _headers(self, address: str) -> Mapping[str, str]:
        more = self.of_a_file.get(address, {})
        if address.endswith(".js"):
            return {**_EVERY, "Content-Security-Policy": self.policy.of_a_script, **more}
        return {
            **_EVERY,
            "Content-Security-Policy": self.policy.of_the_page,
            "Cross-Origin-Opener-Policy": "same-origin",
            "Permissions-Policy": self.policy.permissions,
            **more,
        }

    async def _with_slash(self, request: Request) -> Response:
        query = request.scope["query_string"].decode("ascii", "replace")
        return RedirectResponse(self.base + (f"?{query}" if query else ""), 308)
