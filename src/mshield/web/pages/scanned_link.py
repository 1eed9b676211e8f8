"""The address in a request's QR code, opened by a camera app or a browser: leads to the phone app, code and all.

The code counts for 5 s, so nothing is asked here and nothing shown: the app decides. Nobody keeps the address.
"""

from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from mshield.domain import errors
from mshield.domain.qr import read_qr
from mshield.web.context import context_of
from mshield.web.pages.foot import foot_in
from mshield.web.pages.language import language_of
from mshield.web.pages.page import page
from mshield.web.pages.platform import Platform, platform_of
from mshield.web.router import page_route
from mshield.web.sites.phone_app import BASE, PHONE_APP

_HEADERS: Final = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
_WITHOUT: Final = (Platform.WECHAT, Platform.IOS)


async def answer(request: Request) -> Response:
    """To the app; where no shield can be, in a messenger's browser and an iPhone's tab, to what its owner has to do.

    What is no code leads to the installation.
    """
    if not PHONE_APP.is_built:
        raise errors.NotBuilt
    query = request.scope["query_string"].decode("latin-1")
    code = read_qr(f"https://here{request.scope['path']}?{query}")
    if code is None:
        return RedirectResponse("/download", 303, _HEADERS)
    if platform_of(request.headers.get("User-Agent", "")) in _WITHOUT:
        return RedirectResponse("/scanned", 303, _HEADERS)
    address = f"{BASE}q/{code.request_id}?t={code.elapsed}&c={code.code}"
    return RedirectResponse(address, 303, _HEADERS)


async def scanned(request: Request) -> Response:
    """For the owner of a shield, who scanned with something else: open it and scan with it."""
    platform = platform_of(request.headers.get("User-Agent", ""))
    lang = language_of(request)
    foot = foot_in(context_of(request).settings, lang)
    answered = page("scanned.html", lang=lang, foot=foot, browser=platform not in _WITHOUT)
    answered.headers["Vary"] = "Accept-Language, User-Agent"
    return answered


ROUTES: Final = (page_route("/q/{request_id}", answer), page_route("/scanned", scanned))
"""Not part of the API: they stay out of its document."""
