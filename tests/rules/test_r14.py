"""R14: the legal representative holds, lifts and revokes by shield number; a table says which step is allowed when."""

import asyncio
import datetime as dt
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any, get_args

import pytest

from mshield.server.acts.actor import Actor, By
from mshield.server.certificates.rows.certificates import NewCertificate
from mshield.server.certificates.rows.changes import change, history
from mshield.server.certificates.rules.states import (
    CertificateEvent,
    CertificateState,
    Standing,
    format_holds,
    parse_holds,
)
from mshield.server.database.interface import Database, Tx
from mshield.server.errors import DomainError, Forbidden, NotFound
from mshield.server.keys.keyring import Keyring
from mshield.server.legal_person.act import ManageShields
from mshield.server.legal_person.lists import ManagedLists
from mshield.server.legal_person.session import LegalPerson, ManagedEnterprise
from mshield.testkit.demo.people import LEGAL_PERSON
from tests.support.application import Application
from tests.support.assertions import assert_refused
from tests.support.cases import cases
from tests.support.certificate_life import LIFE, standings, what_follows
from tests.support.clock import Clock
from tests.support.issuing import Ca, make_ca
from tests.support.portal import FOREIGN, OWN, Browser, certified
from tests.support.seals import seal_all
from tests.support.signing import fetch, tamper

NUMBER = "MS10720468813"
OTHERS = "MS20720468814"
UNKNOWN = "MS99999999999"


# ---- the table, applied through the only function that changes a certificate ----


@pytest.fixture
async def ca(db: Database, keyring: Keyring, clock: Clock) -> Ca:
    return await make_ca(db, keyring, now=clock())


@pytest.mark.parametrize("event", list(CertificateEvent))
async def test_r14_every_step_is_allowed_or_refused_as_the_table_says(
    db: Database, ca: Ca, clock: Clock, event: CertificateEvent
) -> None:
    serial = f"{(await ca.certify(now=clock())).serial:040x}"
    actors: tuple[Actor, ...] = get_args(Actor)
    who = [actor for actor in actors if actor in LIFE[event.value].who]
    others = [actor for actor in actors if actor not in who]
    for standing in standings():
        follows = what_follows(standing, event)
        tried: list[tuple[Actor, Standing | type[DomainError]]] = [(kind, follows) for kind in who]
        if isinstance(follows, Standing):  # allowed, but not for these actors
            tried += [(kind, Forbidden) for kind in others]
        for kind, then in tried:
            await _set(db, serial, standing)
            await _try(db, serial, event, kind, then, now=clock())


async def _try(
    db: Database,
    serial: str,
    event: CertificateEvent,
    kind: Actor,
    follows: Standing | type[DomainError],
    *,
    now: int,
) -> None:
    standing, before = await _stored(db, serial), len(await history(db, serial=serial))
    by = By(kind, None if kind == "service" else "their account")

    async def work(tx: Tx) -> Standing:
        return await change(tx, serial=serial, event=event, by=by, reason="因测试", now=now)

    if not isinstance(follows, Standing):
        with pytest.raises(follows):
            await db.write(work)
        assert await _stored(db, serial) == standing
        assert len(await history(db, serial=serial)) == before
        return
    assert await db.write(work) == follows
    assert await _stored(db, serial) == follows
    rows = await history(db, serial=serial)
    assert len(rows) == before + 1
    last = rows[-1]
    assert (last.event, last.actor, last.actor_id, last.reason) == (event.value, by.kind, by.id, "因测试")
    assert (last.state, last.holds) == (follows.state.value, format_holds(follows.holds))


async def _set(db: Database, serial: str, standing: Standing) -> None:
    await tamper(
        db,
        "UPDATE certificates SET state = $1, holds = $2 WHERE serial = $3",
        standing.state.value,
        format_holds(standing.holds),
        serial,
    )
    await seal_all(db)  # without an event: what follows is judged by the row alone


async def _stored(db: Database, serial: str) -> Standing:
    row = await fetch(db, "SELECT state, holds FROM certificates WHERE serial = $1", serial)
    return Standing(CertificateState(str(row["state"])), parse_holds(str(row["holds"])))


# ---- the same at the portal ----


@pytest.fixture
async def browser(application: Application) -> AsyncIterator[Browser]:
    """The legal representative's logged-in browser; their enterprise has one shield, another enterprise has one too."""
    await application.registered(LEGAL_PERSON)
    browser = Browser.of(application)
    await browser.log_in()
    await certified(application.context, NUMBER)
    await certified(application.context, OTHERS, credit_code=FOREIGN)
    yield browser
    await browser.http.aclose()


def _short(outcomes: list[dict[str, Any]]) -> list[tuple[str, str | None, list[str]]]:
    return [(each["outcome"], each["state"], each["holds"]) for each in outcomes]


async def test_r14_loss_and_freeze_are_independent_holds(browser: Browser) -> None:
    assert _short(await browser.act("report_loss", NUMBER)) == [("changed", "active", ["lost"])]
    assert _short(await browser.act("freeze", NUMBER)) == [("changed", "active", ["lost", "frozen"])]
    assert _short(await browser.act("lift_loss", NUMBER)) == [("changed", "active", ["frozen"])]
    assert _short(await browser.act("report_loss", NUMBER)) == [("changed", "active", ["lost", "frozen"])]
    assert _short(await browser.act("unfreeze", NUMBER)) == [("changed", "active", ["lost"])]
    assert _short(await browser.act("lift_loss", NUMBER)) == [("changed", "active", [])]


async def test_r14_each_act_stands_in_the_history_with_reason_actor_and_time(browser: Browser) -> None:
    clock = browser.application.clock
    await browser.act("report_loss", NUMBER)
    lost_at = clock()
    assert (await browser.revoke(NUMBER)).status_code == 200
    shown = await browser.shield("ms 107 2046 8813")
    assert shown["shield"]["state"] == "revoked"
    events = [
        (each["event"], each["actor"], each["actor_name"], each["reason"], each["at"])
        for each in shown["events"][1:]
    ]
    assert events == [
        ("report_loss", "legal_person", LEGAL_PERSON.name, "手机遗失", lost_at),
        ("revoke", "legal_person", LEGAL_PERSON.name, "员工离职", clock()),
    ]
    row = await fetch(
        browser.application.context.db,
        "SELECT revocation_reason FROM certificates WHERE shield_number = $1",
        NUMBER,
    )
    assert row["revocation_reason"] == 3, "affiliationChanged, as the list will say"


@pytest.mark.parametrize("act", ["report_loss", "lift_loss", "freeze", "unfreeze"])
async def test_r14_a_repeat_changes_nothing_and_is_no_error(browser: Browser, act: str) -> None:
    if act in {"lift_loss", "unfreeze"}:
        await browser.act("report_loss" if act == "lift_loss" else "freeze", NUMBER)
    first, second = await browser.act(act, NUMBER), await browser.act(act, NUMBER)
    assert [first[0]["outcome"], second[0]["outcome"]] == ["changed", "unchanged"]
    assert first[0]["holds"] == second[0]["holds"]
    events = [each["event"] for each in (await browser.shield(NUMBER))["events"]]
    assert events.count(act) == 1


async def test_r14_revocation_is_permanent(browser: Browser) -> None:
    for expected in ("changed", "unchanged"):
        items = (await browser.revoke(NUMBER)).json()["items"]
        assert _short(items) == [(expected, "revoked", [])]
    for act in ("report_loss", "lift_loss", "freeze", "unfreeze"):
        (refused,) = await browser.act(act, NUMBER)
        assert (refused["outcome"], refused["state"]) == ("refused", "revoked")
        assert refused["refusal"]["code"] == "shield_ended"


async def test_r14_one_that_is_refused_keeps_none_of_the_others_from_being_held(browser: Browser) -> None:
    await certified(browser.application.context, "MS10720468899")
    await browser.revoke(NUMBER)
    outcomes = await browser.act("report_loss", NUMBER, UNKNOWN, "MS10720468899")
    assert [each["outcome"] for each in outcomes] == ["refused", "refused", "changed"]


async def test_r14_batches_at_once_hold_each_shield_once(browser: Browser) -> None:
    numbers = [NUMBER] + [f"MS1072046880{number}" for number in range(5)]
    for number in numbers[1:]:
        await certified(browser.application.context, number)
    # In opposite orders, to check that the two batches don't deadlock.
    batches = await asyncio.gather(
        *(browser.act("report_loss", *(numbers if turn % 2 else numbers[::-1])) for turn in range(6))
    )
    assert all(each["outcome"] != "refused" for batch in batches for each in batch)
    for number in numbers:
        events = [each["event"] for each in (await browser.shield(number))["events"]]
        assert events.count("report_loss") == 1


async def test_r14_what_a_renewal_has_made_ready_is_revoked_with_the_shield(browser: Browser) -> None:
    context = browser.application.context
    number = "MS10720468877"
    first = await certified(context, number)
    renewed = NewCertificate(
        **{name: getattr(first, name) for name in NewCertificate.__dataclass_fields__}
        | {"request_sid": b"renewal of first"}
    )
    second = await context.certificates.own.local.issue.reserve(renewed, now=context.clock())
    assert _short(await browser.act("freeze", number)) == [("changed", "active", ["frozen"])]
    shown = await browser.shield(number)
    assert shown["shield"]["serial"] == first.serial
    assert [(each["serial"], each["state"]) for each in shown["earlier"]] == [(second.serial, "issued")]
    await browser.revoke(number)
    shown = await browser.shield(number)
    assert {each["state"] for each in (shown["shield"], *shown["earlier"])} == {"revoked"}


async def test_r14_revoking_needs_a_fresh_code_for_each_batch(browser: Browser) -> None:
    await certified(browser.application.context, "MS10720468899")
    wrong = await browser.revoke(NUMBER, code="000000")
    assert_refused(wrong, "sms_code_wrong")
    assert (await browser.shield(NUMBER))["shield"]["state"] == "active"
    code = await browser.revocation_code()
    batch = await browser.revoke(NUMBER, "MS10720468899", code=code)
    assert [each["outcome"] for each in batch.json()["items"]] == ["changed", "changed"]
    assert_refused(await browser.revoke(NUMBER, code=code), "sms_code_expired")
    # The SMS code of a login doesn't authorise a revocation, and doesn't delay the code for one.
    assert (await browser.begin()).status_code == 201
    assert_refused(
        await browser.revoke(NUMBER, code=await browser.application.sms_code("portal")), "sms_code_expired"
    )


@cases("reason", ["", " \n ", "a\u0000b", "长" * 201])
async def test_r14_an_act_needs_a_reason(browser: Browser, reason: str) -> None:
    document = {"act": "freeze", "shield_numbers": [NUMBER], "reason": reason}
    answer = await browser.send("POST", f"/enterprises/{OWN}/acts", document)
    assert answer.status_code in {400, 422}
    assert (await browser.shield(NUMBER))["shield"]["holds"] == []


async def test_r14_another_enterprises_shield_answers_like_an_unknown_number(browser: Browser) -> None:
    for act in ("report_loss", "lift_loss", "freeze", "unfreeze"):
        (foreign,), (unknown,) = await browser.act(act, OTHERS), await browser.act(act, UNKNOWN)
        assert {**foreign, "shield_number": ""} == {**unknown, "shield_number": ""}
        assert foreign["refusal"]["code"] == "not_found"
    foreign, unknown = (await browser.revoke(OTHERS, UNKNOWN)).json()["items"]
    assert {**foreign, "shield_number": ""} == {**unknown, "shield_number": ""}
    answers = [await browser.get(f"/enterprises/{OWN}/shields/{number}") for number in (OTHERS, UNKNOWN)]
    assert [each.status_code for each in answers] == [404, 404]
    assert {**answers[0].json(), "request_id": ""} == {**answers[1].json(), "request_id": ""}
    row = await fetch(
        browser.application.context.db,
        "SELECT state, holds FROM certificates WHERE shield_number = $1",
        OTHERS,
    )
    assert (row["state"], row["holds"]) == ("active", "")


class _Watched:
    """A database wrapper that records each statement and the number of rows it returned."""

    def __init__(self, db: Any) -> None:
        self._db = db
        self.seen: list[tuple[str, int]] = []

    def __getattr__(self, name: str) -> Any:
        if name not in {"one", "all", "run"}:
            return getattr(self._db, name)

        async def call(query: Any, **values: object) -> Any:
            found = await getattr(self._db, name)(query, **values)
            self.seen.append((query.name, len(found) if isinstance(found, list) else -1))
            return found

        return call

    async def write(self, work: Any) -> Any:
        async def watched(tx: Tx) -> Any:
            inner = _Watched(tx)
            try:
                return await work(inner)
            finally:
                self.seen += inner.seen

        return await self._db.write(watched)


async def test_r14_statements_do_not_reveal_another_enterprises_shield(browser: Browser) -> None:
    """Both run the same statements, which affect the same number of rows."""
    context = browser.application.context
    person = LegalPerson(
        account_id="a", name="", phone=LEGAL_PERSON.phone, id_number_hash=b"", token_hash=b"", expires_at=0
    )
    seen = []
    for number in (OTHERS, UNKNOWN, NUMBER):
        db: Any = _Watched(context.db)
        manage, look_up = (
            ManageShields(db, context.legal_person.shields.prove),
            ManagedLists(
                db,
                context.keyring,
                context.lookup,
                context.identity.proofs,
                replace(context.identity.of_people, db=db),
                dt.UTC,
            ),
        )
        enterprise = ManagedEnterprise(OWN, "")
        try:
            await look_up.shield(enterprise, number)
        except NotFound:
            db.seen.append(("not found", 0))
        await manage.act(
            person, enterprise, CertificateEvent.LIFT_LOSS, [number], reason="因测试", now=context.clock()
        )
        seen.append(db.seen)
    assert seen[0] == seen[1]
    assert seen[1] != seen[2]
