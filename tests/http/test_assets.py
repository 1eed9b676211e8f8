"""The built front end as served, and the pages that link it."""

import html
import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from mshield.server.http.pages import error_page, login_page, message_page
from mshield.server.http.pages.footer import Foot
from mshield.server.http.pages.messages import Link
from mshield.server.http.sites import assets
from mshield.server.systems.errors import LoginOver, LoginRefused
from tests.support.serving import serving


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    """A client of the files alone, without the service's context."""
    transport = httpx.ASGITransport(serving(assets.ROUTES))
    async with httpx.AsyncClient(transport=transport, base_url="http://shield.example") as made:
        yield made


async def test_any_page_may_include_the_component(http: httpx.AsyncClient) -> None:
    answer = await http.get("/mshield.js", headers={"Origin": "https://business.example"})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
    assert answer.headers["cache-control"] == "public, max-age=300"
    again = await http.get("/mshield.js", headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["access-control-allow-origin"] == "*"


async def test_file_is_compressed_if_accepted(http: httpx.AsyncClient) -> None:
    plain = await http.get("/mshield.js", headers={"Accept-Encoding": "identity"})
    packed = await http.get("/mshield.js", headers={"Accept-Encoding": "br, gzip"})
    assert "content-encoding" not in plain.headers
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.content == plain.content  # httpx decompresses
    assert int(packed.headers["content-length"]) < len(plain.content) / 2
    assert packed.headers["etag"] != plain.headers["etag"]
    assert plain.headers["vary"] == packed.headers["vary"] == "Accept-Encoding"


async def test_hashed_file_is_cached_permanently(http: httpx.AsyncClient) -> None:
    answer = await http.get(assets.assets().address("src/pages.css"))
    assert answer.headers["content-type"] == "text/css; charset=utf-8"
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"


@pytest.mark.parametrize("path", ["/assets/none.js", "/assets/..%2Fpages.json", "/assets/../pages.json"])
async def test_other_paths_are_not_served(http: httpx.AsyncClient, path: str) -> None:
    assert (await http.get(path)).status_code in {404, 500}


def test_without_a_build_there_are_no_files(tmp_path: Path) -> None:
    assert assets.load(tmp_path).by_path == {}


def _login_page(**changes: str) -> str:
    values = {
        "system_name": "单一窗口",
        "domain": "singlewindow.example",
        "request_id": "request",
        "status_token": "token",
        "number": "47",
        "resume_url": "/oidc/resume",
        "restart_url": "/oidc/restart",
        "cancel_url": "/oidc/cancel",
        **changes,
    }
    answer = login_page(**values, lang="zh", foot=Foot())
    return bytes(answer.body).decode()


def test_the_login_page_has_no_script_or_style_of_its_own() -> None:
    text = _login_page()
    assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]* src=)", text)
    assert 'request="request" token="token"' in text


def test_footer_names_the_operator_and_support() -> None:
    said = Foot(
        "东方<电子口岸>", "沪ICP备2026001号", "021 12360", "工作日 9–17", "https://ask.example.cn/?a=1&b=2"
    )
    for lang, ask in (("zh", "客服"), ("en", "Customer service")):
        answer = message_page(title="T", text="X", lang="en" if lang == "en" else "zh", foot=said)
        text = bytes(answer.body).decode()
        foot = text[text.index("<footer") :]
        assert "东方&lt;电子口岸&gt;" in foot
        assert f'{ask} <a href="tel:02112360">021 12360</a> 工作日 9–17' in foot
        assert '<a href="https://ask.example.cn/?a=1&amp;b=2"' in foot
        assert '<a href="https://beian.miit.gov.cn/" rel="noopener noreferrer">沪ICP备2026001号</a>' in foot
    assert "<footer" not in _login_page()


def test_values_are_escaped() -> None:
    text = _login_page(system_name='<script>alert("1")</script>', status_token='"><b>')
    assert "<script>alert" not in text
    assert 'token="&#34;&gt;&lt;b&gt;"' in text


@pytest.mark.parametrize("name", ["resume_url", "restart_url", "cancel_url"])
def test_link_must_be_a_web_address(name: str) -> None:
    with pytest.raises(ValueError, match="web address"):
        _login_page(**{name: "javascript:alert(1)"})


def test_pages_forbid_what_they_do_not_need() -> None:
    answer = message_page(
        title="好", text="没有事", lang="zh", foot=Foot(), link=Link("https://example.com/", "继续")
    )
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'")
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"


def test_error_page_has_one_language_and_the_support_code() -> None:
    error = LoginRefused()
    for lang, own, other in (("zh", error.zh, error.en), ("en", error.en, error.zh)):
        answer = error_page(
            error,
            lang="en" if lang == "en" else "zh",
            foot=Foot(),
            title="T",
            status=400,
            request_id="0a1b",
            reason="<no>",
        )
        text = html.unescape(raw := bytes(answer.body).decode())
        assert answer.status_code == 400
        assert own in text
        assert other not in text
        for each in ("login_refused", "0a1b", "&lt;no&gt;"):
            assert f"<span>{each}</span>" in raw


def test_r17_an_error_page_leads_to_its_own_help() -> None:
    text = bytes(
        error_page(LoginOver(), lang="zh", foot=Foot(), title="无法登录", status=400, request_id=None).body
    ).decode()
    assert '<a href="/problems/login_over?lang=zh">怎么办</a>' in text
    assert "网络异常" not in text
