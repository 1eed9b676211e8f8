"""Operators' requests to their legal person about a shield (请法人办理): loss, revocation, lift, check of the filing.

The legal person is notified by SMS, sees the request in the portal, and performs the usual act there: a
request changes nothing by itself. The answer "done" is accepted only after the act, and the act without an
answer is treated as this answer. The operator is notified.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from mshield.server import errors as server_errors
from mshield.server.acts.actor import By
from mshield.server.acts.rows import acts
from mshield.server.certificates.rules.states import CertificateState, Hold, parse_holds
from mshield.server.database.interface import Conflict, Database, Tx
from mshield.server.errors import NotFound
from mshield.server.identity import daily
from mshield.server.identity.errors import AskNotDone, NoLegalPerson, NothingToAsk
from mshield.server.identity.rows import requests
from mshield.server.identity.rules import REQUEST_MS
from mshield.server.legal_person.rows import asks as store
from mshield.server.legal_person.rows.asks import AskRow
from mshield.server.notices.notify import notify_account
from mshield.server.notices.rules.notices import NoticeKind, tail
from mshield.server.requests.errors import RequestClosed
from mshield.server.values.lines import MAX_REASON, checked_reason
from mshield.wire import shield_number
from mshield.wire.ids import new_id
from mshield.wire.portal import AskAnswer

__all__ = ["MAX_NOTE", "AskLegalPerson", "AskRow", "Kind"]

ASK: Final = "shield.ask"
ANSWER: Final = "shield.answer"
MAX_NOTE: Final = MAX_REASON
MOST_A_DAY: Final = 5
_SCOPE: Final = "shield_ask"
_LIFTED: Final = frozenset({Hold.LOST, Hold.FROZEN})
"""Holds that a legal person can lift."""


class Kind(StrEnum):
    """Act that an operator requests for their shield."""

    REPORT_LOSS = "report_loss"
    REVOKE = "revoke"
    LIFT = "lift"
    RENEW = "renew"


WORDS: Final[Mapping[Kind, str]] = MappingProxyType(
    {
        Kind.REPORT_LOSS: "挂失",
        Kind.REVOKE: "作废",
        Kind.LIFT: "解除停用",
        Kind.RENEW: "核对备案以便更新",
    }
)
"""Chinese words for the SMS to the legal person."""


@dataclass(frozen=True, slots=True)
class AskLegalPerson:
    """Stores requests and processes the answers."""

    db: Database

    async def ask(self, account_id: str, kind: Kind, number: str, *, note: str, now: int) -> None:
        """Makes a request about one of the account's shields, and notifies its enterprise's legal persons.

        Raises: NotFound (not a shield of the account), ShieldEnded, NothingToAsk (reported lost already, or
        no hold that they can lift), NoLegalPerson (nobody could answer), Conflict (the same request is
        waiting), TooManyRequests (more than five a day), InvalidRequest (malformed note).
        """
        text = "" if note == "" else checked_reason(note)
        parsed = shield_number.parse_number(number)
        if parsed is None:
            raise NotFound

        async def work(tx: Tx) -> None:
            credit_code = await self._askable(tx, account_id, kind, parsed)
            legal_persons = await requests.legal_persons(tx, credit_code=credit_code, now=now)
            if not legal_persons:
                raise NoLegalPerson
            await daily.count(tx, scope=_SCOPE, subject=account_id, most=MOST_A_DAY, now=now)
            request = store.NewAsk(
                id=new_id(now),
                account_id=account_id,
                credit_code=credit_code,
                shield_number=parsed,
                kind=kind.value,
                note=text,
                asked_at=now,
                expires_at=now + REQUEST_MS,
            )
            await store.insert(tx, request)
            by, details = By("user", account_id), {"kind": kind.value, "ask": request.id}
            await acts.record(tx, by=by, act=ASK, subject=parsed, details=details, now=now)
            words = {"tail": tail(parsed), "what": WORDS[kind]}
            for one in legal_persons:
                await notify_account(
                    tx, NoticeKind.SHIELD_ASKED, account_id=one, occasion=request.id, details=words, now=now
                )

        await store.settle(self.db, account_id=account_id, now=now)
        try:
            await self.db.write(work)
        except Conflict as error:
            raise server_errors.Conflict from error

    async def withdraw(self, account_id: str, ask_id: str, *, now: int) -> None:
        """Withdraws the request. Raises: NotFound."""
        if not await self.db.write(
            lambda tx: store.withdraw(tx, ask_id=ask_id, account_id=account_id, now=now)
        ):
            raise NotFound

    async def of_account(self, account_id: str, *, limit: int, now: int) -> list[AskRow]:
        """Returns the account's requests, newest first."""
        await store.settle(self.db, account_id=account_id, now=now)
        return await store.of_account(self.db, account_id=account_id, page_size=limit)

    async def page(self, credit_code: str, *, state: str, before: str, limit: int, now: int) -> list[AskRow]:
        """Returns requests to an enterprise's legal persons, newest first; an empty `state` means all."""
        await store.settle(self.db, credit_code=credit_code, now=now)
        return await store.of_enterprise(
            self.db, credit_code=credit_code, state=state, before=before, page_size=limit
        )

    async def counts(self, credit_code: str) -> dict[str, int]:
        """Returns the number of requests in each state."""
        return await store.counts(self.db, credit_code=credit_code)

    async def answer(
        self, ask_id: str, answer: AskAnswer, *, credit_code: str, reason: str, by: By, now: int
    ) -> None:
        """Records the legal person's answer, and notifies the operator; a refusal needs a reason.

        Raises: NotFound (also for another enterprise's request), RequestClosed, AskNotDone (`done` before the
        act), InvalidRequest (refusal without a reason).
        """
        text = checked_reason(reason) if answer == "refused" or reason else None

        async def work(tx: Tx) -> None:
            request = await store.find(tx, ask_id=ask_id, credit_code=credit_code)
            if request is None:
                raise NotFound
            if answer == "done" and not await self._is_done(tx, request):
                raise AskNotDone
            assert by.id is not None  # noqa: S101  # a legal person has an account
            if not await store.end(tx, ask_id=ask_id, state=answer, by=by.id, reason=text, now=now):
                raise RequestClosed
            details = {"ask": ask_id, "kind": request.kind, "answer": answer, "reason": text}
            await acts.record(tx, by=by, act=ANSWER, subject=request.shield_number, details=details, now=now)
            await notify_account(
                tx,
                NoticeKind.SHIELD_ANSWERED,
                account_id=request.account_id,
                occasion=ask_id,
                details={"tail": tail(request.shield_number)},
                now=now,
            )

        await self.db.write(work)

    async def _askable(self, tx: Tx, account_id: str, kind: Kind, number: str) -> str:
        """Returns the credit code of the enterprise whose legal person can act on the shield.

        Raises: NotFound (not a shield of the account), NothingToAsk (the act would change nothing).
        """
        standing = await store.own_shield(tx, account_id=account_id, shield_number=number)
        if not standing:
            raise NotFound
        if kind is Kind.REPORT_LOSS and _is_lost(standing):
            raise NothingToAsk
        if kind is Kind.LIFT and not any(parse_holds(one.holds) & _LIFTED for one in standing):
            raise NothingToAsk
        if kind is Kind.RENEW and all(one.state != CertificateState.ACTIVE for one in standing):
            raise NothingToAsk
        return standing[0].credit_code

    async def _is_done(self, tx: Tx, asked: AskRow) -> bool:
        standing = await store.own_shield(tx, account_id=asked.account_id, shield_number=asked.shield_number)
        if asked.kind == Kind.REVOKE:
            return not standing
        if asked.kind == Kind.REPORT_LOSS:
            return _is_lost(standing)
        if asked.kind == Kind.LIFT:
            return not any(parse_holds(one.holds) & _LIFTED for one in standing)
        return True


def _is_lost(standing: Sequence[store.OwnShield]) -> bool:
    return all(Hold.LOST in parse_holds(one.holds) for one in standing)
