"""Results of the verification page: on the screen, on paper and as a file."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pypdfium2
import pytest
from playwright.sync_api import Page, expect

from mshield.gm.sm3 import sm3
from tests.browser.verify.conftest import CONTENT
from tests.browser.verify.visitor import SOON, Visitor

pytestmark = pytest.mark.slow
Visit = Callable[..., Visitor]


def test_report_answers_who_what_and_when_in_this_order(visit: Visit, files: Path) -> None:
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
    document = page.locator(".aside section").filter(has_text="签署内容").first
    expect(document.locator("pre")).to_have_text(CONTENT.decode())
    expect(document.locator(".theirs")).to_contain_text("对方说明，日志中有记录，未经签名")
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


def test_printed_report_is_complete_within_two_pages(visit: Visit, files: Path, long: Path) -> None:
    """In both languages, also for a document with the maximum of everything that a request may have."""
    visitor = visit().give(long)
    visitor.head("签名有效")
    page = visitor.page
    assert printed_pages(page) <= 2
    page.get_by_role("button", name="English").click()
    expect(page.locator(".report")).to_contain_text("Not verified by this report")
    expect(page.locator(".report")).to_contain_text("The document is too long to be printed in full")
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


def test_report_prints_all_goods_and_keeps_to_the_page(visit: Visit, goods: Path) -> None:
    page = visit().give(goods).page
    expect(page.locator(".verdict .head")).to_contain_text("签名有效", timeout=SOON)
    with pypdfium2.PdfDocument(page.pdf(prefer_css_page_size=True)) as document:
        texts = [each.get_textpage().get_text_range() for each in document]
        edges = [
            text.get_charbox(n)
            for text in (each.get_textpage() for each in document)
            for n in range(text.count_chars())
        ]
        width, height = document[0].get_size()
    whole = "".join(texts)
    assert whole.count("不锈钢真空焖烧罐") == 60
    assert "未全部列出" not in whole
    assert len(texts) > 2
    assert all(50 < left <= right < width - 50 for left, _, right, _ in edges if right > left)
    assert all(40 < bottom <= top < height - 40 for _, bottom, _, top in edges if top > bottom)
    page.emulate_media(media="print")
    rows = page.locator(".report .drawn .facts").first
    name, value = (rows.locator(part).first.bounding_box() for part in ("dt", "dd"))
    assert name is not None
    assert value is not None
    assert value["y"] == pytest.approx(name["y"], abs=2)
    assert value["x"] >= name["x"] + name["width"]


def test_result_can_be_saved_as_a_file(visit: Visit, files: Path) -> None:
    visitor = visit().give(files / "cms.json")
    visitor.head("签名有效")
    with visitor.page.expect_download() as started:
        visitor.page.get_by_role("button", name="下载结果").click()
    told = json.loads(Path(started.value.path()).read_bytes())
    assert [each["verdict"] for each in told["results"]] == ["valid"]
    assert [each["what"] for each in told["asked"]] == ["root", "crl", "checkpoint", "witnesses", "status"]
    assert len(told["trusted_roots"][0]["sha256"]) == 64
