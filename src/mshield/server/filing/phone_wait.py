"""Another filed number of a person who has a proven account or a shield: two people approve it, then it waits a day.

Meanwhile the number on file goes on to prove the person, and the new one proves nothing. The old number and the
person's accounts are notified; whoever they are proven for stops the change in the app, or calls customer service.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final, Literal

from mshield.server.acts.actor import SERVICE, By
from mshield.server.acts.rows import acts, approvals
from mshield.server.database.interface import Database, SealBroken, Tx
from mshield.server.errors import NotFound
from mshield.server.filing.origin import Origin
from mshield.server.filing.report import masked
from mshield.server.filing.rows import filing
from mshield.server.filing.rows import phone_changes as store
from mshield.server.filing.rows.phone_changes import FiledPhoneRow, ProvenAccount
from mshield.server.identity.rows import proofs
from mshield.server.notices.rows import notifications, push
from mshield.server.notices.rules.notices import NoticeKind
from mshield.server.notices.rules.push import NOTICE_LIFE_MS
from mshield.server.values.ids import require_id
from mshield.server.values.lines import checked_reason
from mshield.server.values.phone_change import NewPhoneChange
from mshield.wire.identity import Way
from mshield.wire.ids import new_id
from mshield.wire.times import DAY_MS, HOUR_MS

__all__ = ["FiledPhoneRow", "FiledPhoneWait"]

WAIT_MS: Final = DAY_MS
_BATCH: Final = 100
_TAIL: Final = 4
Why = Literal["holder", "customer_service", "overtaken"]
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Change that two people approved: record, old and new number (empty: none), and accounts to notify."""

    person_id: str
    old: str
    new: str
    accounts: Sequence[ProvenAccount]


async def begin_in(tx: Tx, wanted: Wanted, origin: Origin, *, line: int, by: By, now: int) -> None:
    """Begins the wait in the caller's transaction, in place of another number that waits, and tells the person.

    Nothing happens if the same number waits already.
    """
    waiting = await store.find_waiting(tx, person_id=wanted.person_id)
    if waiting is not None:
        if (waiting.old_phone, waiting.new_phone) == (wanted.old, wanted.new):
            return
        await _stop_in(tx, waiting, why="overtaken", by=by, now=now)
    details = {"line": line, **origin.details()}
    change = store.NewFiledPhone(
        id=new_id(now),
        person_id=wanted.person_id,
        account_id=wanted.accounts[0].id,
        approval_id=origin.approval_id,
        old_phone=wanted.old,
        new_phone=wanted.new,
        details=details,
        effective_at=now + WAIT_MS,
    )
    await store.insert(tx, change, now=now)
    recorded = {**_numbers(change), "effective_at": change.effective_at, **details}
    await acts.record(
        tx, by=by, act="filing.phone_waits", subject=wanted.person_id, details=recorded, now=now
    )
    kind = NoticeKind.FILED_PHONE_WAITS if wanted.new else NoticeKind.FILED_PHONE_ENDS
    words = {"hours": str(WAIT_MS // HOUR_MS)} | ({"tail": wanted.new[-_TAIL:]} if wanted.new else {})
    for account in wanted.accounts:
        await _notify(tx, kind, account.id, occasion=change.id, details=words, now=now)
    if wanted.old and wanted.old not in {account.phone for account in wanted.accounts}:
        await notifications.insert_for_number(
            tx,
            kind=kind.value,
            account_id=change.account_id,
            phone=wanted.old,
            occasion=f"{change.id}/old",
            details=words,
            next_at=now,
            now=now,
        )


async def overtake_in(tx: Tx, person_id: str, origin: Origin, *, line: int, by: By, now: int) -> None:
    """Stops the record's waiting change, because its number on file is listed again.

    A change that somebody wrote into stays as it is: it is never filed.
    """
    try:
        waiting = await store.find_waiting(tx, person_id=person_id)
        if waiting is not None:
            source = {"line": line, **origin.details()}
            await _stop_in(tx, waiting, why="overtaken", source=source, by=by, now=now)
    except SealBroken:
        _log.warning("a filed number that waits was written into: it is left as it is")


async def _stop_in(
    tx: Tx,
    change: FiledPhoneRow,
    *,
    why: Why,
    reason: str | None = None,
    source: Mapping[str, Any] = MappingProxyType({}),
    by: By,
    now: int,
) -> bool:
    if not await store.end(tx, change_id=change.id, state="stopped", now=now):
        return False
    details: dict[str, Any] = {**_numbers(change), "why": why, **source}
    if reason is not None:
        details["reason"] = reason
    await acts.record(tx, by=by, act="filing.stop_phone", subject=change.person_id, details=details, now=now)
    kind = NoticeKind.FILED_PHONE_STOPPED
    await _notify(tx, kind, change.account_id, occasion=f"{change.id}/stopped", details={}, now=now)
    return True


@dataclass(frozen=True, slots=True)
class FiledPhoneWait:
    """Shows and stops waiting changes, and files the numbers whose wait is over."""

    db: Database

    async def waiting(self, account_id: str, *, now: int) -> list[FiledPhoneRow]:
        """Returns what the holder of a proven account, or of a shield, can stop, the next first."""
        try:
            return await store.of_account(self.db, account_id=account_id, now=now)
        except SealBroken:
            _log.warning("a filed number that waits was written into: it is left as it is")
            return []

    async def of_people(self, people: Sequence[str]) -> dict[str, FiledPhoneRow]:
        """Returns the waiting changes of these records, by record."""
        found: dict[str, FiledPhoneRow] = {}
        for person_id in people:
            try:
                change = await store.find_waiting(self.db, person_id=person_id)
            except SealBroken:
                continue
            if change is not None:
                found[person_id] = change
        return found

    async def stop(self, account_id: str, *, now: int) -> None:
        """Stops all of an account's waiting changes for its holder. Raises: NotFound (none waits)."""
        by = By("user", account_id)

        async def work(tx: Tx) -> None:
            waiting = await store.of_account(tx, account_id=account_id, now=now)
            if not [await _stop_in(tx, change, why="holder", by=by, now=now) for change in waiting]:
                raise NotFound

        await self.db.write(work)

    async def stop_for_caller(self, person_id: str, *, reason: str, by: By, now: int) -> None:
        """Stops a record's waiting change at a caller's request. Raises: NotFound, InvalidRequest (no reason)."""
        checked = checked_reason(reason)
        require_id(person_id)

        async def work(tx: Tx) -> None:
            change = await store.find_waiting(tx, person_id=person_id)
            if change is None or not await _stop_in(
                tx, change, why="customer_service", reason=checked, by=by, now=now
            ):
                raise NotFound

        await self.db.write(work)

    async def __call__(self, *, now: int) -> int:
        """Files the numbers whose wait is over, each in its own transaction; returns how many changed."""
        changed, after = 0, ""
        while ids := await store.due(self.db, after=after, now=now, most=_BATCH):
            after = ids[-1]
            for change_id in ids:
                try:
                    changed += await self._finish(change_id, now=now)
                except SealBroken:
                    _log.warning("a filed number that waits, or its record, was written into: not filed")
        return changed

    async def _finish(self, change_id: str, *, now: int) -> bool:
        async def work(tx: Tx) -> bool:
            await filing.lock_imports(tx, now=now)
            change = await store.find(tx, change_id=change_id)
            if change is None or change.state != "waiting" or change.effective_at > now:
                return False
            if await store.was_rolled_back(tx, change):
                raise SealBroken(store.TABLE, change_id)
            person = await store.person_of(tx, person_id=change.person_id)
            if person is None or (person.phone or "") != change.old_phone or not await _approved(tx, change):
                await _stop_in(tx, change, why="overtaken", by=SERVICE, now=now)
                return False
            if not await store.end(tx, change_id=change_id, state="done", now=now):
                return False  # stopped since it was read
            new = change.new_phone or None
            await filing.change_people(tx, [(person, person.with_phone(new))], now=now)
            details = {**_numbers(change), **change.details}
            await acts.record(tx, by=SERVICE, act="filing.phone", subject=person.id, details=details, now=now)
            await end_proofs_by_number(tx, {person.id: new}, now=now)
            return True

        return await self.db.write(work)


async def _approved(tx: Tx, change: FiledPhoneRow) -> bool:
    if change.approval_id is None:
        return True
    approval = await approvals.find(tx, approval_id=change.approval_id)
    return approval is not None and approval.state == "approved"


def _numbers(change: NewPhoneChange) -> dict[str, str]:
    return {"old": masked("phone", change.old_phone), "new": masked("phone", change.new_phone)}


async def end_proofs_by_number(tx: Tx, phones: dict[str, str | None], *, now: int) -> None:
    """Ends proofs by the filed number for accounts whose number differs from the new one, with an act each.

    `phones` maps each record to its new number, None if it has none any more; call it after the records are
    updated. Accounts that already have the new number keep their proofs. The other accounts are notified,
    once per list, since this may lock them out of the portal.
    """
    for proof_id, person_id, account_id in await proofs.by_other_number(tx, phones):
        await proofs.end_one(tx, proof_id=proof_id, reason="phone_changed", now=now)
        details = {"reason": "phone_changed", "way": Way.FILED_PHONE.value, "people": [person_id]}
        await acts.record(tx, by=SERVICE, act="identity.end", subject=account_id, details=details, now=now)
        kind = NoticeKind.FILED_PHONE_DIFFERS
        await _notify(tx, kind, account_id, occasion=f"{account_id} {now}", details={}, now=now)


async def _notify(
    tx: Tx, kind: NoticeKind, account_id: str, *, occasion: str, details: dict[str, str], now: int
) -> None:
    notice_id = await notifications.insert(
        tx, kind=kind.value, account_id=account_id, occasion=occasion, details=details, now=now
    )
    if notice_id is not None:
        life = now + NOTICE_LIFE_MS
        await push.wake_account(tx, notice_id=notice_id, account_id=account_id, expires_at=life, now=now)
