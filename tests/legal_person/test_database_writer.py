"""Write access to the database doesn't let an own shield act as a legal representative's."""

from pathlib import Path

import httpx
import pytest

from mshield.testkit.demo.people import LEGAL_PERSON, OPERATOR
from tests.legal_person.test_own_shield import asked, code_of, logged_in, page, revoke, service, start
from tests.support.intruder import Intruder
from tests.support.killed_service import Mortal

__all__ = ["page", "service"]

LENT = {
    "another account's certificate": "UPDATE certificates SET account_id = ?",
    "another key's signature": "UPDATE signatures SET uid = (SELECT k.uid FROM keys k WHERE k.account_id = ?),"
    " serial = (SELECT c.serial FROM certificates c JOIN keys k ON k.uid = c.uid ORDER BY k.created_at LIMIT 1)",
}


@pytest.mark.parametrize("sql", LENT.values(), ids=LENT)
def test_r20_own_shield_opens_no_other_persons_portal(
    service: Mortal,
    page: httpx.Client,
    intruder: Intruder,
    tmp_path: Path,
    sql: str,
) -> None:
    service.enrolled(tmp_path / "theirs", LEGAL_PERSON)
    own = service.enrolled(tmp_path / "own", OPERATOR)
    made = asked(page, "/shield-logins")
    own.scan(code_of(service, made["request_id"]))
    own.approve(pin=OPERATOR.pin)
    (victim,) = intruder.rows("SELECT id FROM accounts WHERE phone = ?", LEGAL_PERSON.phone)
    intruder.run(sql, victim["id"])
    assert start(page, made).json()["code"] == "record_changed"
    assert page.get("/api/portal/session").status_code == 401


def test_r14_signature_revokes_no_substituted_shield(
    service: Mortal, page: httpx.Client, intruder: Intruder, tmp_path: Path
) -> None:
    phone = service.enrolled(tmp_path / "phone", LEGAL_PERSON)
    number = phone.certificate().shield_number
    logged_in(service, page, phone)
    terms = {"shield_numbers": [number], "reason": "手机遗失", "cause": "key_compromise"}
    proof = asked(page, f"/enterprises/{LEGAL_PERSON.credit_code}/revocation-requests", terms)["request_id"]
    phone.scan(code_of(service, proof))
    phone.approve(pin=LEGAL_PERSON.pin)
    (document,) = intruder.rows("SELECT content FROM tasks WHERE request_id = ?", proof)
    other = bytes(document["content"]).replace("手机遗失".encode(), "员工离职".encode())
    intruder.run("UPDATE tasks SET content = ? WHERE request_id = ?", other, proof)
    assert revoke(page, terms | {"reason": "员工离职"}, request_id=proof).json()["code"] == "record_changed"
    assert phone.certificate().state == "active"
