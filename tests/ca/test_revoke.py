"""Two security officers revoke an issuing CA: its certificates end, and its phones may apply again."""

from typing import Any

import httpx
import pytest

from mshield.pki.errors import CertificateRevoked
from mshield.pki.revocation.ocsp import RevokedAt, parse_ocsp_response
from mshield.pki.revocation.ocsp_request import CertId, build_ocsp_request
from mshield.pki.verification.path import check_crl
from mshield.server.ca.end_leaves import end_leaves
from mshield.server.ca.renew_issuing import renew_issuing
from mshield.server.notices.notify import Notify
from mshield.server.staff.rules import StaffRole
from tests.support.application import Application, Device, qr_of
from tests.support.assertions import assert_refused
from tests.support.cases import cases
from tests.support.console_people import Clerk
from tests.support.factories import ask_login
from tests.support.shield_over_http import Shield

OFFICER = StaffRole.SECURITY_OFFICER


async def _ask(officer: Clerk, subject: str = "issuing", **details: object) -> httpx.Response:
    document = {
        "act": "ca.revoke",
        "subject": subject,
        "details": details or {"cause": "key_compromise"},
        "reason": "机房进水，密钥备份下落不明",
    }
    return await officer.call("POST", "/approvals", document)


async def _approve(officer: Clerk, asked: dict[str, Any], **more: str) -> httpx.Response:
    """Approves with a fresh second factor and the typed name, as the page requires."""
    assert (await officer.confirm()).status_code == 200
    return await _say_yes(officer, asked, **{"subject": asked["subject"], **more})


async def _say_yes(officer: Clerk, asked: dict[str, Any], **more: str) -> httpx.Response:
    return await officer.call("POST", f"/approvals/{asked['id']}/decision", {"decision": "approve", **more})


async def test_two_officers_revoke_a_ca_and_its_certificates(
    application: Application, device: Device
) -> None:
    await Shield(application, device).enrol()
    context = application.context
    serial = (await device.call("GET", "/api/phone/certificate")).json()["serial"]
    old = context.authorities.issuing.certificate
    one, other = await Clerk.at_work(application, OFFICER), await Clerk.at_work(application, OFFICER)
    asked = (await _ask(one)).json()
    assert asked["details"] == {
        "cause": "key_compromise",
        "certificates": 1,
        "enterprises": 1,
        "systems": 1,
        "most": [{"enterprise": "宁波北潮进出口有限公司", "certificates": 1}],
    }
    assert_refused(await _approve(one, asked), "own_approval")
    application.clock.advance(seconds=1)
    assert (await _approve(other, asked)).status_code == 200
    state = (await one.call("GET", "/ca")).json()
    assert [(each["name"], each["standing"]) for each in state["cas"]] == [
        ("root", "root"),
        ("issuing", "revoked"),
    ]
    assert "no_issuing_ca" in {each["code"] for each in state["warnings"]}

    await context.publication.refresh(now=application.clock())
    root = await context.publication.crl("root", now=application.clock())
    with pytest.raises(CertificateRevoked):
        check_crl(
            context.engine,
            certificate=old,
            issuer=context.authorities.root,
            crl=root.der,
            at=application.clock(),
        )
    assert await end_leaves(context.db, now=application.clock()) == 1
    answer = await context.publication.ocsp(
        build_ocsp_request([CertId.of(old, int(serial, 16))]), now=application.clock()
    )
    (status,) = parse_ocsp_response(answer.der).statuses
    assert status.status == RevokedAt(application.clock(), 2)

    login = await ask_login(application)
    refused = await device.call("POST", "/api/phone/scans", {"code": qr_of(login)})
    assert_refused(refused, "no_certificate", 409)
    assert refused.json()["faq"] is not None
    await Notify(context.db, context.settings, context.notices.gateway)(now=application.clock())
    (told, *_) = (await application.http.get("/dev/sms.json")).json()
    assert (told["purpose"], told["code"]) == ("ca_revoked", "")

    form = await application.application_form(device)
    none = await device.call("POST", "/api/phone/enrolments", form)
    assert none.status_code in {201, 503}
    await renew_issuing(
        context.db, context.keyring, context.engine, context.settings, now=application.clock()
    )
    application.clock.advance(seconds=120)
    anew = Shield(application, device)
    await anew.enrol()
    made = (await device.call("GET", "/api/phone/certificate")).json()
    assert (made["state"], made["serial"] != serial) == ("active", True)


async def test_request_states_the_time_of_doubt_and_refusal_a_reason(
    application: Application,
) -> None:
    one, other = await Clerk.at_work(application, OFFICER), await Clerk.at_work(application, OFFICER)
    now = application.clock()
    wrongs: tuple[dict[str, object], ...] = (
        {"cause": "key_compromise", "since": now + 1},
        {"cause": "key_compromise", "since": 0},
        {"cause": "key_compromise", "since": True},
        {"cause": "superseded", "since": now},
    )
    for wrong in wrongs:
        assert_refused(await _ask(one, "issuing", **wrong), "invalid_request", 422)
    asked = (await _ask(one, cause="key_compromise", since=now)).json()
    assert (asked["details"]["since"], asked["details"]["signatures"]) == (now, 0)
    assert_refused(await other.decide(asked, "refuse", reason=" "), "invalid_request", 422)
    no = await other.call("POST", f"/approvals/{asked['id']}/decision", {"decision": "refuse"})
    assert_refused(no, "invalid_request", 422)
    assert (await other.decide(asked, "refuse", reason="请先电话说明")).status_code == 200
    seen = (await one.call("GET", f"/approvals/{asked['id']}")).json()
    assert (seen["state"], seen["refused_reason"]) == ("refused", "请先电话说明")


async def test_approval_needs_a_fresh_factor_and_the_cas_name(application: Application) -> None:
    """Neither the login's factor, nor one five minutes old, nor another CA's name or none is accepted."""
    one, other = await Clerk.at_work(application, OFFICER), await Clerk.at_work(application, OFFICER)
    asked = (await _ask(one)).json()
    assert_refused(await _say_yes(other, asked, subject="issuing"), "second_factor_needed", 403)
    assert (await other.confirm()).status_code == 200
    for wrong in ({}, {"subject": "issuing-2"}, {"subject": " issuing"}):
        assert_refused(await _say_yes(other, asked, **wrong), "invalid_request", 422)
    application.clock.advance(seconds=300)
    assert_refused(await _say_yes(other, asked, subject="issuing"), "second_factor_needed", 403)
    (waiting,) = (await other.call("GET", "/approvals?state=waiting")).json()["items"]
    assert waiting["id"] == asked["id"]
    assert (await _approve(other, asked)).status_code == 200


@cases(
    ("subject", "details", "code"),
    [
        ("root", {"cause": "key_compromise"}, "not_found"),
        ("issuing-2", {"cause": "key_compromise"}, "not_found"),
        ("ocsp", {"cause": "key_compromise"}, "not_found"),
        ("issuing", {"cause": "boredom"}, "invalid_request"),
        ("issuing", {"cause": "superseded", "certificates": 0}, "invalid_request"),
        ("issuing", {"other": 1}, "invalid_request"),
    ],
)
async def test_impossible_revocation_request_is_refused(
    application: Application, subject: str, details: dict[str, object], code: str
) -> None:
    officer = await Clerk.at_work(application, OFFICER)
    assert_refused(await _ask(officer, subject, **details), code)


async def test_revoked_ca_is_not_revoked_again(application: Application) -> None:
    one, other = await Clerk.at_work(application, OFFICER), await Clerk.at_work(application, OFFICER)
    asked = (await _ask(one)).json()
    assert (await _approve(other, asked)).status_code == 200
    assert_refused(await _ask(one), "conflict")
