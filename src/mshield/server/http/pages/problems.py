"""Help pages for error codes, the targets of a problem document's `type`.

Errors shown on OpenID Connect pages have steps of their own here; for the others the FAQ answers (R17).
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from mshield.server.error_codes import BY_CODE
from mshield.server.errors import in_general
from mshield.server.http.caller import context_of
from mshield.server.http.pages.faq import FAQ
from mshield.server.http.pages.footer import foot_in
from mshield.server.http.pages.guides import Bilingual
from mshield.server.http.pages.language import Language, language_of
from mshield.server.http.pages.messages import Link, message_page
from mshield.server.http.pages.unknown import unknown
from mshield.server.http.problems import STATUS
from mshield.server.http.router import page_route

_AGAIN: Final = Bilingual(
    "关掉这个页面，回到业务系统，从头再登录一次。不要用收藏夹或历史记录里的登录地址。",
    "Close this page, go back to the business system and log in from the start. Don't use a bookmark of the login.",
)
_ASK: Final = Bilingual(
    "再试还是这样，请把上一页最下面的一行发给业务系统的管理员。",
    "If it happens again, send the last line of the page before to the business system's operator.",
)
STEPS: Final[Mapping[str, tuple[Bilingual, ...]]] = MappingProxyType(
    {
        "login_refused": (
            _AGAIN,
            _ASK,
            Bilingual(
                "管理员：核对登记的回调地址、client_id 和请求参数，原因在那一行里。",
                "Operators: compare the registered return address, client_id and parameters; the line has the reason.",
            ),
        ),
        "login_over": (
            Bilingual(
                "从打开登录页到手机确认要在几分钟内，并且在同一个浏览器里。",
                "Opening the login page and confirming on the phone take a few minutes at most, in one browser.",
            ),
            _AGAIN,
        ),
        "logout_refused": (
            Bilingual(
                "手机盾不保留登录：请在业务系统自己的页面上退出。",
                "Mobile Shield keeps no login: log out on the business system's own page.",
            ),
            _ASK,
        ),
        "too_many_requests": (
            Bilingual("等一分钟再试。", "Wait for a minute, then try again."),
            Bilingual(
                "许多人同用一个网络出口时，请业务系统的管理员联系手机盾客服。",
                "If many people share your network address, ask the business system's operator"
                " to contact customer service.",
            ),
        ),
        "not_found": (
            Bilingual(
                "核对地址，或从首页重新进入。", "Check the address, or start again from the home page."
            ),
        ),
    }
)


def steps_of(code: str, lang: Language) -> tuple[str, ...]:
    """Returns the steps to take after an error; empty if it has no specific ones."""
    return tuple(text.zh if lang == "zh" else text.en for text in STEPS.get(code, ()))


async def _answer(request: Request, code: Annotated[str, msgspec.Meta(max_length=64)]) -> Response:
    """Serves the help page of a code; for an unknown code, the page for unknown addresses."""
    error = BY_CODE.get(code)
    if error is None:
        return unknown(request)
    lang = language_of(request)
    zh, en = in_general(error)
    steps, more = steps_of(code, lang), []
    if not steps and error.faq is not None:
        entry = FAQ[error.faq]
        title = entry.title_zh if lang == "zh" else entry.title_en
        more.append(Link(f"/app/faq/{entry.id}", f"常见问题：{title}" if lang == "zh" else f"Help: {title}"))
    more.append(Link(f"/docs?lang={lang}", "接口文档" if lang == "zh" else "Documents of the API"))
    answer = message_page(
        title=zh if lang == "zh" else en,
        text=_meaning(code, lang),
        lang=lang,
        foot=foot_in(context_of(request).settings, lang),
        steps=steps,
        more=more,
        support=(code,),
    )
    answer.headers["Vary"] = "Accept-Language"
    return answer


def _meaning(code: str, lang: Language) -> str:
    status = STATUS.get(code)
    if lang == "zh":
        return f"错误码 {code}" + (f"，HTTP 状态 {status}。" if status else "。")
    return f"Error code {code}" + (f", HTTP status {status}." if status else ".")


ROUTES: Final = (page_route("/problems/{code}", _answer),)
"""Route of the pages, not part of the API or its document."""
