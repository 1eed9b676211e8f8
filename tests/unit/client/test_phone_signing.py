"""The phone's side of `open` and `finish`: what it signs, when it asks for the PIN, how it handles lost answers."""

import json
from pathlib import Path

import pytest

from mshield.client.errors import NetworkError, PhoneError, ProblemError, ProtocolError
from mshield.gm import sm2
from mshield.testkit.phone import PinPrompt, VirtualPhone
from mshield.testkit.phone.state import Slot, State
from tests.unit.client.conftest import PIN, Open
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


def test_login_signs_the_displayed_message(certified: VirtualPhone, service: Counterpart) -> None:
    scanned = certified.scan(service.ask())
    assert (scanned.kind, scanned.number, scanned.requester.domain) == ("login", "07", "swapp.example.cn")
    approved = certified.approve(pin=PIN)
    assert approved.documents[0].signature is not None
    verify_signed(service)


def test_a_batch_is_one_session_one_pin_and_all_signatures(
    certified: VirtualPhone, service: Counterpart
) -> None:
    asked: list[PinPrompt] = []

    def pin(prompt: PinPrompt) -> str:
        asked.append(prompt)
        return PIN

    certified.scan(service.ask(*(XML + bytes([i]) for i in range(5))))
    approved = certified.approve(pin=pin)
    assert len([d for d in approved.documents if d.signature]) == 5
    assert len(asked) == 1
    assert service.count("/finish") == 2  # one for the application and this one
    verify_signed(service)


def test_pin_prompt_comes_after_open_with_the_attempts_left(
    certified: VirtualPhone, service: Counterpart
) -> None:
    seen: list[tuple[PinPrompt, int]] = []

    def pin(prompt: PinPrompt) -> str:
        seen.append((prompt, service.count("/open")))
        return PIN

    certified.scan(service.ask(XML))
    opened = service.count("/open")
    assert service.key is not None
    service.key.failures = 2  # two wrong PINs by somebody with a copy
    certified.approve(pin=pin)
    [(prompt, opens)] = seen
    assert (prompt.left, prompt.fell, opens) == (3, True, opened + 1)


def test_five_wrong_pins_lock(certified: VirtualPhone, service: Counterpart, tmp_path: Path) -> None:
    certified.scan(service.ask(XML))
    for left in (4, 3, 2, 1):
        with pytest.raises(ProblemError) as refused:
            certified.approve(pin=WRONG)
        assert (refused.value.code, refused.value.left) == ("wrong_pin", left)
        key = state_of(tmp_path).key
        assert key is not None
        assert key.left == left
    with pytest.raises(ProblemError, match="pin_locked"):
        certified.approve(pin=WRONG)
    with pytest.raises(ProblemError, match="pin_locked"):
        certified.approve(pin=PIN)
    assert certified.status().left == 0


@pytest.mark.parametrize("pin", ["12345", "1234567", "12345a", "１２３４５６", " 12345", ""])
def test_malformed_pin_sends_nothing(certified: VirtualPhone, service: Counterpart, pin: str) -> None:
    certified.scan(service.ask(XML))
    calls = len(service.bodies)
    with pytest.raises(PhoneError, match="bad_pin_form"):
        certified.approve(pin=pin)
    assert len(service.bodies) == calls


def test_lost_open_is_repeated_with_the_same_rn_and_fresh_commitments(
    certified: VirtualPhone, service: Counterpart
) -> None:
    certified.scan(service.ask(XML))
    service.lose("/open", "answer", times=2)
    certified.approve(pin=PIN)
    bodies = [json.loads(body) for path, body in service.bodies if path.endswith("/open")][-3:]
    assert len({body["rn"] for body in bodies}) == 1
    assert len({body["items"][0]["c"] for body in bodies}) == 3


def test_late_open_costs_no_attempt_and_no_second_prompt(
    certified: VirtualPhone, service: Counterpart
) -> None:
    asked: list[PinPrompt] = []

    def pin(prompt: PinPrompt) -> str:
        asked.append(prompt)
        service.find_lost()  # it replaces the answered session over the same documents
        return PIN

    certified.scan(service.ask(XML))
    service.lose("/open", "request")
    before = len(service.bodies)
    certified.approve(pin=pin)
    paths = [path.rpartition("/")[2] for path, _ in service.bodies[before:]]
    assert paths == ["open", "open", "finish", "open", "finish"]
    opens = [json.loads(body) for path, body in service.bodies[before:] if path.endswith("/open")]
    assert len({body["items"][0]["c"] for body in opens}) == 3
    assert [prompt.left for prompt in asked] == [5]
    verify_signed(service)


@pytest.mark.parametrize("what", ["request", "answer"])
def test_a_lost_finish_is_resent_byte_for_byte(
    certified: VirtualPhone, service: Counterpart, what: str, pauses: list[float]
) -> None:
    certified.scan(service.ask(XML))
    service.lose("/finish", "answer" if what == "answer" else "request", times=3)
    before = len(service.bodies)
    certified.approve(pin=PIN)
    sent = {body for path, body in service.bodies[before:] if path.endswith("/finish")}
    assert len(sent) == 1
    assert pauses == [0.5, 1.0, 2.0]
    verify_signed(service)


def test_killed_phone_reuses_rn_and_is_no_clone(
    certified: VirtualPhone, service: Counterpart, open_phone: Open, tmp_path: Path
) -> None:
    certified.scan(service.ask(XML))
    service.lose("/finish", "answer", times=15)
    with pytest.raises(NetworkError):
        certified.approve(pin=PIN)
    key = state_of(tmp_path).key
    assert key is not None
    assert key.rn is not None
    with open_phone() as restarted:
        assert restarted.status().operation_unfinished
        approved = restarted.approve(pin=PIN)
        assert approved.recovered
        restarted.scan(service.ask(XML + b"2"))
        assert not restarted.approve(pin=PIN).recovered
    verify_signed(service)


def test_two_lost_answers_in_a_row_are_no_clone(
    certified: VirtualPhone, service: Counterpart, open_phone: Open
) -> None:
    for extra in (b"1", b"2"):
        with open_phone() as started:
            started.scan(service.ask(XML + extra))
            service.lose("/finish", "answer", times=15)
            with pytest.raises(NetworkError):
                started.approve(pin=PIN)
    certified.scan(service.ask(XML + b"3"))
    certified.approve(pin=PIN)
    verify_signed(service)


def test_used_copy_is_detected_at_its_first_open(
    certified: VirtualPhone, service: Counterpart, tmp_path: Path
) -> None:
    stolen = (tmp_path / "phone" / "state.json").read_bytes()
    certified.scan(service.ask(XML))
    certified.approve(pin=PIN)
    (tmp_path / "phone" / "state.json").write_bytes(stolen)
    certified.scan(service.ask(XML + b"2"))
    with pytest.raises(ProblemError, match="clone"):
        certified.approve(pin=PIN)


def test_a_replaced_session_is_opened_again_with_the_pin_in_memory(
    certified: VirtualPhone, service: Counterpart
) -> None:
    certified.scan(service.ask(XML))
    asked = 0

    def pin(_prompt: PinPrompt) -> str:
        nonlocal asked
        asked += 1
        assert service.key is not None
        service.key.session = None  # expired while the user typed
        return PIN

    certified.approve(pin=pin)
    assert asked == 1
    verify_signed(service)


def test_phone_waits_for_a_busy_key(
    certified: VirtualPhone, service: Counterpart, pauses: list[float]
) -> None:
    certified.scan(service.ask(XML))
    assert service.key is not None
    service.key.busy = 3
    certified.approve(pin=PIN)
    assert pauses == [1.0, 1.0, 1.0]


def add_newer_slot(tmp_path: Path, *, damaged: bool = False) -> None:
    """Adds a slot of the next epoch that the server doesn't know, as an interrupted refresh leaves it."""
    import msgspec

    state = state_of(tmp_path)
    assert state.key is not None
    newer = Slot.make(epoch=1, salt=bytes(16), rounds=1, blob=b"\x01" * 32, pin_set_at=0)
    if damaged:
        newer = msgspec.structs.replace(newer, blob=b"\x02" * 32)
    key = msgspec.structs.replace(state.key, slots=(newer, *state.key.slots))
    (tmp_path / "phone" / "state.json").write_bytes(msgspec.structs.replace(state, key=key).encode())


def test_stale_slot_is_replaced_by_the_older_and_deleted_later(
    certified: VirtualPhone, service: Counterpart, tmp_path: Path
) -> None:
    add_newer_slot(tmp_path)
    certified.scan(service.ask(XML))
    with pytest.raises(ProblemError, match="wrong_pin"):
        certified.approve(pin=WRONG)
    key = state_of(tmp_path).key
    assert key is not None
    assert [slot.epoch for slot in key.slots] == [1, 0]
    certified.approve(pin=PIN)
    key = state_of(tmp_path).key
    assert key is not None
    assert [slot.epoch for slot in key.slots] == [0]


def test_unknown_slots_are_reported_with_advice(
    certified: VirtualPhone, service: Counterpart, tmp_path: Path
) -> None:
    """The state after a restore of the service from a backup older than the last refresh."""
    add_newer_slot(tmp_path)
    assert service.key is not None
    service.key.epoch = 7
    certified.scan(service.ask(XML))
    for _ in range(2):
        with pytest.raises(PhoneError, match="epoch_unknown"):
            certified.approve(pin=PIN)
    assert (service.key.failures, service.count("/finish")) == (0, 1)  # the one of the application
    # Nothing is deleted: once the service is right again, the phone works again.
    service.key.epoch = 0
    assert certified.approve(pin=PIN).documents[0].signature is not None


def test_a_damaged_newer_slot_is_no_restore(
    certified: VirtualPhone, service: Counterpart, tmp_path: Path
) -> None:
    add_newer_slot(tmp_path, damaged=True)
    assert service.key is not None
    service.key.epoch = 1
    certified.scan(service.ask(XML))
    with pytest.raises(PhoneError, match="damaged_slot"):
        certified.approve(pin=PIN)
    assert service.key.failures == 0


def test_a_damaged_slot_spends_no_attempt(
    certified: VirtualPhone, service: Counterpart, tmp_path: Path
) -> None:
    import msgspec

    state = state_of(tmp_path)
    assert state.key is not None
    [slot] = state.key.slots
    damaged = msgspec.structs.replace(slot, blob=bytes([slot.blob[0] ^ 1]) + slot.blob[1:])
    key = msgspec.structs.replace(state.key, slots=(damaged,))
    (tmp_path / "phone" / "state.json").write_bytes(msgspec.structs.replace(state, key=key).encode())
    certified.scan(service.ask(XML))
    opens = service.count("/open")
    with pytest.raises(PhoneError, match="damaged_slot"):
        certified.approve(pin=PIN)
    assert service.count("/open") == opens
    assert service.key is not None
    assert service.key.failures == 0


def test_login_for_another_system_is_refused(certified: VirtualPhone, service: Counterpart) -> None:
    code = service.ask()

    def other_name(answer: Json) -> Json:
        answer["requester"]["domain"] = "evil.example"
        return answer

    service.falsify["/scans"] = other_name
    with pytest.raises(ProtocolError, match="bad_task"):
        certified.scan(code)


def test_protocol_message_is_never_signed_for_a_business_system(
    certified: VirtualPhone, service: Counterpart
) -> None:
    from mshield.gm.transcript import internal_message

    message = internal_message("refresh", uid=bytes(16), sid=bytes(16))
    with pytest.raises(ProtocolError, match="bad_task"):
        certified.scan(service.ask(message))


@pytest.mark.parametrize(
    "code", ["", "https://shield.test/other", "otpauth://totp/x?secret=y", "ftp://a/q/1?k=2"]
)
def test_foreign_code_is_not_sent(certified: VirtualPhone, service: Counterpart, code: str) -> None:
    with pytest.raises(PhoneError, match="bad_code"):
        certified.scan(code)
    assert service.count("/scans") == 0


def test_declining_sends_the_reason_and_drops_the_request(
    certified: VirtualPhone, service: Counterpart
) -> None:
    certified.scan(service.ask(XML))
    certified.decline(reason="not_me")
    [request] = service.requests.values()
    assert (request.state, request.reason) == ("declined", "not_me")
    with pytest.raises(PhoneError, match="nothing_scanned"):
        certified.approve(pin=PIN)
