"""A built application of the front end under its path, held in memory; each address of its own answers the document.

What stands under assets/ has a hash in its name and never changes; everything else is asked for anew. The policies
let a browser run these files and call this service, and nothing else: no other origin, no inline script, no frame.
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

from mshield.domain import errors
from mshield.web.router import Route, page_route
from mshield.web.sites.assets import FOR_EVER, Asset

_ASKED_ANEW: Final = "no-cache"
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
    """What a browser may do for an application: directives of Content Security Policy, and features of the device."""

    page: tuple[str, ...]
    """Directives for the page. That it loads its own files only and can't be framed is in every policy besides."""

    trusted_types: tuple[str, ...]
    """Names of the Trusted Types policies that the application makes."""

    script: tuple[str, ...] = ("script-src 'self'",)
    """For script files: a worker has the policy of its own file, not of the page that starts it."""

    features: frozenset[str] = frozenset()
    """Features of the device that the application itself uses; no other page ever does."""

    @property
    def of_the_page(self) -> str:
        """The policy of the document."""
        return "; ".join(("default-src 'none'", *self.page, *_CLOSED, *self._trusted))

    @property
    def of_a_script(self) -> str:
        """The policy of a script file."""
        return "; ".join(("default-src 'none'", *self.script, *_CLOSED, *self._trusted))

    @property
    def permissions(self) -> str:
        """The value of Permissions-Policy."""
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
"""For an application at a desk: its own files and this service, a captcha's picture and sound."""


@dataclass
class BuiltApp:
    """The files of one build, read when one is first asked for."""

    base: str
    """Its path, with a slash at both ends."""

    folder: Path
    policy: Policy
    of_a_file: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """More headers of a file, by its address."""

    @cached_property
    def by_path(self) -> Mapping[str, Asset]:
        """The files by their address; empty where the application wasn't built."""
        if not (self.folder / "index.html").is_file():
            logging.getLogger(__name__).warning("not built: there is nothing at %s", self.base)
            return MappingProxyType({})
        files = {}
        for file in self.folder.rglob("*"):
            if file.is_file():
                address = self.base + file.relative_to(self.folder).as_posix()
                keep = FOR_EVER if address.startswith(self._hashed) else _ASKED_ANEW
                files[address] = Asset.read(file, keep)
        return MappingProxyType(files)

    @property
    def is_built(self) -> bool:
        """Whether there is an application to lead anyone to."""
        return bool(self.by_path)

    async def answer(self, request: Request) -> Response:
        """The file, or for an address of the application's own the document. Raises NotBuilt, NotFound."""
        if not self.is_built:
            raise errors.NotBuilt
        address = request.scope["path"]
        file = self.by_path.get(address)
        if file is None:
            if address.startswith(self._hashed):
                raise errors.NotFound  # of an older build: the document in its place would run as a script
            address = self.base + "index.html"
            file = self.by_path[address]
        return file.answer(request, self._headers(address))

    def routes(self) -> tuple[Route, ...]:
        """Not part of the API: they stay out of its document."""
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
