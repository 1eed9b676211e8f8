"""The service's own documents to sign, as it writes them: the app and `/verify/` read their texts from them."""

from typing import Any

import pytest

from mshield.server.identity.consents import terms
from mshield.server.legal_person.own_shield import Revocation
from mshield.server.legal_person.session import ManagedEnterprise
from mshield.server.legal_person.vouch import Vouching
from mshield.server.requests.document import Document
from mshield.server.requests.own_system import own_document
from tests.vectors.files import load

NOW = 1_795_500_000_000
ENTERPRISE = ManagedEnterprise("91330206MA2XB7C1TW", "宁波北潮进出口有限公司")
CASES: list[dict[str, Any]] = load("own-documents.json")["cases"]


def consent() -> Document:
    lines = (
        ("同意后", "24 小时后，这个账号可以用您的名义申请手机盾，代表您签名"),
        ("请注意", "二维码要在您自己的新手机上。别人发来的、网页上的，请点“不是我发起的”"),
        ("新账号手机号", "136****4321"),
        ("新手机", "Android"),
        ("网络地址", "203.0.113.7"),
        ("时间", "2026-11-29 21:30"),
        ("企业", "宁波北潮进出口有限公司，操作员"),
    )
    said = terms("01a22958-0af2-7ef7-a4bd-ff68fc786378", "01a22958-08d7-7e15-8394-7898735d0f7f")
    return own_document("同意：另一个账号也是我本人", said, lines, now=NOW, purpose="consent")


def operator(application_id: str | None) -> Document:
    vouching = Vouching(
        credit_code=ENTERPRISE.credit_code,
        person_id="01a22958-08d7-7e15-8394-7898735d0f7f",
        name="林知远",
        application_id=application_id,
        phone=None if application_id is None else "136****4321",
    )
    return own_document(vouching.title, vouching.terms(), vouching.lines(ENTERPRISE), now=NOW)


def revocation(*numbers: str) -> Document:
    wanted = Revocation(ENTERPRISE.credit_code, numbers, "员工离职", "affiliation_changed")
    return own_document(wanted.title, wanted.terms(), wanted.lines(ENTERPRISE), now=NOW)


def test_own_documents_equal_the_services(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "mshield.server.requests.own_system.secrets.token_hex", lambda _: "68655a6146319712a97a6de1790b649f"
    )
    written = {
        "a consent": consent(),
        "an operator's application": operator("01a22958-0af2-7ef7-a4bd-ff68fc786379"),
        "an activation code": operator(None),
        "a batch of revocations": revocation("MS10720468813", "MS10720468821"),
    }
    known = {case["name"]: case for case in CASES}
    for name, document in written.items():
        assert document.content is not None
        assert known[name]["content"] == document.content.decode(), name
        lines = [{"label": label, "value": value} for label, value in document.display]
        assert known[name]["expect"] == {"title": document.title, "lines": lines}, name


def test_eleven_shields_are_more_than_the_lines_name() -> None:
    """The app then shows the content itself."""
    document = revocation(*(f"MS107204688{n:02d}" for n in range(11)))
    assert "等 11 个" in dict(document.display)["手机盾号"]
