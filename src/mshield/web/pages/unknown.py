"""An address that the service doesn't have, opened by a person: a page with ways on.

Programs get the problem document.
"""

from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from mshield.domain import errors
from mshield.web.context import context_of
from mshield.web.pages.foot import foot_in
from mshield.web.pages.language import language_of
from mshield.web.pages.messages import Link, message_page
from mshield.web.problems import problem

_FOR_PROGRAMS: Final = ("/api/", "/pki/", "/log/", "/openapi/", "/dev/")
_STATUS: Final = 404


def unknown(request: Request) -> Response:
    """A page for who asks for one, as browsers do where an address is opened."""
    path = request.scope["path"]
    asks = request.headers.get("Accept", "")
    if request.method not in {"GET", "HEAD"} or path.startswith(_FOR_PROGRAMS) or "text/html" not in asks:
        return problem(request, errors.NotFound())
    request.scope["mshield.problem"] = errors.NotFound.code
    lang = language_of(request)
    is_zh = lang == "zh"
    answer = message_page(
        title="没有这个页面" if is_zh else "There is no such page",
        text="地址可能打错了，或页面已不在这里。"
        if is_zh
        else "The address may be misspelt, or the page is gone.",
        lang=lang,
        foot=foot_in(context_of(request).settings, lang),
        status=_STATUS,
        more=(
            Link("/portal/", "三证合一（企业法人）" if is_zh else "Portal for legal persons"),
            Link("/verify/", "验证签名" if is_zh else "Verify a signature"),
            Link(f"/docs?lang={lang}", "接口文档" if is_zh else "Documents of the API"),
        ),
        link=Link("/download", "安装或打开手机盾" if is_zh else "Install or open Mobile Shield"),
        support=tuple(
            text for text in (errors.NotFound.code, request.scope.get("mshield.request_id")) if text
        ),
    )
    answer.headers["Vary"] = "Accept, Accept-Language"
    return answer
