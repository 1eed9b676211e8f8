"""Telling people by SMS what happened to their account and their shields (docs/notifications.md).

A notice is a row, made in a transaction; sending comes after, by a job. It is handed over until the provider has taken
it, for a day. Where nobody can know whether it has, three times at most: it was silent, or this process died.
"""

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from mshield.domain.actor import SERVICE
from mshield.domain.certificates.states import ACCOUNT_CLOSED, CA_REVOKED, CertificateEvent
from mshield.domain.notices import (
    GIVE_UP_MS,
    MOST_UNANSWERED,
    OF_EVENT,
    WORDINGS,
    Language,
    NoticeKind,
    reason_of,
    silent_ms,
    staff_act_of,
    tail,
    text,
    wait_ms,
)
from mshield.domain.push.push import NOTICE_LIFE_MS, PUSHED_WITHIN_MS
from mshield.gateways.sms import SmsError, SmsGateway, SmsMessage, SmsUnanswered
from mshield.gateways.sms_account import NO_TEMPLATE
from mshield.settings import Settings
from mshield.store.database.interface import Database, Tx
from mshield.store.notices import notifications as store
from mshield.store.notices import push as pushes
from mshield.store.notices.notifications import DueNotice, UntoldEvent

"""How long a notice that has ended is kept for whoever asks what was sent."""

_BATCH: Final = 100
_SIGNATURES: Final[Mapping[Language, str]] = {"zh": "【手机盾】", "en": "[Mobile Shield] "}
_log = logging.getLogger(__name__)


async def tell(
    tx: Tx,
    kind: NoticeKind,
    *,
    account_id: str,
    occasion: str,
    details: Mapping[str, str] | None = None,
    now: int,
) -> bool:
    """Makes a notice to an account, in the transaction of what it tells; False where this occasion has one already.

    It wakes the account's phones too, unless it stands for a push that did not arrive.
    """
    notice_id = await store.insert(
        tx, kind=kind.value, account_id=account_id, occasion=occasion, details=details or {}, now=now
    )
    if notice_id is None:
        return False
    if kind is not NoticeKind.REQUEST_WAITING:
        life = now + NOTICE_LIFE_MS
        await pushes.wake_account(tx, notice_id=notice_id, account_id=account_id, expires_at=life, now=now)
    return True


async def tell_number(
    tx: Tx, kind: NoticeKind, *, account_id: str, phone: str, occasion: str, next_at: int, now: int
) -> str:
    """Makes a notice to this number, which the account no longer has; the job sends it from `next_at` (ms) on.

    Gives its id, by which `Notify.send_now` sends it before that.
    """
    return await store.insert_for_number(
        tx, kind=kind.value, account_id=account_id, phone=phone, occasion=occasion, next_at=next_at, now=now
    )


@dataclass(frozen=True, slots=True)
class Notify:
    """Makes notices of certificates' events, and sends what waits."""

    db: Database
    settings: Settings
    gateway: SmsGateway

    async def __call__(self, *, now: int) -> int:
        """Both; gives the number of messages that were sent."""
        await self.compose(now=now)
        return await self.send_due(now=now)

    async def compose(self, *, now: int) -> int:
        """Makes a notice of each event of which nobody was told; gives the number of events."""
        count = 0
        while (batch := await self.db.write(lambda tx: self._compose(tx, now=now))) > 0:
            count += batch
        return count

    async def _compose(self, tx: Tx, *, now: int) -> int:
        events = await store.untold_events(tx, most=_BATCH)
        for event in events:
            if await store.mark_told(tx, event_id=event.id, now=now):
                await self._tell_of(tx, event, now=now)
        return len(events)

    async def _tell_of(self, tx: Tx, event: UntoldEvent, *, now: int) -> None:
        kind = _kind_of(event)
        if kind is None:
            return
        details = {"tail": tail(event.shield_number)}
        await tell(tx, kind, account_id=event.account_id, occasion=event.id, details=details, now=now)
        language = self.settings.sms_language
        if (reason := reason_of(kind, language)) is not None:
            notice, more = NoticeKind.NEEDS_REVOCATION, {"reason": reason}
        elif kind is NoticeKind.DISOWNED:
            notice, more = NoticeKind.SHIELD_DISOWNED, {}
        elif kind is NoticeKind.NEW_CERTIFICATE and not event.renews:
            notice, more = NoticeKind.CERTIFICATE_ISSUED, {}
        elif (act := staff_act_of(kind, language)) is not None:
            notice, more = NoticeKind.STAFF_ACTED, {"act": act}
        else:
            return
        for account_id in await store.legal_persons(tx, credit_code=event.credit_code, now=now):
            if account_id != event.account_id:
                await tell(
                    tx,
                    notice,
                    account_id=account_id,
                    occasion=event.id,
                    details=details | more,
                    now=now,
                )

    async def send_due(self, *, now: int) -> int:
        """Sends the notices that are due, one after the other; gives the number of those that the gateway took."""
        sent = 0
        while notices := await store.due(self.db, now=now, most=_BATCH):
            for notice in notices:
                # Cut short between sending and recording it would be sent again.
                attempt = asyncio.ensure_future(self._attempt(notice, now=now))
                try:
                    sent += await asyncio.shield(attempt)
                except asyncio.CancelledError:
                    await asyncio.wait({attempt})
                    raise
        return sent

    async def send_now(self, kind: NoticeKind, phone: str, notice_id: str, *, now: int) -> None:
        """Sends a notice without parameters to a number before the job does. Raises SmsError: the job tries again."""
        language = self.settings.sms_language
        sentence = _SIGNATURES[language] + text(kind, {}, language)
        await self.gateway.send(SmsMessage(phone=phone, text=sentence, code="", purpose=kind.value, at=now))
        await store.end_by_id(self.db, notice_id=notice_id, state="sent", error=None, now=now)

    async def _attempt(self, notice: DueNotice, *, now: int) -> bool:
        if notice.unanswered >= MOST_UNANSWERED:  # this process died at the last one
            await self._give_up(notice, "unanswered", now=now)
            return False
        if await self._goes_by_push(notice, now=now):
            return False
        attempts = notice.attempts + 1
        if not await store.begin_attempt(self.db, notice, next_at=now + wait_ms(attempts)):
            return False
        try:
            await self.gateway.send(self._message(notice, now=now))
        except SmsError as error:
            await self._failed(notice, error, now=now)
            return False
        await store.end(self.db, notice, state="sent", error=None, now=now)
        return True

    async def _goes_by_push(self, notice: DueNotice, *, now: int) -> bool:
        """Whether a push has told it, or may yet: of the kinds for which the operator lets that do."""
        if notice.attempts or notice.kind not in self.settings.push_first or not self.settings.push:
            return False
        taken, waiting = await pushes.how_taken(self.db, notice_id=notice.id)
        until = notice.created_at + PUSHED_WITHIN_MS
        if taken:
            await store.end(self.db, notice, state="sent", error="pushed", now=now)
        elif waiting and now < until:
            await store.put_off(self.db, notice, next_at=until)
        return bool(taken or (waiting and now < until))

    async def _failed(self, notice: DueNotice, error: SmsError, *, now: int) -> None:
        why, unanswered = error.reason, notice.unanswered + 1
        is_silent = isinstance(error, SmsUnanswered)
        if (
            why == NO_TEMPLATE
            or now - notice.created_at >= GIVE_UP_MS
            or (is_silent and unanswered >= MOST_UNANSWERED)
        ):
            await self._give_up(notice, why, now=now)
            return
        if is_silent:
            await store.note_silence(self.db, notice, error=why, next_at=now + silent_ms(unanswered))
        else:
            await store.note_refusal(self.db, notice, error=why)
        _log.info("notice %s (%s) is tried again later: %s", notice.id, notice.kind, why)

    async def _give_up(self, notice: DueNotice, why: str, *, now: int) -> None:
        await store.end(self.db, notice, state="given_up", error=why, now=now)
        _log.warning("notice %s (%s) is given up: %s", notice.id, notice.kind, why)

    def _message(self, notice: DueNotice, *, now: int) -> SmsMessage:
        kind, language = NoticeKind(notice.kind), self.settings.sms_language
        return SmsMessage(
            phone=notice.phone,
            text=_SIGNATURES[language] + text(kind, notice.details, language),
            code="",
            purpose=kind.value,
            parameters=tuple((name, notice.details[name]) for name in WORDINGS[kind].parameters),
            at=now,
        )


def _kind_of(event: UntoldEvent) -> NoticeKind | None:
    # Revoking a shield in the middle of its renewal ends two certificates; its holder knows of one.
    if not event.was_in_force:
        return None
    kind = OF_EVENT.get(CertificateEvent(event.event))
    # By the service, and cured by applying anew. A legal person may write the same word as a reason.
    by_service = event.actor == SERVICE.kind
    if kind is NoticeKind.REVOKED and by_service and event.reason == ACCOUNT_CLOSED:
        return None  # its owner did it, and is told of the account
    if kind is NoticeKind.REVOKED and by_service and event.reason == CA_REVOKED:
        return NoticeKind.CA_REVOKED
    if kind is NoticeKind.LOST and event.actor == "user":
        return NoticeKind.DISOWNED
    if kind is NoticeKind.REVOKED and event.actor == "staff":
        return NoticeKind.REVOKED_BY_STAFF
    return kind
