"""A program on the legal representative's PC has another application of the same name confirmed than is displayed.

The program controls the PC's display, but not what the phone shows before the PIN.
"""

from typing import Any

from mshield.testkit.demo.people import LEGAL_PERSON, OPERATOR
from tests.security.identity.test_stranger import AS_OPERATOR, register
from tests.support.application import Application
from tests.support.assertions import assert_refused
from tests.support.consent import RECORD, code_of, with_shield
from tests.support.portal import OWN, Browser


async def test_phone_shows_the_applicant_and_signs_only_that_application(
    application: Application,
) -> None:
    shield = await with_shield(application, LEGAL_PERSON)
    portal = Browser.of(application)
    await portal.log_in()
    for person in (OPERATOR, AS_OPERATOR):
        device = await register(application, person)
        assert (await device.call("POST", "/api/phone/identity/requests", RECORD)).status_code == 201
    strangers, owners = (await portal.get(f"/enterprises/{OWN}/applications")).json()["items"]
    path = f"/enterprises/{OWN}/people/{owners['person_id']}/vouching-requests"

    async def asked(application_id: str | None) -> dict[str, Any]:
        answer = await portal.send("POST", path, {"application_id": application_id})
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()
        scan = {"code": code_of(application, made)}
        scanned = (await shield.device.call("POST", "/api/phone/scans", scan)).json()
        (task,) = scanned["tasks"]
        shown = {line["label"]: line["value"] for line in task["display"]}
        return {"id": made["request_id"], "tasks": scanned["tasks"], "phone": shown.get("申请人手机号")}

    assert (await asked(strangers["id"]))["phone"] == "136****4321"
    assert (await asked(None))["phone"] is None  # for an activation code
    true_one = await asked(owners["id"])
    assert true_one["phone"] == "138****6027"
    await shield.sign(true_one["tasks"])
    for shown, status in ((strangers, 403), (owners, 204)):
        decision = f"/enterprises/{OWN}/applications/{shown['id']}/decision"
        document = {"decision": "confirm", "request_id": true_one["id"]}
        assert (await portal.send("POST", decision, document)).status_code == status
    made_up = await portal.send("POST", path, {"application_id": "0" * 36})
    assert_refused(made_up, "not_found", 404)
    await portal.http.aclose()
