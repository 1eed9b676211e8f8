"""First pages for a newcomer (R23): `/` redirects to `/download`, which explains how to install the app.

The platform comes from `on` in the query, else from the User-Agent; where that hides it, the page's script
decides.

The page has a QR code on a PC, steps for each phone's browser, and reasons for the permissions.
"""

import io
import re
from functools import lru_cache
from typing import Final

import segno
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from mshield.server.http.answers import cached
from mshield.server.http.caller import context_of
from mshield.server.http.pages.footer import Foot, foot_in
from mshield.server.http.pages.guides import GUIDES
from mshield.server.http.pages.language import Language, language_of
from mshield.server.http.pages.page import CSP, page
from mshield.server.http.pages.platform import Platform, platform_of
from mshield.server.http.router import page_route
from mshield.server.http.sites.assets import assets
from mshield.server.http.sites.phone_app import BASE, PHONE_APP

_MANIFEST: Final = BASE + "manifest.webmanifest"
_PLATFORMS: Final = {platform.value: platform for platform in Platform}

_SYMBOL: Final = r'<symbol id="i-{name}" viewBox="0 0 24 24">(.*?)</symbol>'


async def _root(request: Request) -> Response:  # noqa: ARG001  # the signature of endpoints
    return RedirectResponse("/download", 302)


async def _download(request: Request) -> Response:
    here = platform_of(request.headers.get("User-Agent", ""))
    lang = language_of(request)
    answer = install_page(
        platform=_PLATFORMS.get(request.query_params.get("on", ""), here),
        here=here,
        address=_address(request),
        manifest=_MANIFEST in PHONE_APP.by_path,
        lang=lang,
        foot=foot_in(context_of(request).settings, lang),
    )
    answer.headers["Vary"] = "Accept-Language, User-Agent"
    return answer


async def _qr(request: Request) -> Response:
    headers = {"Cache-Control": "public, max-age=3600", "Cross-Origin-Resource-Policy": "same-origin"}
    return cached(request, qr_image(_address(request)), "image/svg+xml", headers)


def _address(request: Request) -> str:
    """Returns the content of the QR code: this page's address; a phone sees its own steps there, even inside WeChat."""
    return f"{context_of(request).settings.site.public_origin.rstrip('/')}/download"


def install_page(
    *, platform: Platform, here: Platform, address: str, manifest: bool, lang: Language, foot: Foot
) -> Response:
    """Returns the page with the guide for `platform`, viewed on `here`.

    `address` is the content of the QR code; `manifest` states whether the browser may offer to install the
    app from here.
    """
    response = page(
        "install.html",
        lang=lang,
        foot=foot,
        guide=GUIDES[platform],
        guides=GUIDES,
        platform=platform,
        here=here,
        address=address,
        manifest=manifest,
        icon=_icon,
    )
    response.headers["Content-Security-Policy"] = f"{CSP}; manifest-src 'self'"
    return response


@lru_cache(maxsize=4)
def qr_image(address: str) -> bytes:
    """Returns the address as a QR code in SVG, black on white even if the page is dark."""
    out = io.BytesIO()
    segno.make(address, error="q", micro=False).save(
        out, kind="svg", xmldecl=False, scale=4, border=4, dark="#000", light="#fff"
    )
    return out.getvalue()


def _icon(name: str) -> Markup:
    """Returns an icon of the design as inline SVG, hidden from screen readers."""
    symbol = re.search(_SYMBOL.format(name=re.escape(name)), assets().text("icons.svg"), re.DOTALL)
    shapes = "" if symbol is None else symbol[1]
    return Markup('<svg class="icon" viewBox="0 0 24 24" aria-hidden="true">{}</svg>').format(
        Markup(shapes)  # noqa: S704  # our own file
    )


ROUTES: Final = (
    page_route("/", _root),
    page_route("/download", _download),
    page_route("/download/qr.svg", _qr),
)
"""Routes of pages, not part of the API or its document."""
