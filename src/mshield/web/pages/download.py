"""Where a newcomer begins (R23): `/` leads to `/download`, which tells how to install the app on what they hold.

The platform is told by the User-Agent, by `on` in the query, and by the page's script where the User-Agent hides it.
"""

from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from mshield.web.cached import cached
from mshield.web.context import context_of
from mshield.web.pages.foot import foot_in
from mshield.web.pages.install import install_page, qr_image
from mshield.web.pages.language import language_of
from mshield.web.pages.platform import Platform, platform_of
from mshield.web.router import page_route
from mshield.web.sites.phone_app import BASE, PHONE_APP

_MANIFEST: Final = BASE + "manifest.webmanifest"
_PLATFORMS: Final = {platform.value: platform for platform in Platform}


async def _root(request: Request) -> Response:  # noqa: ARG001  # as routes are called
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
    """What the code says: this page, which on the phone shows that phone's steps, also inside WeChat."""
    return f"{context_of(request).settings.public_origin.rstrip('/')}/download"


ROUTES: Final = (
    page_route("/", _root),
    page_route("/download", _download),
    page_route("/download/qr.svg", _qr),
)
"""Not part of the API: they stay out of its document."""
