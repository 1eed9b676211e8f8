"""What the page that verifies answers, on the screen, on paper and as a file."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from mshield.gm.sm3 import sm3
from tests.browser.verify.conftest import CONTENT
from tests.browser.verify.visitor import SOON, Visitor

pytestmark = pytest.mark.slow
Visit = Callable[..., Visitor]


def test_the_page_answers_who_what_and_when_in_this_order(visit: Visit, files: Path) -> None:
    visitor = visit().give(files / "raw.json")
    visitor.head("签名有效")
    page = visitor.page
    answers = page.locator("[data-answer]")
    names = answers.evaluate_all("all => all.map((answer) => answer.dataset.answer)")
    assert names == ["who", "what", "when", "signing", "now", "ca", "log"]
    expect(answers.nth(0)).to_contain_text("林知远，宁波北潮进出口有限公司，操作员")
    expect(answers.nth(1)).to_contain_text("原文没有改动")
    expect(answers.nth(2)).to_contain_text(
        re.compile(r"\d\d:\d\d:\d\d UTC[+-]\d\d:\d\d.*签名服务的时钟", re.DOTALL)
    )
    expect(answers.nth(5)).to_contain_text("正常")
    document = page.locator(".aside section").filter(has_text="签了什么").first
    expect(document.locator("pre")).to_have_text(CONTENT.decode())
    expect(document.locator(".theirs")).to_contain_text("对方的说明，日志里有记录，未经签名")
    with page.expect_download() as started:
        page.get_by_role("button", name="保存原文").click()
    assert started.value.suggested_filename == "document.xml"
    assert Path(started.value.path()).read_bytes() == CONTENT
    visitor.page.get_by_role("button", name="验证另一份").click()
    visitor.give(files / "cms.json")
    expect(page.locator(".aside .theirs")).to_contain_text("签名时显示过，未核对", timeout=SOON)
    page.get_by_role("button", name="验证另一份").click()
    visitor.give({"name": "x.txt", "mimeType": "text/plain", "buffer": b"garbage"})
    expect(page.get_by_text("这不是签名文件")).to_be_visible(timeout=SOON)


def printed_pages(page: Page) -> int:
    return page.pdf(prefer_css_page_size=True).count(b"/Type /Page\n")


def test_the_report_is_two_pages_at_most_and_says_it_all(visit: Visit, files: Path, long: Path) -> None:
    """In both languages, also of a document with as much of everything as a request may have."""
    visitor = visit().give(long)
    visitor.head("签名有效")
    page = visitor.page
    assert printed_pages(page) <= 2
    page.get_by_role("button", name="English").click()
    expect(page.locator(".report")).to_contain_text("What this report did not verify")
    expect(page.locator(".report")).to_contain_text("The document is longer than what stands here")
    assert printed_pages(page) <= 2
    page.get_by_role("button", name="Verify another").click()
    visitor.give(files / "cms.json")
    visitor.head("The signature is valid")
    assert printed_pages(page) <= 2
    page.get_by_role("button", name="中文").click()
    visitor.head("签名有效")
    assert printed_pages(page) <= 2
    digest = sm3((files / "cms.json").read_bytes()).hex().upper()
    page.emulate_media(media="print")
    sheet = page.locator(".report")
    expect(sheet).to_be_visible()
    expect(page.locator(".verify")).to_be_hidden()
    for said in (
        "签名验证报告",
        "签名有效",
        "林知远",
        "核对时间",
        "SHA-256",
        "签发机构",
        "日志公钥",
        "检查点",
        "本报告没有验证的内容",
        " ".join(re.findall(".{4}", digest)),
        "mshield-verify-page 0.1.0",
    ):
        expect(sheet).to_contain_text(said)
    expect(sheet.locator("tr")).to_have_count(7)


def test_the_result_as_a_file(visit: Visit, files: Path) -> None:
    visitor = visit().give(files / "cms.json")
    visitor.head("签名有效")
    with visitor.page.expect_download() as started:
        visitor.page.get_by_role("button", name="下载结果").click()
    told = json.loads(Path(started.value.path()).read_bytes())
    assert [each["verdict"] for each in told["results"]] == ["valid"]
    assert [each["what"] for each in told["asked"]] == ["root", "crl", "checkpoint", "witnesses", "status"]
    assert len(told["trusted_roots"][0]["sha256"]) == 64
