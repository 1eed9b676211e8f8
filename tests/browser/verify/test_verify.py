"""Anyone verifies a signature in his browser: each kind of file, what fails first, what is sent, the report."""

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.sync_api import expect

from tests.browser.app.hand_and_eye import judged
from tests.browser.verify.visitor import Visitor

pytestmark = pytest.mark.slow
Visit = Callable[..., Visitor]

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
    for check in ("input", "content", "signature", "chain", "revocation", "cms", "log", "now"):
        expect(visitor.check(check)).to_have_class("passed")
    bound = "passed" if name == "cms" else "unchecked"
    expect(visitor.check("display")).to_have_class(bound)
    expect(visitor.page.locator(".aside")).to_contain_text("宁波北潮进出口有限公司")
    assert sorted(visitor.calls) == sorted([*AT_THE_START, ASKED])


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


def test_a_cms_and_its_document(visit: Visit, files: Path) -> None:
    visitor = visit().give(files / "cms_detached.p7s")
    expect(visitor.head("还不能确认")).to_contain_text("这个签名不含原文：请再放入被签的文件")
    visitor.give(files / "message.xml")
    expect(visitor.head("签名有效")).to_contain_text("由林知远签署")
    expect(visitor.check("issuers")).to_have_class("passed")


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
    chooser = visitor.page.locator(".aside input[type=file]").last
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


def test_pages_bar_nobody(visit: Visit, files: Path) -> None:
    visitor = visit()
    judged(visitor.page)
    visitor.give(files / "cms.json")
    visitor.head("签名有效")
    visitor.page.locator("details").evaluate_all("all => all.forEach((each) => (each.open = true))")
    judged(visitor.page)
