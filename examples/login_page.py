# ruff: noqa: INP001, T201  a program of its own, which prints and explains itself above
"""A complete login page of a business system: the standard library's server, the SDK, and the web component.

    python examples/login_page.py [PORT]

It reads SHIELD, CLIENT_ID, CLIENT_SECRET and ROOT (a file: the root that you trust) from the environment.
Only the result that this server fetches and verifies is relied on, for the login that it began for this
browser.
"""

import os
import secrets
import sys
import time
from html import escape
from http.cookies import SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs

from mshield.client import BusinessClient, ClientError, Pc
from mshield.client.business import Created

SHIELD, CLIENT_ID = os.environ["SHIELD"], os.environ["CLIENT_ID"]
ROOT = Path(os.environ["ROOT"]).read_bytes()
shield = BusinessClient(SHIELD, client_id=CLIENT_ID, client_secret=os.environ["CLIENT_SECRET"])
begun: dict[tuple[str, str], Created] = {}
"""Started logins by request and cookie, one for each tab. A real system keeps this in its sessions."""
KEPT_SECONDS, MOST = 600, 1000

LOGIN = """<!doctype html><html lang="zh-CN"><meta charset="utf-8"><title>登录</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<script type="module" src="{shield}/mshield.js"></script><script type="module" src="/login.js"></script>
<h1>登录</h1>
<mshield-login request="{id}" token="{token}" number="{number}">
<a slot="again" href="/">换一个二维码</a></mshield-login>"""
SCRIPT = """document.addEventListener("mshield-signed", ({detail}) => location.assign("/done?request=" + detail.id));"""
DONE = """<!doctype html><html lang="zh-CN"><meta charset="utf-8"><title>已登录</title>
<h1>{name}</h1><p>{organisation} {credit_code}</p>"""
FAILED = """<!doctype html><html lang="zh-CN"><meta charset="utf-8"><title>没有登录</title>
<h1>没有登录</h1><p>{reason}</p><p><a href="/">重新登录</a></p>"""
POLICY = f"default-src 'none'; script-src 'self' {SHIELD}; connect-src {SHIELD}; base-uri 'none'"


class Site(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        match self.path.partition("?")[0]:
            case "/":
                self.begin()
            case "/login.js":
                self.answer(200, SCRIPT, "text/javascript")
            case "/done":
                self.done()
            case "/code":
                self.code()
            case _:
                self.answer(404, FAILED.format(reason="没有这个页面"))

    def begin(self) -> None:
        """Begins a login for this tab of the browser and shows its code."""
        pc = Pc(address=self.client_address[0], browser=self.headers.get("User-Agent", "")[:256])
        asked, secret = shield.request_login(pc=pc), secrets.token_urlsafe()
        begun[asked.id, secret] = asked
        forget()
        page = LOGIN.format(shield=SHIELD, id=asked.id, token=asked.status_token, number=asked.number)
        self.answer(200, page, cookie=f"login-{asked.id}={secret}; Max-Age={KEPT_SECONDS}; Path=/done")

    def done(self) -> None:
        """Logs in the person named by the verified result; each login is accepted once."""
        (wanted,) = parse_qs(self.path.partition("?")[2]).get("request", [""])[:1]
        cookie = SimpleCookie(self.headers.get("Cookie", "")).get(f"login-{wanted}")
        asked = begun.pop((wanted, cookie.value), None) if cookie else None
        if asked is None:
            self.answer(403, FAILED.format(reason="请先扫码"))
            return
        try:
            (login,) = shield.result(asked.id).verify(roots=[ROOT], client_id=CLIENT_ID)
        except ClientError as error:
            self.answer(403, FAILED.format(reason=escape(error.zh)))
            return
        shown = (login.name, login.organisation, login.credit_code or "")
        names = ("name", "organisation", "credit_code")
        self.answer(200, DONE.format(**dict(zip(names, map(escape, shown), strict=True))))

    def code(self) -> None:
        """The newest login's code, for the virtual phone, which has no camera. A real system has no such function."""
        newest = list(begun.values())[-1:]
        self.answer(200 if newest else 404, newest[0].qr if newest else "", "text/plain")

    def answer(self, status: int, text: str, kind: str = "text/html", cookie: str | None = None) -> None:
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Security-Policy", POLICY)
        self.send_header("Cache-Control", "no-store")
        if cookie:
            self.send_header("Set-Cookie", f"{cookie}; HttpOnly; SameSite=Lax")
        self.end_headers()
        self.wfile.write(body)


def forget() -> None:
    """Drops logins that can no longer be signed, and the oldest ones if there are too many."""
    since = (time.time() - KEPT_SECONDS) * 1000
    over = [key for key, asked in list(begun.items()) if asked.received_at < since]
    for key in over + list(begun)[:-MOST]:
        begun.pop(key, None)


if __name__ == "__main__":
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 8010
    print(f"http://localhost:{port}", flush=True)
    ThreadingHTTPServer(("127.0.0.1", port), Site).serve_forever()
