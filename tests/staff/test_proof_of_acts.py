"""A console act comes with a proof that the log contains it; the proof verifies offline and reveals any change."""

import json
from typing import Any, Final

import pytest

from mshield.pki.errors import LogError, LogFormError
from mshield.pki.tlog.act_proof import is_act_proof, parse_act_proof
from mshield.pki.tlog.note import VerifierKey
from mshield.server.log.sequence import sequence
from mshield.server.staff.rules import StaffRole
from tests.support.application import Application
from tests.support.assertions import assert_refused
from tests.support.cases import cases
from tests.support.clerk import Staff, allowed_roles

READERS: Final = {StaffRole.SECURITY_OFFICER, StaffRole.AUDITOR}


@pytest.fixture
async def officer(application: Application) -> Staff:
    return await Staff.of(application, StaffRole.SECURITY_OFFICER)


async def _proven(application: Application, officer: Staff) -> dict[str, Any]:
    new = {"name": "掌上海关", "domain": "palm.example"}
    client_id = (await officer.call("POST", "/systems", new)).json()["system"]["client_id"]
    (act,) = (await officer.call("GET", "/acts", subject=client_id)).json()["items"]
    assert (act["logged"], act["actor_name"]) == (False, "员工 0")
    early = await officer.call("GET", f"/acts/{act['id']}/proof")
    assert_refused(early, "not_logged_yet", 409)
    await sequence(application.context.log, now=application.clock())
    (act,) = (await officer.call("GET", "/acts", subject=client_id)).json()["items"]
    assert act["logged"]
    found: dict[str, Any] = (await officer.call("GET", f"/acts/{act['id']}/proof")).json()
    return found


async def test_proof_verifies_offline(application: Application, officer: Staff) -> None:
    found = await _proven(application, officer)
    text = json.dumps(found["file"])
    assert is_act_proof(text)
    proof = parse_act_proof(text)
    logged = proof.check(VerifierKey.parse(found["key"]))
    assert (proof.act.act, proof.act.actor_id) == ("system.add", officer.id)
    assert json.loads(proof.act.details)["domain"] == "palm.example"
    assert logged.index == proof.proof.index
    assert proof.to_json() == found["file"]


async def test_any_change_to_the_proof_is_detected(application: Application, officer: Staff) -> None:
    found = await _proven(application, officer)
    key, file = VerifierKey.parse(found["key"]), found["file"]
    act = file["act"]
    changed = [
        file | {"act": act | {name: value}}
        for name, value in {
            "id": act["id"][:-1] + ("1" if act["id"][-1] == "0" else "0"),
            "actor": "service",
            "actor_id": None,
            "act": "system.change",
            "subject": "bs-0",
            "details": act["details"] + " ",
            "at": act["at"] + 1,
        }.items()
    ]
    changed.append(file | {"salt": "00" * 32})
    changed.append(file | {"proof": file["proof"] | {"index": file["proof"]["index"] + 1}})
    changed.append(file | {"proof": file["proof"] | {"checkpoint": file["proof"]["checkpoint"][1:]}})
    for each in changed:
        with pytest.raises(LogError):
            parse_act_proof(json.dumps(each)).check(key)


async def test_malformed_proof_is_refused(application: Application, officer: Staff) -> None:
    found = await _proven(application, officer)
    changes: tuple[dict[str, object], ...] = (
        {"type": "mshield-act-proof/v2"},
        {"more": 1},
        {"salt": "00"},
        {"salt": 1},
        {"act": {}},
        {"act": None},
        {"proof": {}},
    )
    for change in changes:
        with pytest.raises(LogFormError):
            parse_act_proof(json.dumps(found["file"] | change))


async def test_acts_are_filtered_by_kind_and_time(application: Application, officer: Staff) -> None:
    await _proven(application, officer)
    application.clock.advance(seconds=60)
    late = application.clock()
    await officer.call("POST", "/jobs/purge/runs")

    async def kinds(**query: str) -> list[str]:
        return [each["act"] for each in (await officer.call("GET", "/acts", **query)).json()["items"]]

    assert await kinds(act="system") == ["system.add"] * (await kinds()).count("system.add")
    assert await kinds(act="system.add") == await kinds(act="system")
    assert await kinds(act="sys") == []
    assert await kinds(since=str(late)) == ["job.run"]
    assert "job.run" not in await kinds(until=str(late))
    for wrong in ({"act": "x'"}, {"since": "-1"}, {"until": "x"}):
        assert (await officer.call("GET", "/acts", **wrong)).status_code == 422


@cases("act_id", ["x", "0" * 36, "01a20c23-c300-7092-a9c2-dd8514bfc6e4", "%00"])
async def test_unknown_act_is_not_found(officer: Staff, act_id: str) -> None:
    assert (await officer.call("GET", f"/acts/{act_id}/proof")).status_code == 404


async def test_roles_that_may_read_proofs(application: Application) -> None:
    assert await allowed_roles(application, "GET", "/acts/x/proof", None) == READERS
