"""Anyone verifies a signature in their browser: each kind of file, what fails first, what is sent, the report."""

import base64
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.sync_api import Page, expect

from mshield.gm.sm3 import sm3
from mshield.pki.revocation.crl import KEY_COMPROMISE
from mshield.pki.revocation.ocsp import RevokedAt
from mshield.pki.signatures.evidence import Evidence
from tests.browser.app.album import DeskAlbum
from tests.browser.app.pin_pad_and_pixels import judged
from tests.browser.conftest import Party
from tests.browser.verify.conftest import CONTENT
from tests.browser.verify.visitor import SOON, Visitor
from tests.support.stamped_bundles import OUTSIDE, OWN, REVOKED, A, stamped
from tests.unit.client.bundle import VKEY, Maker
from tests.unit.pki.authority import authority

pytestmark = pytest.mark.slow
Visit = Callable[..., Visitor]

ALBUM: Final = DeskAlbum.wanted("verify")
AT_THE_START: Final = ["GET /pki/root.cer", "GET /pki/root.crl", "GET /log/checkpoint"]
ASKED: Final = "POST /pki/ocsp"


def changed(file: Path, change: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    """A bundle with something changed in it."""
    found = json.loads(file.read_bytes())
    change(found)
    return {"name": file.name, "mimeType": "application/json", "buffer": json.dumps(found).encode()}


@pytest.mark.parametrize("name", ["raw", "cms"])
def test_a_bundle_is_verified_with_every_check(visit: Visit, files: Path, name: str) -> None:
    visitor = visit().give(files / f"{name}.json")
    expect(visitor.head("签名有效")).to_contain_text("由林知远于")
    for check in ("input", "content", "signature", "chain", "revocation", "cms", "log", "display", "now"):
        expect(visitor.check(check)).to_have_class("passed")
    expect(visitor.page.locator(".aside")).to_contain_text("宁波北潮进出口有限公司")
    assert sorted(visitor.calls) == sorted([*AT_THE_START, ASKED])
    if name == "cms":
        ALBUM.take(visitor.page, "valid")


def test_a_changed_bundle_is_invalid_and_what_fails_stands_first(visit: Visit, files: Path) -> None:
    other = base64.b64encode(b"<other/>").decode()
    visitor = visit().give(
        changed(files / "cms.json", lambda found: found["document"].update(content_b64=other))
    )
    head = visitor.head("签名无效")
    expect(head).to_have_class("head invalid")
    expect(head).to_contain_text("这不是被签的那份内容")
    assert visitor.first_check() == "content"
    expect(visitor.page.get_by_role("heading", name="文件所称的签署人")).to_be_visible()
    assert ASKED not in visitor.calls  # of what doesn't hold anyway, nobody is told
    ALBUM.take(visitor.page, "invalid")
    judged(visitor.page)


def test_a_bundle_of_somebody_else_is_invalid(visit: Visit) -> None:
    forged = Maker(authority()).made().encode()
    visitor = visit().give({"name": "forged.json", "mimeType": "application/json", "buffer": forged})
    expect(visitor.head("签名无效")).to_contain_text("不是由所信任的根 CA 签发")
    assert visitor.first_check() == "chain"


def test_whose_time_it_is_and_what_a_revoked_ca_is_worth_is_said_in_words(visit: Visit) -> None:
    how: dict[str, Any] = {"ca_status": RevokedAt(REVOKED, KEY_COMPROMISE), "status_at": REVOKED + 60_000}
    visitor = visit().give(bundle(stamped(OUTSIDE)))
    pickers = visitor.page.locator("input[type=file]")
    pickers.nth(-2).set_input_files(named("root.cer", A.root.der))
    visitor.page.get_by_label("日志公钥").fill(str(VKEY))
    visitor.head("签名有效")
    expect(visitor.check("time_stamp")).to_contain_text("不知道它的机构是否可信")
    pickers.nth(-1).set_input_files(named("tsa.cer", OUTSIDE.root))
    expect(visitor.check("time_stamp")).to_contain_text("独立于签名服务")
    judged(visitor.page)
    for evidence, headline, look in (
        (stamped(OUTSIDE, **how), "签名有效，签发机构后来被吊销", "incomplete"),
        (stamped(OWN, **how), "不能采信：签发机构已被吊销", "invalid"),
    ):
        visitor.page.get_by_role("button", name="验证另一份").click()
        expect(visitor.give(bundle(evidence)).head(headline)).to_have_class(f"head {look}")
        judged(visitor.page)


def bundle(evidence: Evidence) -> Any:
    return named("bundle.json", evidence.encode())


def named(name: str, data: bytes) -> Any:
    return {"name": name, "mimeType": "application/octet-stream", "buffer": data}


def test_a_shield_revoked_later_is_explained(visit: Visit, ended: Path) -> None:
    visitor = visit().give(ended / "before.json")
    visitor.head("签名有效")
    expect(visitor.check("now")).to_have_class("noted")
    expect(visitor.check("now")).to_contain_text("签名时有效，之后于")
    expect(visitor.page.locator(".aside")).to_contain_text("已作废")
    visitor.page.get_by_role("button", name="验证另一份").click()
    visitor.give(ended / "after.json")
    visitor.head("签名有效")
    expect(visitor.check("revocation")).to_contain_text("签名时有效，之后于")
    expect(visitor.check("revocation")).to_contain_text("已更新")


def test_a_cms_and_its_document(visit: Visit, files: Path) -> None:
    visitor = visit().give(files / "cms_detached.p7s")
    expect(visitor.head("还不能确认")).to_contain_text("这个签名不含原文：请再放入被签的文件")
    ALBUM.take(visitor.page, "incomplete")
    visitor.give(files / "message.xml")
    expect(visitor.head("签名有效")).to_contain_text("由林知远签署")
    expect(visitor.check("issuers")).to_have_class("passed")


@pytest.mark.parametrize("name", ["signed.xml", "signed.pdf", "signed.p7"])
def test_a_file_of_this_service_in_the_fields_formats(visit: Visit, finished: Path, name: str) -> None:
    """The service says whether the certificate is revoked, and has the issuing CA's where the file lacks it."""
    visitor = visit().give(finished / name)
    expect(visitor.head("签名有效")).to_contain_text("由林知远签署")
    expect(visitor.check("revocation")).to_contain_text("刚向签发机构查询")
    assert visitor.calls.count(ASKED) == 1
    expect(visitor.page.get_by_text("原文不在这份文件里")).to_have_count(0)


def test_a_bare_signature_with_document_and_certificate(visit: Visit, files: Path) -> None:
    visitor = visit().give(files / "message.xml.sig", files / "message.xml")
    expect(visitor.head("还不能确认")).to_contain_text("这个签名不含证书：请再放入签署人的证书")
    visitor.give(files / "signer.pem")
    visitor.head("签名有效")
    # The certificate says where its issuer's lies; it is fetched from this service alone.
    assert visitor.calls.count("GET /pki/issuing.cer") == 1


def test_another_document_is_found_out(visit: Visit, files: Path) -> None:
    visitor = visit().give(files / "message.xml.sig", files / "signer.pem")
    visitor.give({"name": "other.xml", "mimeType": "application/xml", "buffer": b"<other/>"})
    visitor.head("签名无效")
    assert visitor.first_check() == "signature"


def test_nothing_is_asked_where_the_user_does_not_want_it(visit: Visit, files: Path) -> None:
    visitor = visit()
    visitor.page.get_by_role("checkbox", name="不询问证书现在的状态").check()
    visitor.give(files / "cms.json")
    visitor.head("签名有效")
    expect(visitor.check("now")).to_contain_text("您选择了不询问")
    expect(visitor.page.locator(".aside")).to_contain_text("没有发送与文件有关的任何内容")
    assert sorted(visitor.calls) == sorted(AT_THE_START)
    visitor.page.get_by_role("button", name="验证另一份").first.click()
    visitor.give(files / "cms.p7s")
    expect(visitor.head("还不能确认")).to_contain_text("您选择了不询问")
    assert sorted(visitor.calls) == sorted(AT_THE_START)


def test_what_is_sent_is_the_serial_number_and_nothing_else(visit: Visit, files: Path) -> None:
    visitor = visit().give(files / "cms.json")
    visitor.head("签名有效")
    body = visitor.bodies[visitor.calls.index(ASKED)]
    shown = visitor.page.locator(".serial").inner_text().removeprefix("发送了证书序列号").strip()
    assert bytes.fromhex(shown).lstrip(b"\0") in body
    assert len(body) < 90  # hashes of the issuer's name and key, and the number
    assert [each for each in visitor.bodies if each] == [body]


def test_a_bundle_is_verified_without_a_network(visit: Visit, files: Path) -> None:
    visitor = visit()
    expect(visitor.page.get_by_text("本服务的根证书")).to_be_visible()
    visitor.page.get_by_role("checkbox", name="不询问证书现在的状态").check()
    visitor.page.context.set_offline(True)
    visitor.give(files / "cms.json")
    visitor.head("签名有效")


def test_another_root_is_trusted_where_the_user_says_so(visit: Visit, files: Path, tmp_path: Path) -> None:
    visitor = visit()
    trust = visitor.page.locator(".aside section").filter(
        has=visitor.page.get_by_role("heading", name="信任谁")
    )
    chooser = trust.locator("input[type=file]").first
    chooser.set_input_files(str(files / "issuing.pem"))  # a certificate, though no root of these
    expect(visitor.page.get_by_text("您给出的根证书")).to_be_visible()
    visitor.give(files / "cms.json")
    visitor.head("签名无效")
    assert visitor.first_check() == "chain"
    rubbish = tmp_path / "rubbish.cer"
    rubbish.write_bytes(b"rubbish")
    chooser.set_input_files(str(rubbish))
    expect(visitor.page.get_by_text("这不是 SM2 证书，没有更换")).to_be_visible()
    visitor.page.get_by_role("button", name="用本服务的根证书").click()
    visitor.head("签名有效")


def test_without_a_trusted_time_a_revoked_shield_clears_nothing(visit: Visit, ended: Path) -> None:
    visitor = visit().give(ended / "signature.p7s")
    expect(visitor.head("签名无效")).to_contain_text("没有可信的时间能证明签名在这之前")
    visitor.give(ended / "before.ocsp")  # a good answer of before, which a thief would send along
    expect(visitor.page.get_by_text("OCSP 答复")).to_be_visible()
    visitor.head("签名无效")
    assert visitor.first_check() == "revocation"


def test_what_reads_the_files_can_call_nobody(visit: Visit, party: Party) -> None:
    visitor = visit()
    expect(visitor.page.locator("main")).to_contain_text("本服务的根证书")
    (worker,) = visitor.page.workers
    for call in ("fetch('/healthz?by-fetch')", "import('/healthz?by-import')"):
        assert worker.evaluate(f"() => {call}.then(() => 'sent', () => 'refused')") == "refused"
    seen = party.service.log.read_text()
    assert "/pki/root.cer" in seen
    assert "by-fetch" not in seen
    assert "by-import" not in seen


def test_several_signatures_are_told_apart(visit: Visit, files: Path) -> None:
    visitor = visit().give(files / "cms.json", files / "raw.json", files / "cms_detached.p7s")
    choice = visitor.page.get_by_role("region", name="共 3 个签名")
    expect(choice.get_by_role("button", name="签名有效")).to_have_count(2, timeout=SOON)
    choice.get_by_role("button", name="还不能确认").click()
    visitor.head("还不能确认")
    visitor.give(files / "message.xml")
    expect(choice.get_by_role("button", name="签名有效")).to_have_count(3, timeout=SOON)


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


def test_a_hostile_bundle_neither_runs_nor_floods_the_page(visit: Visit, files: Path) -> None:
    def change(found: dict[str, Any]) -> None:
        found["document"]["title"] = "<img src=x onerror=alert(1)>" + "长" * 1_000_000
        found["document"]["display"] = [{"label": "<b>x</b>", "value": "y"}] * 20_000

    visitor = visit().give(changed(files / "cms.json", change))
    visitor.head("签名无效")
    assert visitor.first_check() == "display"
    panel = visitor.page.locator(".aside section").filter(has_text="签了什么").first
    expect(panel).to_contain_text("<img src=x onerror=alert(1)>")
    assert visitor.page.locator(".aside img").count() == 0
    assert len(visitor.page.content()) < 1_000_000
    expect(panel.get_by_text("服务所称，未经签名")).to_be_visible()
    expect(visitor.page.get_by_text("另有 19800 项没有列出")).to_be_visible()


def test_hidden_characters_of_a_bundle_are_marked_on_the_page_and_the_report(
    visit: Visit, files: Path
) -> None:
    def change(found: dict[str, Any]) -> None:
        found["document"]["title"] = "总价\u202e000621\u200b"
        found["request"]["business_system"]["name"] = "窗口\u2066\x1b"

    visitor = visit().give(changed(files / "raw.json", change))
    visitor.head("签名无效")  # the log has other words
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


def test_a_pasted_signature(visit: Visit, files: Path) -> None:
    visitor = visit()
    visitor.page.get_by_role("button", name="粘贴文本").click()
    field = visitor.page.get_by_label("证据包、PEM 或 Base64 的签名")
    expect(field).to_be_focused()
    field.fill((files / "cms.json").read_text())
    visitor.page.get_by_role("button", name="放入", exact=True).click()
    visitor.head("签名有效")


def test_a_file_may_be_taken_for_what_was_signed(visit: Visit, files: Path) -> None:
    visitor = visit().give(files / "message.xml.sig", files / "signer.pem")
    visitor.head("还不能确认")
    visitor.page.get_by_role("listitem").filter(has_text="signer.pem").get_by_role(
        "button", name="当作被签的文件"
    ).click()
    expect(visitor.head("还不能确认")).to_contain_text("这个签名不含证书")


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
    assert [each["what"] for each in told["asked"]] == ["root", "crl", "checkpoint", "status"]
    assert len(told["trusted_roots"][0]["sha256"]) == 64


def test_by_keyboard_and_in_english(visit: Visit, files: Path) -> None:
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
    names = "林知远|宁波北潮进出口有限公司|操作员|进口货物报关单"  # the certificate's and the document's
    assert not _chinese(re.sub(names, "", page.locator(".verdict").inner_text()))
    page.keyboard.press("Tab")
    expect(page.locator("summary", has_text="What was checked")).to_be_focused()
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
    assert longest < (ended - begun) / 3  # judged in the page's own thread, it stands still all the time


def test_pages_bar_nobody(visit: Visit, files: Path) -> None:
    visitor = visit()
    ALBUM.take(visitor.page, "start")
    judged(visitor.page)
    visitor.give(files / "cms.json")
    visitor.head("签名有效")
    visitor.page.locator("details").evaluate_all("all => all.forEach((each) => (each.open = true))")
    judged(visitor.page)
