"""The verification page in use: dropped and pasted files, the keyboard, hostile and large files."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.sync_api import expect

from tests.browser.app.album import DeskAlbum
from tests.browser.app.pin_pad_and_pixels import check_page
from tests.browser.conftest import Party
from tests.browser.verify.visitor import Visitor, changed

pytestmark = pytest.mark.slow
Visit = Callable[..., Visitor]

ALBUM: Final = DeskAlbum.wanted("verify")


def test_worker_that_reads_the_files_can_call_no_one(visit: Visit, party: Party) -> None:
    visitor = visit()
    expect(visitor.page.locator("main")).to_contain_text("本服务的根证书")
    (worker,) = visitor.page.workers
    for call in ("fetch('/healthz?by-fetch')", "import('/healthz?by-import')"):
        assert worker.evaluate(f"() => {call}.then(() => 'sent', () => 'refused')") == "refused"
    seen = party.service.log.read_text()
    assert "/pki/root.cer" in seen
    assert "by-fetch" not in seen
    assert "by-import" not in seen


_DROP: Final = """text => {
  const dropped = new DataTransfer();
  dropped.items.add(new File([text], "cms.json"));
  const event = (name) => new DragEvent(name, { dataTransfer: dropped, bubbles: true, cancelable: true });
  document.body.dispatchEvent(event("dragover"));
  document.body.dispatchEvent(event("drop"));
}"""


def test_files_dropped_anywhere_on_the_page(visit: Visit, files: Path) -> None:
    visitor = visit()
    visitor.page.evaluate(_DROP, (files / "cms.json").read_text())
    visitor.head("签名有效")


def test_hostile_bundle_cannot_run_code_or_flood_the_page(visit: Visit, files: Path) -> None:
    def change(found: dict[str, Any]) -> None:
        found["document"]["title"] = "<img src=x onerror=alert(1)>" + "长" * 1_000_000
        found["document"]["display"] = [{"label": "<b>x</b>", "value": "y"}] * 20_000

    visitor = visit().give(changed(files / "cms.json", change))
    visitor.head("签名无效")
    assert visitor.first_check() == "display"
    panel = visitor.page.locator(".aside section").filter(has_text="签署内容").first
    expect(panel).to_contain_text("<img src=x onerror=alert(1)>")
    assert visitor.page.locator(".aside img").count() == 0
    assert len(visitor.page.content()) < 1_000_000
    expect(panel.get_by_text("由服务提供，未经签名")).to_be_visible()
    expect(visitor.page.get_by_text("另有 19800 项未列出")).to_be_visible()


def test_hidden_characters_of_a_bundle_are_marked_on_the_page_and_the_report(
    visit: Visit, files: Path
) -> None:
    def change(found: dict[str, Any]) -> None:
        found["document"]["title"] = "总价\u202e000621\u200b"
        found["request"]["business_system"]["name"] = "窗口\u2066\x1b"

    visitor = visit().give(changed(files / "raw.json", change))
    visitor.head("签名无效")  # the log uses other words
    shown = "总价[U+202E]000621[U+200B]"
    name = visitor.page.locator(".aside .what .name")
    expect(name).to_have_text(shown)
    expect(name).to_have_css("unicode-bidi", "isolate")
    expect(visitor.page.locator(".aside")).to_contain_text("窗口[U+2066][U+001B]")
    visitor.page.emulate_media(media="print")
    title = visitor.page.locator(".report dd bdi").filter(has_text="总价")
    expect(title).to_have_text(shown)
    expect(title).to_have_css("unicode-bidi", "isolate")
    with visitor.page.expect_download() as started:
        visitor.page.evaluate("document.querySelectorAll('.acts button')[1].click()")
    told = json.loads(Path(started.value.path()).read_bytes())
    assert told["results"][0]["document"]["title"] == "总价\u202e000621\u200b"


def test_pasted_signature_is_verified(visit: Visit, files: Path) -> None:
    visitor = visit()
    visitor.page.get_by_role("button", name="粘贴文本").click()
    field = visitor.page.get_by_label("证据包、PEM 或 Base64 的签名")
    expect(field).to_be_focused()
    field.fill((files / "cms.json").read_text())
    visitor.page.get_by_role("button", name="添加", exact=True).click()
    visitor.head("签名有效")


def test_page_works_by_keyboard_and_in_english(visit: Visit, files: Path) -> None:
    visitor = visit()
    page = visitor.page
    page.get_by_role("button", name="English").press("Enter")
    choose = page.get_by_role("button", name="Choose files")
    choose.focus()
    with page.expect_file_chooser() as chooser:
        choose.press("Enter")
    chooser.value.set_files(str(files / "cms.json"))
    head = visitor.head("The signature is valid")
    expect(head.get_by_role("heading")).to_be_focused()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.locator("[data-check]")).to_have_count(12)
    names = "林知远|宁波北潮进出口有限公司|操作员|进口货物报关单"  # from the certificate and the document
    assert not _chinese(re.sub(names, "", page.locator(".verdict").inner_text()))
    page.keyboard.press("Tab")
    expect(page.locator("summary", has_text="Checks")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Print report")).to_be_focused()


def _chinese(text: str) -> str:
    return "".join(each for each in text if "\u4e00" <= each <= "\u9fff")


_BEAT: Final = """() => {
  window.gaps = [];
  let last = performance.now();
  setInterval(() => { const now = performance.now(); window.gaps.push(now - last); last = now; }, 20);
}"""


def test_a_hundred_megabytes_do_not_freeze_the_page(visit: Visit, files: Path, tmp_path: Path) -> None:
    large = tmp_path / "large.bin"
    with large.open("wb") as file:
        file.truncate(100 * 1024 * 1024)
    visitor = visit()
    visitor.page.evaluate(_BEAT)
    visitor.give(large, files / "cms_detached.p7s")
    expect(visitor.page.get_by_role("progressbar", name="large.bin")).to_be_visible()
    begun = visitor.page.evaluate("performance.now()")
    expect(visitor.page.locator(".verdict .head.invalid")).to_be_visible(timeout=60_000)
    assert visitor.first_check() == "signature"
    ended, longest = visitor.page.evaluate("[performance.now(), Math.max(...window.gaps)]")
    assert longest < (ended - begun) / 3  # if the page's own thread verified, it would block the whole time


def test_verification_page_is_accessible(visit: Visit, files: Path) -> None:
    visitor = visit()
    ALBUM.take(visitor.page, "start")
    check_page(visitor.page)
    visitor.give(files / "cms.json")
    visitor.head("签名有效")
    visitor.page.locator("details").evaluate_all("all => all.forEach((each) => (each.open = true))")
    check_page(visitor.page)
