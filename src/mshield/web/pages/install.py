"""The page that leads to the app: a QR code for a PC, the steps for each phone's browser, and why it asks for what."""

import io
import re
from functools import lru_cache
from typing import Final

import segno
from markupsafe import Markup
from starlette.responses import Response

from mshield.web.pages.foot import Foot
from mshield.web.pages.guides import GUIDES
from mshield.web.pages.language import Language
from mshield.web.pages.page import CSP, page
from mshield.web.pages.platform import Platform
from mshield.web.sites.assets import assets

_SYMBOL: Final = r'<symbol id="i-{name}" viewBox="0 0 24 24">(.*?)</symbol>'


def install_page(
    *, platform: Platform, here: Platform, address: str, manifest: bool, lang: Language, foot: Foot
) -> Response:
    """The page with the guide for `platform`, looked at on `here`.

    `address` is what the QR code says; `manifest`: whether the browser may offer to install the app from here.
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
    """The address as a QR code, SVG; black on white also where the page is dark."""
    out = io.BytesIO()
    segno.make(address, error="q", micro=False).save(
        out, kind="svg", xmldecl=False, scale=4, border=4, dark="#000", light="#fff"
    )
    return out.getvalue()


def _icon(name: str) -> Markup:
    """One of the look's icons, decorative."""
    symbol = re.search(_SYMBOL.format(name=re.escape(name)), assets().text("icons.svg"), re.DOTALL)
    shapes = "" if symbol is None else symbol[1]
    return Markup('<svg class="icon" viewBox="0 0 24 24" aria-hidden="true">{}</svg>').format(
        Markup(shapes)  # noqa: S704  # our own file
    )
