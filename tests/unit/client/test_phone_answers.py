"""Answers to open and finish: the phone checks each before it asks for the PIN or stores anything."""

from pathlib import Path

import pytest

from mshield.client.errors import ProtocolError
from mshield.gm import sm2
from mshield.testkit.phone import PinPrompt, VirtualPhone
from mshield.testkit.phone.state import State
from tests.unit.client.conftest import PIN
from tests.unit.client.counterpart import Counterpart
from tests.unit.client.counterpart_state import Json

WRONG = "000000"


XML = "<报关单 编号='530120261010000001'/>".encode()


def state_of(tmp_path: Path) -> State:
    return State.decode((tmp_path / "phone" / "state.json").read_bytes())


def verify_signed(service: Counterpart) -> None:
    assert service.key is not None
    assert service.key.share is not None
    for task in service.tasks.values():
        assert task.signature is not None
        sm2.verify(service.engine, service.key.share.P, task.message, task.signature)


def forged_z(answer: Json) -> Json:
    answer["items"][0]["z"] = f"{(int(answer['items'][0]['z'], 16) + 1):064x}"
    return answer


def point_off_curve(answer: Json) -> Json:
    answer["items"][0]["Q2"] = "04" + "11" * 64
    return answer


@pytest.mark.parametrize("falsify", [forged_z, point_off_curve])
def test_invalid_proof_stops_before_the_pin(
    certified: VirtualPhone, service: Counterpart, falsify: object
) -> None:
    certified.scan(service.ask(XML))
    service.falsify["/open"] = falsify  # type: ignore[assignment]  # one of the two functions above

    def pin(_prompt: PinPrompt) -> str:
        raise AssertionError("asked for the PIN")

    with pytest.raises(ProtocolError, match="bad_proof"):
        certified.approve(pin=pin)


def without_left(answer: Json) -> Json:
    del answer["left"]
    return answer


def with_more(answer: Json) -> Json:
    return {**answer, "more": 1}


def upper_case(answer: Json) -> Json:
    answer["items"][0]["Q2"] = answer["items"][0]["Q2"].upper()
    return answer


def other_sid(answer: Json) -> Json:
    answer["items"][0]["sid"] = "00" * 16
    return answer


def left_as_text(answer: Json) -> Json:
    return {**answer, "left": "5"}


@pytest.mark.parametrize("falsify", [without_left, with_more, upper_case, other_sid, left_as_text])
def test_unexpected_answer_is_malformed(
    certified: VirtualPhone, service: Counterpart, falsify: object
) -> None:
    certified.scan(service.ask(XML))
    service.falsify["/open"] = falsify  # type: ignore[assignment]  # one of the functions above
    with pytest.raises(ProtocolError, match="malformed"):
        certified.approve(pin=PIN)


def test_a_repeated_field_is_malformed() -> None:
    from mshield.testkit.phone.cosign_answers import read_open

    with pytest.raises(ProtocolError, match="malformed"):
        read_open(b'{"items":[],"left":5,"left":5,"next_epoch":null}', [])


def test_false_signature_is_refused_and_keeps_otp_and_rn(
    certified: VirtualPhone, service: Counterpart, tmp_path: Path
) -> None:
    certified.scan(service.ask(XML))

    def other_s(answer: Json) -> Json:
        answer["items"][0]["s"] = f"{(int(answer['items'][0]['s'], 16) ^ 1):064x}"
        return answer

    before = state_of(tmp_path).key
    service.falsify["/finish"] = other_s
    with pytest.raises(ProtocolError, match="bad_answer"):
        certified.approve(pin=PIN)
    after = state_of(tmp_path).key
    assert before is not None
    assert after is not None
    assert (after.otp, after.slots) == (before.otp, before.slots)
    assert after.rn is not None


def test_an_item_closed_meanwhile_has_no_signature(certified: VirtualPhone, service: Counterpart) -> None:
    certified.scan(service.ask(XML, XML + b"2"))

    def closed(answer: Json) -> Json:
        answer["items"][1] = {"sid": answer["items"][1]["sid"], "error": "task_closed"}
        return answer

    service.falsify["/finish"] = closed
    first, second = certified.approve(pin=PIN).documents
    assert first.signature is not None
    assert second.signature is None
