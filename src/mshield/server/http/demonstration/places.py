"""`/demo/`, in demonstration mode only: links to the two business systems, the app, the portal, the SMS outbox."""

from dataclasses import dataclass
from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from mshield.server.http.caller import context_of
from mshield.server.http.pages.footer import foot_in
from mshield.server.http.pages.language import language_of
from mshield.server.http.pages.page import page
from mshield.server.http.router import page_route


@dataclass(frozen=True, slots=True)
class Place:
    """An address with its name and description, each as (Chinese, English)."""

    address: str
    name: tuple[str, str]
    about: tuple[str, str]


_SYSTEMS: Final = {
    "single_window": (
        ("国际贸易单一窗口", "Single Window"),
        (
            "在电脑上扫码登录，填报关单，扫码签名，一次签多份",
            "On a PC: log in by scanning, fill in a customs declaration, sign it or a batch by scanning",
        ),
    ),
    "palm_customs": (
        ("掌上海关", "Palm customs"),
        (
            "在手机上跳转到手机盾登录、签名，再回来",
            "On a phone: switch to the shield's app to log in and sign, and return",
        ),
    ),
}
_OWN: Final = (
    Place(
        "/app/",
        ("手机盾 App", "The shield's app"),
        (
            "登录演示账号，核验身份，申请证书，扫码",
            "Log in with the demonstration's account, prove who you are, apply for a certificate, scan",
        ),
    ),
    Place(
        "/register/",
        ("在电脑上注册", "Register on a PC"),
        ("新用户注册账号，再到手机盾登录", "Make an account, then log in with the shield's app"),
    ),
    Place(
        "/portal/",
        ("法人管理（三证合一）", "The legal representative's portal"),
        (
            "挂失、冻结、作废本企业的手机盾，确认操作员是本人",
            "Report an enterprise's shield lost, freeze it, revoke it; confirm who an operator is",
        ),
    ),
    Place(
        "/console/",
        ("运行控制台", "The console"),
        (
            "员工处理备案、账号、业务系统和证书",
            "Staff manage filing, accounts, business systems and certificates",
        ),
    ),
    Place(
        "/verify/",
        ("验证签名", "Verify a signature"),
        (
            "放入证据包或签名文件，在浏览器里核对",
            "Give it a bundle of evidence or a signature: your browser checks it",
        ),
    ),
    Place(
        "/dev/sms", ("短信", "SMS"), ("演示不发短信，验证码在这里看", "Nothing is sent: read the codes here")
    ),
)


async def _show(request: Request) -> Response:
    settings = context_of(request).settings
    known = settings.site.demo_systems
    systems = tuple(Place(known[key], *texts) for key, texts in _SYSTEMS.items() if key in known)
    lang = language_of(request)
    foot = foot_in(settings, lang)
    answer = page(
        "demo.html", lang=lang, foot=foot, systems=systems, own=_OWN, place=1 if lang == "en" else 0
    )
    answer.headers["Vary"] = "Accept-Language"
    return answer


async def _redirect(request: Request) -> Response:  # noqa: ARG001  # the signature of endpoints
    return RedirectResponse("/demo/", 302)


ROUTES: Final = (page_route("/demo/", _show), page_route("/demo", _redirect))
"""Routes of demonstration mode, not part of the API."""
