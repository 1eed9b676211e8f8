"""Clone detection by the one-time value: both the phone and its copy stop; lost answers and kills are no copy.

Uses the real application and virtual phones. In the model-based test Hypothesis chooses the order of events.
"""

import shutil
import sqlite3
from pathlib import Path
from typing import Any, Final, get_args

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from mshield.client.errors import NetworkError, PhoneError, ProblemError
from mshield.pki.certificates.certificate import parse_certificate_pem
from mshield.testkit.demo.people import OPERATOR
from mshield.testkit.phone import VirtualPhone
from mshield.testkit.phone.pin import PinPrompt
from mshield.testkit.phone.state import KeyState
from tests.support.clock import START, Clock
from tests.support.killed_database import RECORDED, RESERVED, Killed
from tests.support.killed_service import (
    Fate,
    Mortal,
    killable_service,
    mortal_service,
    running_on,
    stored_key,
    stored_state,
)

_HOLDS: Final = "SELECT state, holds FROM certificates"
_IN_FORCE: Final = """
SELECT count(CASE WHEN state = 'active' THEN 1 END) AS in_force, count(CASE WHEN holds <> '' THEN 1 END) AS held
FROM certificates
"""


service = killable_service()


def _sign(service: Mortal, phone: VirtualPhone) -> None:
    phone.scan(service.qr())
    assert phone.approve(pin=OPERATOR.pin).documents[0].signature is not None


def _refusal(service: Mortal, phone: VirtualPhone) -> str:
    with pytest.raises(ProblemError) as refused:
        _sign(service, phone)
    return refused.value.code


def _copy(service: Mortal, folder: Path) -> VirtualPhone:
    return service.phone(Path(shutil.copytree(folder, folder.with_name("copy"))))


def test_copy_is_detected_after_the_owners_next_success_and_both_stop(
    service: Mortal, tmp_path: Path
) -> None:
    owner = service.enrolled(tmp_path / "phone")
    thief = _copy(service, tmp_path / "phone")
    _sign(service, owner)
    assert _refusal(service, thief) == "clone"
    assert service.fetch(_HOLDS) == {"state": "active", "holds": "clone"}
    assert _refusal(service, owner) == "held"
    assert _refusal(service, thief) == "held"


def test_copy_that_signed_first_is_detected_at_the_owners_next_call(service: Mortal, tmp_path: Path) -> None:
    owner = service.enrolled(tmp_path / "phone")
    thief = _copy(service, tmp_path / "phone")
    _sign(service, thief)
    assert _refusal(service, owner) == "clone"
    assert _refusal(service, thief) == "held"


def test_a_copy_taken_in_the_middle_passes_until_the_owners_next_open_at_most(
    service: Mortal, tmp_path: Path
) -> None:
    owner = service.enrolled(tmp_path / "phone")
    service.plan(("finish", 1, "kill_after"))
    with pytest.raises(Killed):
        _sign(service, owner)
    service.plan()
    thief, owner = _copy(service, tmp_path / "phone"), service.phone(tmp_path / "phone")
    _sign(service, thief)
    _sign(service, owner)
    assert _refusal(service, thief) == "clone"
    assert _refusal(service, owner) == "held"


def test_a_copy_costs_no_attempt(service: Mortal, tmp_path: Path) -> None:
    owner = service.enrolled(tmp_path / "phone")
    thief = _copy(service, tmp_path / "phone")
    _sign(service, owner)
    assert _refusal(service, thief) == "clone"
    row = service.fetch("SELECT failures, wrong_total FROM keys")
    assert (row["failures"], row["wrong_total"]) == (0, 0)


def test_a_copy_does_not_survive_a_pin_change(service: Mortal, tmp_path: Path) -> None:
    owner = service.enrolled(tmp_path / "phone")
    thief = _copy(service, tmp_path / "phone")
    owner.change_pin(OPERATOR.pin, "739152")
    assert _refusal(service, thief) == "clone"


# ---- lost answers and kills in any order ----


@pytest.fixture(scope="module")
def enrolled_once(
    sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Any, str, str]:
    """Returns a folder with a database, keys and an enrolled phone, to be copied.

    Also returns the settings and the business system's id and secret.
    """
    folder = tmp_path_factory.mktemp("enrolled")
    url = f"sqlite:///{shutil.copy(sqlite_template, folder / 'mshield.db')}"
    due = {"certificate_days": 100, "sms_resend_seconds": 0, "sms_codes_per_day": 1000}
    with pytest.MonkeyPatch.context() as patch, mortal_service(url, folder, Clock(), patch, **due) as service:
        service.enrolled(folder / "phone").close()
        return folder, service.settings, service.client_id, service.client_secret


def _fates(*calls: str, times: int) -> st.SearchStrategy[tuple[tuple[str, int, Fate], ...]]:
    """Draws up to three (call, n, fate): what happens to the n-th call of that name, n from 1 to `times`."""
    fate: st.SearchStrategy[Fate] = st.sampled_from(get_args(Fate))
    return st.lists(st.tuples(st.sampled_from(calls), st.integers(1, times), fate), max_size=3).map(tuple)


class _Phone(RuleBasedStateMachine):
    """State machine of one phone without a copy: whatever is lost or killed, it is never taken for a copy.

    `pins` maps the time a PIN was set to the PIN: the user types the one that the prompt asks for. An
    interrupted renewal is resumed or given up later, or never. `left` is the number of tries left after the
    last step; it is read once per step because Hypothesis evaluates the preconditions of all rules before
    each step.
    """

    template: tuple[Path, Any, str, str]
    work: Path

    def __init__(self) -> None:
        super().__init__()
        self.patch = pytest.MonkeyPatch()
        self.folder = self.work / "run"
        shutil.rmtree(self.folder, ignore_errors=True)

    @initialize(renewal_key=st.sampled_from(["new", "same"]))
    def start(self, renewal_key: str) -> None:
        source, made, client_id, secret = self.template
        shutil.copytree(source, self.folder)
        self.clock = Clock(START + 3_600_000)
        changed = made.changed(
            database=f"sqlite:///{self.folder / 'mshield.db'}",
            master_key_file=self.folder / "master.key",
            high_water_folder=self.folder / "high-water",
            refresh_signatures=3,
            renewal_key=renewal_key,
            sms_codes_per_address=1000,
            pin_rules=(),  # the model's PINs are numbers in order
        )
        self.running = running_on(changed, client_id, secret, self.clock, self.patch)
        self.service = self.running.__enter__()
        self.reader = sqlite3.connect(self.folder / "mshield.db")
        self.phone = self.service.phone(self.folder / "phone")
        (slot,) = stored_key(self.folder / "phone").slots
        self.pins = {slot.pin_set_at: OPERATOR.pin}
        self.typed = OPERATOR.pin
        self.number = 0

    def teardown(self) -> None:
        if hasattr(self, "service"):
            self.reader.close()
            self.running.__exit__(None, None, None)
        self.patch.undo()

    def _holds_the_certificate_in_force(self) -> None:
        state = stored_state(self.folder / "phone")
        assert state.pending is None
        assert state.key is not None
        assert state.key.certificate is not None
        held = parse_certificate_pem(state.key.certificate.pem).serial
        (serial,) = self._fetch("SELECT serial FROM certificates WHERE state = 'active'")
        assert held == int(serial, 16)

    def _pin(self, prompt: PinPrompt) -> str:
        self.typed = self.pins[prompt.pin_set_at]
        return self.typed

    def _keys(self) -> list[KeyState]:
        state = stored_state(self.folder / "phone")
        return [key for key in (state.key, state.pending) if key is not None]

    def _left(self) -> int:
        """Returns the tries left at the phone's most-failed key, the new key of a pending renewal included."""
        named = ",".join(f"x'{key.uid.hex()}'" for key in self._keys())
        (most,) = self._fetch(f"SELECT max(failures) FROM keys WHERE uid IN ({named})")  # noqa: S608  # hex of our own keys
        return 5 - int(most)

    def _fetch(self, sql: str) -> tuple[Any, ...]:
        """Returns the first row over a connection of its own: works while the service is dead, and is faster."""
        row: tuple[Any, ...] = self.reader.execute(sql).fetchone()
        return row

    def _tried(
        self,
        work: Any,
        fates: tuple[tuple[str, int, Fate], ...],
        deadly: frozenset[str],
        *,
        refusal: str | None = None,
    ) -> None:
        """Runs a step whose calls may be lost or killed, or kill the service; allows only the error code `refusal`."""
        self.service.plan(*fates)
        self.service.die_after(deadly)
        try:
            work()
        except Killed:
            self.phone = self.service.phone(self.folder / "phone")
        except NetworkError:
            pass
        except (PhoneError, ProblemError) as refused:
            if refused.code != refusal:
                raise
        self.service.plan()
        if self.service.db.dead:
            self.service.restart()
        self.service.die_after(frozenset())
        self.clock.advance(seconds=31)  # a session that a dead service left bound is busy for 30 s

    _deaths = st.sampled_from([frozenset(), RESERVED, RECORDED])

    @rule(fates=_fates("open", "finish", times=3), deadly=_deaths)
    @precondition(lambda self: self.left > 2)
    def sign(self, fates: tuple[tuple[str, int, Fate], ...], deadly: frozenset[str]) -> None:
        self.number += 1
        self.phone.scan(self.service.qr(str(self.number)))
        self._tried(lambda: self.phone.approve(pin=self._pin), fates, deadly)

    @rule(fates=_fates("open", "finish", times=3), deadly=_deaths)
    @precondition(lambda self: self.left > 2)
    def change_pin(self, fates: tuple[tuple[str, int, Fate], ...], deadly: frozenset[str]) -> None:
        self.number += 1
        new = f"{self.number:06d}"
        before = self.clock()
        self.pins |= {before + moved: new for moved in range(0, 120_000, 250)}
        self._tried(
            lambda: self.phone.change_pin(self._pin, new), fates, deadly, refusal="renewal_unfinished"
        )
        self.clock.advance(seconds=120)

    @rule(
        fates=_fates("renewals", "key", "current", "open", "finish", "certificate", times=4), deadly=_deaths
    )
    @precondition(lambda self: self.left > 2)
    def renew(self, fates: tuple[tuple[str, int, Fate], ...], deadly: frozenset[str]) -> None:
        self._tried(self._renew, fates, deadly)
        for slot in (slot for key in self._keys() for slot in key.slots):
            self.pins.setdefault(slot.pin_set_at, self.typed)  # a new key is under the PIN that was typed
        if not fates and not deadly:
            self._holds_the_certificate_in_force()

    def _renew(self) -> None:
        try:
            self.phone.resume_renewal(self._pin)
        except PhoneError as none:
            assert none.code == "no_renewal"  # noqa: PT017  # what the user is told leads to the data page
            self.phone.request_sms_code("renew")
            self.phone.renew(
                name=OPERATOR.name,
                id_number=OPERATOR.id_number,
                user_type="operator",
                credit_code=OPERATOR.credit_code,
                sms_code=self.service.code("renew"),
                pin=self._pin,
            )

    @rule()
    def give_up_the_renewal(self) -> None:
        try:
            self.phone.give_up_renewal()
        except PhoneError as over:
            if over.code not in {"no_renewal", "renewed_already"}:
                raise

    @rule()
    @precondition(lambda self: self.left > 2)
    def wrong_pin(self) -> None:
        self.phone.scan(self.service.qr("wrong"))
        with pytest.raises(ProblemError) as refused:
            self.phone.approve(pin="999999")
        assert refused.value.code == "wrong_pin"

    @rule()
    def success(self) -> None:
        self.number += 1
        self.phone.scan(self.service.qr(str(self.number)))
        approved = self.phone.approve(pin=self._pin)
        assert approved.documents[0].signature is not None or approved.recovered
        assert self._left() == 5

    @invariant()
    def never_taken_for_a_copy(self) -> None:
        assert self._fetch(_IN_FORCE) == (1, 0)
        self.left = self._left()


def _explore(template: tuple[Path, Any, str, str], work: Path, *, examples: int) -> None:
    run_state_machine_as_test(
        type("Machine", (_Phone,), {"template": template, "work": work}),
        settings=settings(
            max_examples=examples,
            stateful_step_count=20,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_lost_answers_and_kills_in_any_order_are_no_copy(
    enrolled_once: tuple[Path, Any, str, str], tmp_path: Path
) -> None:
    _explore(enrolled_once, tmp_path, examples=12)


def test_phone_scans_by_the_new_key_after_it_missed_the_last_answer_of_a_renewal(
    enrolled_once: tuple[Path, Any, str, str], tmp_path: Path
) -> None:
    """The app was ended before it fetched the certificate that the service had put in force."""
    phone = type("Machine", (_Phone,), {"template": enrolled_once, "work": tmp_path})()
    phone.start(renewal_key="new")
    phone.renew(deadly=frozenset(), fates=(("certificate", 2, "kill_before"),))
    phone.success()
    phone._holds_the_certificate_in_force()
    phone.teardown()


@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.long
def test_many_orders_of_lost_answers_and_kills(
    enrolled_once: tuple[Path, Any, str, str], tmp_path: Path
) -> None:
    _explore(enrolled_once, tmp_path, examples=120)
