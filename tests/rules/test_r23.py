"""R23: the download page tells each browser how to install the app and why it needs camera and storage."""

import re

import pytest

from mshield.server.http.pages.guides import GUIDES
from mshield.server.http.pages.platform import Platform, platform_of
from tests.support.application import ORIGIN, Application
from tests.support.cases import cases
from tests.support.user_agents import HARMONY, IN_APP_BROWSERS, USER_AGENTS, WECHAT_ON_IPHONE, WECHAT_ON_PC


@cases("name", USER_AGENTS)
async def test_r23_each_browser_is_shown_its_own_way(application: Application, name: str) -> None:
    answer = await application.http.get("/download", headers={"User-Agent": USER_AGENTS[name]})
    guide = GUIDES[Platform(name)]
    assert answer.status_code == 200
    assert f">{guide.title.zh}</h2>" in answer.text
    for step in guide.steps:
        assert step.title.zh in answer.text
        assert step.text.zh in answer.text
    assert answer.text.count('class="figure"') == len(guide.steps)
    assert answer.headers["vary"] == "Accept-Language, User-Agent"


@pytest.mark.parametrize(
    ("user_agent", "platform"),
    [
        (WECHAT_ON_IPHONE, Platform.WECHAT),
        (WECHAT_ON_PC, Platform.PC),
        (HARMONY, Platform.ANDROID),
        ("curl/8.5", Platform.PC),
        ("", Platform.PC),
    ],
)
def test_r23_others_that_the_user_agent_tells(user_agent: str, platform: Platform) -> None:
    assert platform_of(user_agent) is platform


def test_r23_inside_any_other_app_it_leads_to_a_browser() -> None:
    for name, user_agent in IN_APP_BROWSERS:
        assert platform_of(user_agent) is Platform.WECHAT, name
    assert platform_of(f"{USER_AGENTS['android']} MQQBrowser/14.6") is Platform.ANDROID


async def test_r23_in_wechat_it_says_to_open_a_browser_and_offers_nothing_else(
    application: Application,
) -> None:
    text = (await application.http.get("/download", headers={"User-Agent": USER_AGENTS["wechat"]})).text
    assert "请点右上角“…”，选择“在浏览器打开”" in text
    assert 'href="/app/"' not in text


async def test_r23_every_guide_is_a_link_away_without_script(application: Application) -> None:
    text = (await application.http.get("/download")).text
    links = re.findall(r'href="(\?on=(\w+)&amp;lang=zh#guide)"', text)
    assert [name for _, name in links] == [each.value for each in Platform]
    for link, name in links:
        address = "/download" + link.replace("&amp;", "&").partition("#")[0]
        shown = (await application.http.get(address, headers={"User-Agent": USER_AGENTS["ios"]})).text
        assert f">{GUIDES[Platform(name)].title.zh}</h2>" in shown


@cases(
    ("query", "accepted", "english"),
    [
        ("", None, False),
        ("", "en-GB,en;q=0.9", True),
        ("", "fr-FR,en;q=0.8,zh;q=0.7", True),
        ("", "zh-CN,zh;q=0.9,en;q=0.8", False),
        ("", "fr-FR,de;q=0.8", True),
        ("", "*", False),
        ("?lang=en", "zh-CN", True),
        ("?lang=zh", "en", False),
        ("?lang=xx", None, False),
        ("?on=nothing", None, False),
    ],
)
async def test_r23_chinese_first_and_english(
    application: Application, query: str, accepted: str | None, *, english: bool
) -> None:
    headers = {} if accepted is None else {"Accept-Language": accepted}
    text = (await application.http.get(f"/download{query}", headers=headers)).text
    assert f'<html lang="{"en" if english else "zh-CN"}">' in text
    assert ("It asks for two permissions" in text) is english


async def test_r23_it_says_why_it_asks_for_camera_and_storage(application: Application) -> None:
    text = (await application.http.get("/download")).text
    assert "只用来扫描电脑上的二维码" in text
    assert "您这一半密钥只存在这部手机里" in text


async def test_r23_root_redirects_to_the_download_page(application: Application) -> None:
    answer = await application.http.get("/")
    assert (answer.status_code, answer.headers["location"]) == (302, "/download")


async def test_r23_the_page_may_run_nothing_but_its_own(application: Application) -> None:
    answer = await application.http.get("/download")
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'")
    assert "unsafe" not in policy
    assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]* src=)", answer.text)


async def test_r23_the_code_is_a_picture_that_may_be_kept(application: Application) -> None:
    answer = await application.http.get("/download/qr.svg")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/svg+xml")
    assert answer.content.startswith(b"<svg")
    head = await application.http.head("/download/qr.svg")
    assert (head.content, head.headers["etag"]) == (b"", answer.headers["etag"])
    assert ORIGIN in (await application.http.get("/download")).text
