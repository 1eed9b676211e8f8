"""Anyone verifies a signature in their browser: each kind of file, the first failed check, the data sent."""

import base64
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.sync_api import expect

from mshield.gm.sm3 import sm3
from mshield.pki.revocation.crl import KEY_COMPROMISE
from mshield.pki.revocation.ocsp import RevokedAt
from mshield.pki.signatures.evidence import Evidence
from tests.browser.app.album import DeskAlbum
from tests.browser.app.pin_pad_and_pixels import check_page
from tests.browser.verify.visitor import SOON, Visitor, changed
from tests.support.stamped_bundles import OUTSIDE, OWN, REVOKED, A, stamped
from tests.unit.client.bundle import VKEY, Maker
from tests.unit.pki.authority import authority

pytestmark = pytest.mark.slow
Visit = Callable[..., Visitor]

ALBUM: Final = DeskAlbum.wanted("verify")
AT_THE_START: Final = ["GET /pki/root.cer", "GET /pki/root.crl", "GET /log/checkpoint", "GET /log/witnesses"]
ASKED: Final = "POST /pki/ocsp"


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


def test_changed_bundle_is_invalid_and_the_failed_check_comes_first(visit: Visit, files: Path) -> None:
    other = base64.b64encode(b"<other/>").decode()
    visitor = visit().give(
        changed(files / "cms.json", lambda found: found["document"].update(content_b64=other))
    )
    head = visitor.head("签名无效")
    expect(head).to_have_class("head invalid")
    expect(head).to_contain_text("这不是所签的内容")
    assert visitor.first_check() == "content"
    expect(visitor.page.get_by_role("heading", name="文件所称的签署人")).to_be_visible()
    assert ASKED not in visitor.calls  # an invalid bundle causes no call
    ALBUM.take(visitor.page, "invalid")
    check_page(visitor.page)


def test_unsigned_file_does_not_support_a_signature(visit: Visit, files: Path, tmp_path: Path) -> None:
    other = tmp_path / "hello.txt"
    other.write_text("hello")
    visitor = visit().give(files / "cms.p7s", other)
    visitor.head("签名无效")
    panel = visitor.page.locator(".side-panel").filter(has_text="签署内容")
    expect(panel.locator(".name")).to_have_text("签名文件里的原文")
    expect(panel).to_contain_text("放入的“hello.txt”不是被签的文件，下面是签名文件里的原文")
    with visitor.page.expect_download() as download:
        panel.get_by_role("button", name="保存原文").click()
    content = download.value.path().read_bytes()
    expect(panel.locator("pre")).to_have_text(content.decode())
    digest = panel.locator(".print").inner_text().replace(" ", "").lower()
    assert digest == sm3(content).hex()


def test_bundle_of_an_unknown_authority_is_invalid(visit: Visit) -> None:
    forged = Maker(authority()).made().encode()
    visitor = visit().give({"name": "forged.json", "mimeType": "application/json", "buffer": forged})
    expect(visitor.head("签名无效")).to_contain_text("不是由受信任的根 CA 签发")
    assert visitor.first_check() == "chain"


def test_report_words_the_time_source_and_trust_in_a_revoked_ca(visit: Visit) -> None:
    how: dict[str, Any] = {"ca_status": RevokedAt(REVOKED, KEY_COMPROMISE), "status_at": REVOKED + 60_000}
    visitor = visit().give(bundle(stamped(OUTSIDE)))
    pickers = visitor.page.locator("input[type=file]")
    pickers.nth(-2).set_input_files(named("root.cer", A.root.der))
    visitor.page.get_by_label("日志公钥").fill(str(VKEY))
    visitor.head("签名有效")
    expect(visitor.check("time_stamp")).to_contain_text("尚未信任其机构")
    pickers.nth(-1).set_input_files(named("tsa.cer", OUTSIDE.root))
    expect(visitor.check("time_stamp")).to_contain_text("独立于签名服务")
    check_page(visitor.page)
    for evidence, headline, look in (
        (stamped(OUTSIDE, **how), "签名有效，签发机构后来被吊销", "incomplete"),
        (stamped(OWN, **how), "不能采信：签发机构已被吊销", "invalid"),
    ):
        visitor.page.get_by_role("button", name="验证另一份").click()
        expect(visitor.give(bundle(evidence)).head(headline)).to_have_class(f"head {look}")
        check_page(visitor.page)


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


def test_cms_is_verified_with_its_document(visit: Visit, files: Path) -> None:
    visitor = visit().give(files / "cms_detached.p7s")
    expect(visitor.head("尚不能确认")).to_contain_text("签名文件不含原文：请添加所签的文件")
    ALBUM.take(visitor.page, "incomplete")
    visitor.give(files / "message.xml")
    expect(visitor.head("签名有效")).to_contain_text("由林知远签署")
    expect(visitor.check("issuers")).to_have_class("passed")


@pytest.mark.parametrize("name", ["signed.xml", "signed.pdf", "signed.p7"])
def test_file_in_an_industry_format_is_verified(visit: Visit, finished: Path, name: str) -> None:
    """The service states the revocation status, and provides the issuing CA's certificate if the file lacks it."""
    visitor = visit().give(finished / name)
    expect(visitor.head("签名有效")).to_contain_text("由林知远签署")
    expect(visitor.check("revocation")).to_contain_text("刚向签发机构查询")
    assert visitor.calls.count(ASKED) == 1
    expect(visitor.page.get_by_text("这份文件不含原文")).to_have_count(0)


def test_bare_signature_needs_document_and_certificate(visit: Visit, files: Path) -> None:
    visitor = visit().give(files / "message.xml.sig", files / "message.xml")
    expect(visitor.head("尚不能确认")).to_contain_text("签名文件不含证书：请添加签署人的证书")
    visitor.give(files / "signer.pem")
    visitor.head("签名有效")
    # The certificate gives its issuer's address; only this service is called for it.
    assert visitor.calls.count("GET /pki/issuing.cer") == 1


def test_another_document_is_detected(visit: Visit, files: Path) -> None:
    visitor = visit().give(files / "message.xml.sig", files / "signer.pem")
    visitor.give({"name": "other.xml", "mimeType": "application/xml", "buffer": b"<other/>"})
    visitor.head("签名无效")
    assert visitor.first_check() == "signature"


def test_status_is_not_requested_if_the_user_opts_out(visit: Visit, files: Path) -> None:
    visitor = visit()
    visitor.page.get_by_role("checkbox", name="不查询证书目前的状态").check()
    visitor.give(files / "cms.json")
    visitor.head("签名有效")
    expect(visitor.check("now")).to_contain_text("您关闭了状态查询")
    expect(visitor.page.locator(".aside")).to_contain_text("没有发送与文件有关的任何内容")
    assert sorted(visitor.calls) == sorted(AT_THE_START)
    visitor.page.get_by_role("button", name="验证另一份").first.click()
    visitor.give(files / "cms.p7s")
    expect(visitor.head("尚不能确认")).to_contain_text("您关闭了状态查询")
    assert sorted(visitor.calls) == sorted(AT_THE_START)


def test_only_the_serial_number_is_sent(visit: Visit, files: Path) -> None:
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
    visitor.page.get_by_role("checkbox", name="不查询证书目前的状态").check()
    visitor.page.context.set_offline(True)
    visitor.give(files / "cms.json")
    visitor.head("签名有效")


def test_user_can_trust_another_root(visit: Visit, files: Path, tmp_path: Path) -> None:
    visitor = visit()
    trust = visitor.page.locator(".aside section").filter(
        has=visitor.page.get_by_role("heading", name="信任设置")
    )
    chooser = trust.locator("input[type=file]").first
    chooser.set_input_files(str(files / "issuing.pem"))  # a certificate, but not a root of these
    expect(visitor.page.get_by_text("您选择的根证书")).to_be_visible()
    visitor.give(files / "cms.json")
    visitor.head("签名无效")
    assert visitor.first_check() == "chain"
    rubbish = tmp_path / "rubbish.cer"
    rubbish.write_bytes(b"rubbish")
    chooser.set_input_files(str(rubbish))
    expect(visitor.page.get_by_text("这不是 SM2 证书，没有更换")).to_be_visible()
    visitor.page.get_by_role("button", name="使用本服务的根证书").click()
    visitor.head("签名有效")


def test_revoked_shield_without_a_trusted_time_is_not_valid(visit: Visit, ended: Path) -> None:
    visitor = visit().give(ended / "signature.p7s")
    expect(visitor.head("签名无效")).to_contain_text("没有可信的时间能证明签名在这之前")
    visitor.give(ended / "before.ocsp")  # an earlier good response, which a thief would include
    expect(visitor.page.get_by_text("OCSP 答复")).to_be_visible()
    visitor.head("签名无效")
    assert visitor.first_check() == "revocation"


def test_several_signatures_are_listed_separately(visit: Visit, files: Path) -> None:
    visitor = visit().give(files / "cms.json", files / "raw.json", files / "cms_detached.p7s")
    choice = visitor.page.get_by_role("region", name="共 3 个签名")
    expect(choice.get_by_role("button", name="签名有效")).to_have_count(2, timeout=SOON)
    choice.get_by_role("button", name="尚不能确认").click()
    visitor.head("尚不能确认")
    visitor.give(files / "message.xml")
    expect(choice.get_by_role("button", name="签名有效")).to_have_count(3, timeout=SOON)


def test_file_can_be_chosen_as_the_signed_document(visit: Visit, files: Path) -> None:
    visitor = visit().give(files / "message.xml.sig", files / "signer.pem")
    visitor.head("尚不能确认")
    visitor.page.get_by_role("listitem").filter(has_text="signer.pem").get_by_role(
        "button", name="作为所签的文件"
    ).click()
    expect(visitor.head("尚不能确认")).to_contain_text("签名文件不含证书")
