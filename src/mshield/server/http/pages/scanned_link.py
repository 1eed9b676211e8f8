"""Address in a request's QR code, opened by a camera app or a browser: redirects to the phone app with the code.

The code is valid for 5 s, so this page asks and shows nothing: the app decides. Nobody keeps the address.
"""

from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from mshield.server.errors import NotBuilt
from mshield.server.http.caller import context_of
from mshield.server.http.pages.footer import foot_in
from mshield.server.http.pages.language import language_of
from mshield.server.http.pages.page import page
from mshield.server.http.pages.platform import Platform, platform_of
from mshield.server.http.router import page_route
from mshield.server.http.sites.phone_app import BASE, PHONE_APP
from mshield.wire.qr import read_qr

_HEADERS: Final = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
_WITHOUT: Final = (Platform.WECHAT, Platform.IOS)


async def answer(request: Request) -> Response:
    """Redirects to the app, or to instructions where the app can't run: in a messenger's browser or an iPhone's tab.

    An invalid code redirects to the installation. Raises: NotBuilt.
    """
    if not PHONE_APP.is_built:
        raise NotBuilt
    query = request.scope["query_string"].decode("latin-1")
    code = read_qr(f"https://here{request.scope['path']}?{query}")
    if code is None:
        return RedirectResponse("/download", 303, _HEADERS)
    if platform_of(request.headers.get("User-Agent", "")) in _WITHOUT:
        return RedirectResponse("/scanned", 303, _HEADERS)
    address = f"{BASE}q/{code.request_id}?t={code.elapsed}&c={code.code}"
    return RedirectResponse(address, 303, _HEADERS)


async def scanned(request: Request) -> Response:
    """Serves the instructions for a shield's owner who scanned with another program: open the app and scan with it."""
    platform = platform_of(request.headers.get("User-Agent", ""))
    lang = language_of(request)
    foot = foot_in(context_of(request).settings, lang)
    answered = page("scanned.html", lang=lang, foot=foot, browser=platform not in _WITHOUT)
    answered.headers["Vary"] = "Accept-Language, User-Agent"
    return answered


ROUTES: Final = (page_route("/q/{request_id}", answer), page_route("/scanned", scanned))
"""Routes of pages, not part of the API or its document."""
