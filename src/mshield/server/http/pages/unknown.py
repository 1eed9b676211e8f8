"""Answer at an unknown address: a page with links for people, a problem document for programs."""

from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from mshield.server.errors import NotFound
from mshield.server.http.caller import context_of
from mshield.server.http.pages.footer import foot_in
from mshield.server.http.pages.language import language_of
from mshield.server.http.pages.messages import Link, message_page
from mshield.server.http.problems import problem

_FOR_PROGRAMS: Final = ("/api/", "/pki/", "/log/", "/openapi/", "/dev/")
_STATUS: Final = 404


def unknown(request: Request) -> Response:
    """Returns a page if the caller accepts HTML, as a browser that opens an address does; else a problem document."""
    path = request.scope["path"]
    asks = request.headers.get("Accept", "")
    if request.method not in {"GET", "HEAD"} or path.startswith(_FOR_PROGRAMS) or "text/html" not in asks:
        return problem(request, NotFound())
    request.scope["mshield.problem"] = NotFound.code
    lang = language_of(request)
    is_zh = lang == "zh"
    answer = message_page(
        title="没有这个页面" if is_zh else "There is no such page",
        text="地址可能打错了，或页面已不在这里。"
        if is_zh
        else "The address may be misspelt, or the page no longer exists.",
        lang=lang,
        foot=foot_in(context_of(request).settings, lang),
        status=_STATUS,
        more=(
            Link("/portal/", "三证合一（企业法人）" if is_zh else "Portal for legal representatives"),
            Link("/verify/", "验证签名" if is_zh else "Verify a signature"),
            Link(f"/docs?lang={lang}", "接口文档" if is_zh else "Documents of the API"),
        ),
        link=Link("/download", "安装或打开手机盾" if is_zh else "Install or open Mobile Shield"),
        support=tuple(text for text in (NotFound.code, request.scope.get("mshield.request_id")) if text),
    )
    answer.headers["Vary"] = "Accept, Accept-Language"
    return answer
