"""An operator asks their legal person about a shield (请法人办理): a loss, a revocation, a lift, the filing.

The legal person is told by SMS, sees it in the portal and acts by their usual acts: an ask changes nothing by itself.
"Done" is answered only where it is done; what was done without an answer counts as one. The operator is told.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final, Literal

from mshield.domain import errors
from mshield.domain.actor import By
from mshield.domain.certificates import shield
from mshield.domain.certificates.states import CertificateState, Hold, parse_holds
from mshield.domain.ids import new_id
from mshield.domain.lines import MAX_REASON, checked_reason
from mshield.domain.notices import NoticeKind, tail
from mshield.domain.proofs import REQUEST_MS
from mshield.services.identity import daily
from mshield.services.notices.notify import tell
from mshield.store.database.interface import Conflict, Database, Tx
from mshield.store.identity import requests
from mshield.store.legal_person import asks as store
from mshield.store.legal_person.asks import AskRow
from mshield.store.staff import acts

__all__ = ["MAX_NOTE", "Answer", "AskLegalPerson", "AskRow", "Kind"]

ASK: Final = "shield.ask"
ANSWER: Final = "shield.answer"
MAX_NOTE: Final = MAX_REASON
MOST_A_DAY: Final = 5
_SCOPE: Final = "shield_ask"
_LIFTED: Final = frozenset({Hold.LOST, Hold.FROZEN})
"""Holds that a legal person can lift."""

Answer = Literal["done", "refused"]


class Kind(StrEnum):
    """Which act on their shield an operator asks for."""

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
"""As the legal person is told by SMS, in Chinese."""


@dataclass(frozen=True, slots=True)
class AskLegalPerson:
    """Asks, and takes the answer."""

    db: Database

    async def ask(self, account_id: str, kind: Kind, number: str, *, note: str, now: int) -> None:
        """Asks about one of the account's shields; its enterprise's legal persons are told.

        Raises NotFound for another's shield, ShieldEnded for one that has ended, NothingToAsk where it is reported lost
        already or isn't held by what they can lift, NoLegalPerson where nobody could answer, Conflict while the same
        waits, TooManyRequests beyond five a day, InvalidRequest for a note that is no line.
        """
        said = "" if note == "" else checked_reason(note)
        parsed = shield.parse_number(number)
        if parsed is None:
            raise errors.NotFound

        async def work(tx: Tx) -> None:
            credit_code = await self._askable(tx, account_id, kind, parsed)
            answering = await requests.legal_persons(tx, credit_code=credit_code, now=now)
            if not answering:
                raise errors.NoLegalPerson
            await daily.count(tx, scope=_SCOPE, subject=account_id, most=MOST_A_DAY, now=now)
            asked = store.NewAsk(
                id=new_id(now),
                account_id=account_id,
                credit_code=credit_code,
                shield_number=parsed,
                kind=kind.value,
                note=said,
                asked_at=now,
                expires_at=now + REQUEST_MS,
            )
            await store.insert(tx, asked)
            by, details = By("user", account_id), {"kind": kind.value, "ask": asked.id}
            await acts.record(tx, by=by, act=ASK, subject=parsed, details=details, now=now)
            words = {"tail": tail(parsed), "what": WORDS[kind]}
            for one in answering:
                await tell(
                    tx, NoticeKind.SHIELD_ASKED, account_id=one, occasion=asked.id, details=words, now=now
                )

        await store.settle(self.db, account_id=account_id, now=now)
        try:
            await self.db.write(work)
        except Conflict as error:
            raise errors.Conflict from error

    async def withdraw(self, account_id: str, ask_id: str, *, now: int) -> None:
        """Takes it back. Raises NotFound."""
        if not await self.db.write(
            lambda tx: store.withdraw(tx, ask_id=ask_id, account_id=account_id, now=now)
        ):
            raise errors.NotFound

    async def of_account(self, account_id: str, *, limit: int, now: int) -> list[AskRow]:
        """What an account has asked, the newest first."""
        await store.settle(self.db, account_id=account_id, now=now)
        return await store.of_account(self.db, account_id=account_id, page_size=limit)

    async def page(self, credit_code: str, *, state: str, before: str, limit: int, now: int) -> list[AskRow]:
        """What an enterprise's legal persons are asked, the newest first; an empty state stands for all."""
        await store.settle(self.db, credit_code=credit_code, now=now)
        return await store.of_enterprise(
            self.db, credit_code=credit_code, state=state, before=before, page_size=limit
        )

    async def counts(self, credit_code: str) -> dict[str, int]:
        """How many there are in each state."""
        return await store.counts(self.db, credit_code=credit_code)

    async def answer(
        self, ask_id: str, answer: Answer, *, credit_code: str, reason: str, by: By, now: int
    ) -> None:
        """The legal person's answer; a refusal has a reason. The operator is told.

        Raises NotFound for another enterprise's, RequestClosed for one that is over, AskNotDone where `done` isn't,
        InvalidRequest for a refusal without a reason.
        """
        said = checked_reason(reason) if answer == "refused" or reason else None

        async def work(tx: Tx) -> None:
            asked = await store.find(tx, ask_id=ask_id, credit_code=credit_code)
            if asked is None:
                raise errors.NotFound
            if answer == "done" and not await self._is_done(tx, asked):
                raise errors.AskNotDone
            assert by.id is not None  # noqa: S101  # a legal person has an account
            if not await store.end(tx, ask_id=ask_id, state=answer, by=by.id, reason=said, now=now):
                raise errors.RequestClosed
            details = {"ask": ask_id, "kind": asked.kind, "answer": answer, "reason": said}
            await acts.record(tx, by=by, act=ANSWER, subject=asked.shield_number, details=details, now=now)
            await tell(
                tx,
                NoticeKind.SHIELD_ANSWERED,
                account_id=asked.account_id,
                occasion=ask_id,
                details={"tail": tail(asked.shield_number)},
                now=now,
            )

        await self.db.write(work)

    async def _askable(self, tx: Tx, account_id: str, kind: Kind, number: str) -> str:
        """The enterprise whose legal person can do it."""
        standing = await store.own_shield(tx, account_id=account_id, shield_number=number)
        if not standing:
            raise errors.NotFound
        if kind is Kind.REPORT_LOSS and _is_lost(standing):
            raise errors.NothingToAsk
        if kind is Kind.LIFT and not any(parse_holds(one.holds) & _LIFTED for one in standing):
            raise errors.NothingToAsk
        if kind is Kind.RENEW and all(one.state != CertificateState.ACTIVE for one in standing):
            raise errors.NothingToAsk
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
