"""The virtual phone excludes a document of a batch over HTTP, and the business system is informed (R16)."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from mshield.cli.main import main as cli
from mshield.client import BusinessClient, Document, VerificationError
from mshield.client.errors import PhoneError, ProblemError
from mshield.testkit.demo.people import OPERATOR
from mshield.testkit.phone import VirtualPhone
from mshield.testkit.phone.messages import Task
from tests.support.killed_service import Mortal, killable_service

WHY = "这一票单价写错了"
DOCUMENTS = [
    Document(title=f"报关单 {n}", media_type="text/plain", content=f"第 {n} 票".encode()) for n in range(3)
]


service = killable_service()


@pytest.fixture
def phone(service: Mortal, tmp_path: Path) -> VirtualPhone:
    return service.enrolled(tmp_path / "phone")


@pytest.fixture
def business(service: Mortal) -> Iterator[BusinessClient]:
    with service.business() as made:
        yield made


def _scan(phone: VirtualPhone, business: BusinessClient) -> tuple[str, tuple[Task, ...]]:
    asked = business.request_signature(DOCUMENTS)
    return asked.id, phone.scan(asked.qr).tasks


def test_r16_other_documents_are_signed_and_the_result_names_the_excluded(
    service: Mortal, phone: VirtualPhone, business: BusinessClient
) -> None:
    request_id, tasks = _scan(phone, business)
    approved = phone.approve(pin=OPERATOR.pin, excluded={tasks[1].sid: f" {WHY} "})
    assert [document.declined for document in approved.documents] == [False, True, False]
    assert [document.signature is None for document in approved.documents] == [False, True, False]
    assert business.status(request_id).state == "signed"
    result = business.result(request_id)
    assert [document.state for document in result.documents] == ["signed", "declined", "signed"]
    assert dict(result.declined) == {1: WHY}
    assert result.documents[1].cms_b64 is None
    moment = result.signing_time
    with pytest.raises(VerificationError, match="left documents out"):
        result.verify(roots=[result.chain_pem[1]], documents=DOCUMENTS)
    verified = result.verify(roots=[result.chain_pem[1]], documents=DOCUMENTS, partly=True, at=moment)
    assert len(verified) == 2
    # The result is compared with the sent documents place by place, so none can replace another.
    with pytest.raises(VerificationError, match="not the documents that were sent"):
        result.verify(
            roots=[result.chain_pem[1]],
            documents=[*DOCUMENTS[::-1][1:], DOCUMENTS[0]],
            partly=True,
            at=moment,
        )
    with pytest.raises(ProblemError) as refused:
        business.evidence(request_id, document=1)
    assert refused.value.code == "not_signed"


def test_excluding_every_document_is_refused(phone: VirtualPhone, business: BusinessClient) -> None:
    request_id, tasks = _scan(phone, business)
    with pytest.raises(PhoneError, match="nothing_left"):
        phone.approve(pin=OPERATOR.pin, excluded={task.sid: WHY for task in tasks})
    assert business.status(request_id).state == "scanned"


@pytest.mark.parametrize(
    ("sid", "reason", "code"),
    [
        ("00" * 16, WHY, "task_closed"),
        ("2", WHY, "malformed"),
        ("", "长" * 201, "malformed"),
        ("", "换\u202e行", "malformed"),
        ("", "", "malformed"),
    ],
)
def test_refused_exclusion_uses_no_pin_attempt(
    phone: VirtualPhone, business: BusinessClient, sid: str, reason: str, code: str
) -> None:
    request_id, tasks = _scan(phone, business)
    named = {sid or tasks[1].sid: reason}
    with pytest.raises(ProblemError) as refused:
        phone.approve(pin=OPERATOR.pin, excluded=named)
    assert refused.value.code == code
    assert business.status(request_id).state == "scanned"
    approved = phone.approve(pin=OPERATOR.pin, excluded={tasks[1].sid: WHY})
    assert [document.declined for document in approved.documents] == [False, True, False]
    assert phone.status().left == 5


def test_repeat_after_a_lost_answer_returns_the_recorded_exclusions(
    service: Mortal, phone: VirtualPhone, business: BusinessClient
) -> None:
    """This also holds if the person now excludes other documents: the recorded choice is final."""
    request_id, tasks = _scan(phone, business)
    service.plan(*(("finish", n, "lose_after") for n in range(1, 16)))
    with pytest.raises(Exception, match="network"):
        phone.approve(pin=OPERATOR.pin, excluded={tasks[0].sid: WHY})
    service.plan()
    approved = phone.approve(pin=OPERATOR.pin)
    assert approved.recovered
    assert [document.declined for document in approved.documents] == [True, False, False]
    assert dict(business.result(request_id).declined) == {0: WHY}


def test_command_excludes_by_position(
    service: Mortal,
    phone: VirtualPhone,
    business: BusinessClient,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    request_id, _ = _scan(phone, business)
    monkeypatch.setattr(
        "mshield.testkit.commands.phone.options.VirtualPhone", lambda folder, _: service.phone(folder)
    )

    def approve(*exclude: str) -> Result:
        named = [part for each in exclude for part in ("--exclude", each)]
        runner = CliRunner(env={"MSHIELD_PHONE_PIN": OPERATOR.pin})
        return runner.invoke(
            cli, ["phone", "--folder", str(tmp_path / "phone"), "--lang", "zh", "approve", *named]
        )

    assert "没有这一份文件" in approve("4=不签").output
    assert approve("不签").exit_code == 2
    assert approve("0=不签").exit_code == 2
    assert business.status(request_id).state == "scanned"
    done = approve(f"2={WHY}", "3=重复了")
    assert done.output.splitlines() == [
        "签名成功",
        "* 报关单 0",
        "* 报关单 1（没有签）",
        "* 报关单 2（没有签）",
    ]
    assert dict(business.result(request_id).declined) == {1: WHY, 2: "重复了"}


def test_log_records_who_excluded_which_document(
    service: Mortal, phone: VirtualPhone, business: BusinessClient
) -> None:
    request_id, tasks = _scan(phone, business)
    phone.approve(pin=OPERATOR.pin, excluded={tasks[2].sid: WHY})
    act = service.fetch("SELECT actor, subject, details FROM acts WHERE act = 'document.exclude'")
    assert (act["actor"], act["subject"]) == ("user", request_id)
    assert json.loads(act["details"]) == {"reason": WHY, "sid": tasks[2].sid}
