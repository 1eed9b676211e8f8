"""Demonstration mode only: the SMS outbox as a page and as JSON, captcha answers, one-time codes of staff.

Production mode has none of these addresses; in demonstration mode the pages say what they are.
"""

from html import escape
from typing import Final

import msgspec
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from mshield.server.accounts.captchas import answer_of
from mshield.server.http.answers import JsonAnswer
from mshield.server.http.body import Wire
from mshield.server.http.caller import context_of
from mshield.server.http.router import page_route
from mshield.server.notices.external.sms import DevelopmentSms, SmsMessage
from mshield.server.staff.demo_codes import shown_codes

_HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
}
_PAGE: Final = """<!doctype html>
<html lang="zh-CN"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="refresh" content="5"><title>{title}</title>
<style>
:root {{ color-scheme: light dark; }}
:root {{ --bg: #f2f5f3; --surface: #fff; --ink: #13211f; --ink-2: #465652; --line: #d9e0dc; }}
@media (prefers-color-scheme: dark) {{
  :root {{ --bg: #0c1312; --surface: #141d1b; --ink: #e9f0ed; --ink-2: #b5c2be; --line: #2a3633; }}
}}
body {{ margin: 0; background: var(--bg); color: var(--ink);
  font: 1rem/1.5 system-ui, "PingFang SC", "Microsoft YaHei", sans-serif; }}
main {{ max-width: 42rem; margin: 0 auto; padding: 1.5rem 1rem 3rem; }}
h1 {{ font-size: 1.25rem; line-height: 1.75rem; margin: 0; }}
p {{ margin: .25rem 0 0; color: var(--ink-2); font-size: .8125rem; }}
ol {{ list-style: none; margin: 1.25rem 0 0; padding: 0; display: grid; gap: .75rem; }}
li {{ background: var(--surface); border: 1px solid var(--line); border-radius: 1rem; padding: 1rem;
  overflow-wrap: anywhere; }}
.code {{ font-size: 1.75rem; line-height: 2.25rem; font-weight: 600; font-variant-numeric: tabular-nums; }}
</style></head><body><main>
<h1>{title}</h1>
<p>演示模式：{zh}</p>
<p lang="en">Demonstration mode: {en}</p>
<ol>{messages}</ol></main></body></html>"""
_OUTBOX: Final = {
    "title": "短信 SMS",
    "zh": "短信不会发出，只显示在这里。用过的验证码会被抹去。",
    "en": "messages are displayed here and not sent. A used code is blanked.",
}
_SHOWN_OF_SMS: Final = ("phone", "text", "code", "purpose", "at")
_CODES: Final = {
    "title": "动态码 One-time codes",
    "zh": "员工登录控制台的动态码。每个只能用一次，用过后这里显示下一个。",
    "en": "codes of the staff for the console. Each is valid once; then the next one is displayed.",
}
_NOBODY: Final = '<li>没有员工设置过登录 <span lang="en">Nobody has set up a login</span></li>'
_EMPTY: Final = '<li>还没有短信 <span lang="en">No message yet</span></li>'


class CaptchaAnswer(Wire, frozen=True):
    """The characters in the captcha's image."""

    answer: str


async def sms(request: Request) -> HTMLResponse:
    messages = "".join(_item(message) for message in _outbox(request)) or _EMPTY
    return HTMLResponse(_PAGE.format(messages=messages, **_OUTBOX), headers=_HEADERS)


async def sms_json(request: Request) -> Response:
    messages = [{name: getattr(message, name) for name in _SHOWN_OF_SMS} for message in _outbox(request)]
    return JsonAnswer(msgspec.json.encode(messages))


async def captcha(request: Request, captcha_id: str) -> Response:
    """Returns the answer of a captcha, for test programs that can't read the image."""
    context = context_of(request)
    return JsonAnswer(CaptchaAnswer(answer_of(context.keyring, captcha_id, now=context.clock())))


async def codes(request: Request) -> HTMLResponse:
    """Shows the codes that staff's authenticators would show now."""
    context = context_of(request)
    current = await shown_codes(context.db, context.keyring, now=context.clock())
    items = (f'<li><span class="code">{row.code}</span><p>{escape(row.name)}</p></li>' for row in current)
    return HTMLResponse(_PAGE.format(messages="".join(items) or _NOBODY, **_CODES), headers=_HEADERS)


def _outbox(request: Request) -> list[SmsMessage]:
    gateway = context_of(request).notices.gateway
    return gateway.messages() if isinstance(gateway, DevelopmentSms) else []


def _item(message: SmsMessage) -> str:
    code, phone, text = escape(message.code), escape(message.phone), escape(message.text)
    if not code:
        return f"<li>{text}<p>{phone}</p></li>"  # a notice without a code: show its text first
    return f'<li><span class="code">{code}</span><p>{phone}</p><p>{text}</p></li>'


ROUTES: Final = (
    page_route("/dev/sms", sms),
    page_route("/dev/sms.json", sms_json),
    page_route("/dev/captchas/{captcha_id}", captcha),
    page_route("/dev/codes", codes),
)
"""Routes of demonstration mode, not part of the API."""
