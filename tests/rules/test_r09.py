"""The crash matrix of the PIN change (R9; protocol, "PIN change and refresh"), row by row, on both databases.

Phone and service are killed at each point. Afterwards one slot is in force, the app asks only for that slot's
PIN, only the attempts that the matrix names are counted, and everything works again.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import pytest

from mshield.client.errors import PhoneError, ProblemError
from mshield.testkit.demo.people import OPERATOR
from mshield.testkit.phone.pin import PinPrompt
from tests.support.clock import Clock
from tests.support.killed_database import RECORDED, RESERVED, Killed
from tests.support.killed_service import Fate, Mortal, killable_service, mortal_service, stored_key

NEW_PIN: Final = "739152"
PINS: Final = {"A": OPERATOR.pin, "B": NEW_PIN}
SlotName = Literal["A", "B"]


@dataclass(frozen=True)
class Row:
    """A row of the matrix: where phone or service stop, what each side then has, and what comes next.

    `fates` are those of the phone's calls during the change; the service dies after a statement in `dies`,
    once it has survived `skip` of them.
    """

    name: str
    fates: tuple[tuple[str, int, Fate], ...] = ()
    dies: frozenset[str] = frozenset()
    skip: int = 0
    killed: bool = True
    phone: str = "A"
    active: SlotName = "A"
    pending: bool = False
    in_force: SlotName = "A"
    counted: int = 0


ROWS: Final = (
    Row("open of A, before B is stored: app killed", fates=(("open", 1, "kill_after"),)),
    Row("open of A not arrived: app killed", fates=(("open", 1, "kill_before"),)),
    Row("B stored, finish not arrived: app killed", fates=(("finish", 1, "kill_before"),), phone="BA"),
    Row(
        "attempt reserved, service died: app alive",
        dies=RESERVED,
        killed=False,
        phone="B",
        active="B",
        in_force="B",
    ),
    Row(
        "attempt reserved, service died: app killed",
        fates=(("finish", 2, "kill_before"),),
        dies=RESERVED,
        phone="BA",
        counted=1,
    ),
    Row(
        "outcome recorded, service died: app alive",
        dies=RECORDED,
        killed=False,
        phone="B",
        active="B",
        in_force="B",
    ),
    Row(
        "outcome recorded, service died: app killed",
        fates=(("finish", 2, "kill_before"),),
        dies=RECORDED,
        phone="BA",
        pending=True,
        in_force="B",
    ),
    Row(
        "outcome recorded, answer lost: app alive",
        fates=(("finish", 1, "lose_after"),),
        killed=False,
        phone="B",
        active="B",
        in_force="B",
    ),
    Row(
        "outcome recorded, answer lost: app killed",
        fates=(("finish", 1, "kill_after"),),
        phone="BA",
        pending=True,
        in_force="B",
    ),
    Row(
        "answer stored: app killed",
        fates=(("tasks", 2, "kill_before"),),
        phone="BA",
        pending=True,
        in_force="B",
    ),
    Row(
        "open of B not arrived: app killed",
        fates=(("open", 2, "kill_before"),),
        phone="BA",
        pending=True,
        in_force="B",
    ),
    Row(
        "open of B, its answer lost: app killed",
        fates=(("open", 2, "kill_after"),),
        phone="BA",
        pending=True,
        in_force="B",
    ),
    Row(
        "finish of B not arrived: app killed",
        fates=(("finish", 2, "kill_before"),),
        phone="BA",
        pending=True,
        in_force="B",
    ),
    Row(
        "attempt with B reserved, service died: app alive",
        dies=RESERVED,
        skip=1,
        killed=False,
        phone="B",
        active="B",
        in_force="B",
    ),
    Row(
        "attempt with B reserved, service died: app killed",
        fates=(("finish", 3, "kill_before"),),
        dies=RESERVED,
        skip=1,
        phone="BA",
        pending=True,
        in_force="B",
        counted=1,
    ),
    Row(
        "B active, answer lost: app killed",
        fates=(("finish", 2, "kill_after"),),
        phone="BA",
        active="B",
        in_force="B",
    ),
    Row(
        "B active, service died: app killed",
        fates=(("finish", 3, "kill_before"),),
        dies=RECORDED,
        skip=1,
        phone="BA",
        active="B",
        in_force="B",
    ),
    Row("A deleted: done", killed=False, phone="B", active="B", in_force="B"),
)


service = killable_service()


class _User:
    """A user who knows both PINs, types the requested one and records which one it was."""

    def __init__(self, set_at: int) -> None:
        self.set_at = set_at
        self.asked: list[SlotName] = []
        self.left: list[int] = []

    def __call__(self, prompt: PinPrompt) -> str:
        self.asked.append("A" if prompt.pin_set_at == self.set_at else "B")
        self.left.append(prompt.left)
        return PINS[self.asked[-1]]


def _slots(folder: Path, set_at: int) -> str:
    return "".join("A" if slot.pin_set_at == set_at else "B" for slot in stored_key(folder).slots)


_KEYS: Final = "SELECT epoch, pending_epoch, failures, wrong_total FROM keys"


@pytest.mark.parametrize("row", ROWS, ids=[row.name for row in ROWS])
def test_r09_every_crash_leaves_one_slot_in_force(row: Row, service: Mortal, tmp_path: Path) -> None:
    folder = tmp_path / "phone"
    phone = service.enrolled(folder)
    (slot,) = stored_key(folder).slots
    service.clock.advance(seconds=3600)
    user = _User(slot.pin_set_at)

    service.plan(*row.fates)
    service.die_after(row.dies, skip=row.skip)
    if row.killed:
        with pytest.raises(Killed):
            phone.change_pin(user, NEW_PIN)
        phone = service.phone(folder)
    else:
        phone.change_pin(user, NEW_PIN)
    service.plan()

    assert _slots(folder, slot.pin_set_at) == row.phone
    key = service.fetch(_KEYS)
    assert (key["epoch"] == 0) is (row.active == "A")
    assert (key["pending_epoch"] is not None) is row.pending
    assert (key["failures"], key["wrong_total"]) == (row.counted, row.counted)

    # Next comes any signature: it asks for the right PIN at once, with the attempts that remain.
    service.clock.advance(seconds=31)  # a bound session of a crashed service stays busy for this long
    user = _User(slot.pin_set_at)
    phone.scan(service.qr())
    approved = phone.approve(pin=user)
    assert approved.documents[0].signature is not None
    assert user.asked == [row.in_force]
    assert user.left == [5 - row.counted]
    assert _slots(folder, slot.pin_set_at) == row.in_force
    key = service.fetch(_KEYS)
    assert key["pending_epoch"] is None
    assert (key["epoch"] == 0) is (row.in_force == "A")
    assert key["failures"] == 0
    # The unanswered attempt stays in the PIN's lifetime count until the PIN changes.
    assert key["wrong_total"] == (row.counted if row.pending is False or row.in_force == "A" else 0)


@pytest.mark.parametrize("row", [row for row in ROWS if row.killed], ids=lambda row: row.name)
def test_r09_the_change_repeated_ends_in_the_new_pin(row: Row, service: Mortal, tmp_path: Path) -> None:
    folder = tmp_path / "phone"
    phone = service.enrolled(folder)
    (slot,) = stored_key(folder).slots
    service.clock.advance(seconds=3600)
    service.plan(*row.fates)
    service.die_after(row.dies, skip=row.skip)
    with pytest.raises(Killed):
        phone.change_pin(OPERATOR.pin, NEW_PIN)
    service.plan()
    service.clock.advance(seconds=31)

    phone = service.phone(folder)
    done = phone.change_pin(OPERATOR.pin, NEW_PIN)
    assert done.recovered is (row.in_force == "B")
    assert _slots(folder, slot.pin_set_at) == "B"
    key = service.fetch(_KEYS)
    assert (key["pending_epoch"], key["failures"], key["wrong_total"]) == (None, 0, 0)
    phone.scan(service.qr())
    assert phone.approve(pin=NEW_PIN).documents[0].signature is not None


def test_r09_the_old_pin_is_wrong_from_then_on(service: Mortal, tmp_path: Path) -> None:
    phone = service.enrolled(tmp_path / "phone")
    phone.change_pin(OPERATOR.pin, NEW_PIN)
    phone.scan(service.qr())
    with pytest.raises(ProblemError) as refused:
        phone.approve(pin=OPERATOR.pin)
    assert (refused.value.code, refused.value.left) == ("wrong_pin", 4)
    assert phone.approve(pin=NEW_PIN).documents[0].signature is not None


def test_r09_a_wrong_old_pin_changes_nothing(service: Mortal, tmp_path: Path) -> None:
    folder = tmp_path / "phone"
    phone = service.enrolled(folder)
    slots = stored_key(folder).slots
    with pytest.raises(ProblemError) as refused:
        phone.change_pin("000000", NEW_PIN)
    assert (refused.value.code, refused.value.left) == ("wrong_pin", 4)
    assert stored_key(folder).slots == slots
    phone.scan(service.qr())
    assert phone.approve(pin=OPERATOR.pin).documents[0].signature is not None


def test_r09_the_new_pin_must_be_another(service: Mortal, tmp_path: Path) -> None:
    phone = service.enrolled(tmp_path / "phone")
    for old in (OPERATOR.pin, lambda _prompt: OPERATOR.pin):
        with pytest.raises(PhoneError) as refused:
            phone.change_pin(old, OPERATOR.pin)
        assert refused.value.code == "same_pin"
    assert service.fetch(_KEYS)["wrong_total"] == 0


def test_shares_are_renewed_silently_under_the_same_pin(
    database_url: str, tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "phone"
    with mortal_service(database_url, tmp_path, clock, monkeypatch, refresh_signatures=2) as service:
        phone = service.enrolled(folder)
        epochs, blobs = [], set()
        for number in range(6):
            phone.scan(service.qr(str(number)))
            phone.approve(pin=OPERATOR.pin)
            key = service.fetch(_KEYS)
            epochs.append((key["epoch"], key["pending_epoch"]))
            blobs |= {slot.blob for slot in stored_key(folder).slots}
        # The certificate's request counts too, so the second signature carries the first refresh.
        assert epochs == [(0, None), (0, 1), (1, None), (1, None), (1, 2), (2, None)]
        assert len(blobs) == 3
        assert service.fetch(_KEYS)["wrong_total"] == 0
