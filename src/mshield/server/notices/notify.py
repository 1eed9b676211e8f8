"""Notifies people by SMS of events of their account and shields (docs/notifications.md).

A notice is a row, inserted in the transaction of its event; a job sends it later. It is retried for a day
until the provider accepts it. If it is unknown whether the provider accepted it, because it didn't answer or
this process died, there are at most three attempts.
"""

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from mshield.server.acts.actor import SERVICE
from mshield.server.certificates.rules.states import ACCOUNT_CLOSED, CA_REVOKED, CertificateEvent
from mshield.server.database.interface import Database, Tx
from mshield.server.notices.external.sms import SmsError, SmsGateway, SmsMessage, SmsUnanswered
from mshield.server.notices.external.sms_account import NO_TEMPLATE
from mshield.server.notices.rows import notifications as store
from mshield.server.notices.rows import push as pushes
from mshield.server.notices.rows.notifications import DueNotice, UnnotifiedEvent
from mshield.server.notices.rules.notices import (
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
from mshield.server.notices.rules.push import NOTICE_LIFE_MS, PUSHED_WITHIN_MS
from mshield.server.settings.settings import Settings
from mshield.wire.identity import ROLE_NAMES, Role

_BATCH: Final = 100
_SIGNATURES: Final[Mapping[Language, str]] = {"zh": "【手机盾】", "en": "[Mobile Shield] "}
_log = logging.getLogger(__name__)


async def notify_account(
    tx: Tx,
    kind: NoticeKind,
    *,
    account_id: str,
    occasion: str,
    details: Mapping[str, str] | None = None,
    now: int,
) -> bool:
    """Inserts a notice to an account in the caller's transaction. Returns False if this occasion already has one.

    It also wakes the account's phones, unless it replaces a push that wasn't delivered.
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


async def notify_number(
    tx: Tx, kind: NoticeKind, *, account_id: str, phone: str, occasion: str, next_at: int, now: int
) -> str:
    """Inserts a notice to a number that the account no longer has. The job sends it from `next_at` (ms) on.

    Returns its id, for sending it earlier with `Notify.send_now`.
    """
    return await store.insert_for_number(
        tx, kind=kind.value, account_id=account_id, phone=phone, occasion=occasion, next_at=next_at, now=now
    )


@dataclass(frozen=True, slots=True)
class Notify:
    """Creates notices of certificate events, and sends due notices."""

    db: Database
    settings: Settings
    gateway: SmsGateway

    async def __call__(self, *, now: int) -> int:
        """Does both. Returns the number of messages sent."""
        await self.compose(now=now)
        return await self.send_due(now=now)

    async def compose(self, *, now: int) -> int:
        """Creates the notices of all new certificate events. Returns the number of events."""
        count = 0
        while (batch := await self.db.write(lambda tx: self._compose(tx, now=now))) > 0:
            count += batch
        return count

    async def _compose(self, tx: Tx, *, now: int) -> int:
        events = await store.unnotified_events(tx, most=_BATCH)
        for event in events:
            if await store.mark_notified(tx, event_id=event.id, now=now):
                await self._notify_of(tx, event, now=now)
        return len(events)

    async def _notify_of(self, tx: Tx, event: UnnotifiedEvent, *, now: int) -> None:
        kind = _kind_of(event)
        if kind is None:
            return
        details = {"tail": tail(event.shield_number)}
        await notify_account(
            tx, kind, account_id=event.account_id, occasion=event.id, details=details, now=now
        )
        language = self.settings.sms.language
        if (reason := reason_of(kind, language)) is not None:
            notice, more = NoticeKind.NEEDS_REVOCATION, {"reason": reason}
        elif kind is NoticeKind.DISOWNED:
            notice, more = NoticeKind.SHIELD_DISOWNED, {}
        elif kind is NoticeKind.NEW_CERTIFICATE and not event.renews:
            role = ROLE_NAMES[Role(event.role)][language == "en"]
            notice, more = NoticeKind.CERTIFICATE_ISSUED, {"holder": event.holder, "role": role}
        elif (act := staff_act_of(kind, language)) is not None:
            notice, more = NoticeKind.STAFF_ACTED, {"act": act}
        else:
            return
        for account_id in await store.legal_persons(tx, credit_code=event.credit_code, now=now):
            if account_id != event.account_id:
                await notify_account(
                    tx,
                    notice,
                    account_id=account_id,
                    occasion=event.id,
                    details=details | more,
                    now=now,
                )

    async def send_due(self, *, now: int) -> int:
        """Sends due notices one after the other. Returns the number accepted by the gateway."""
        sent = 0
        while notices := await store.due(self.db, now=now, most=_BATCH):
            for notice in notices:
                # Shield the attempt from cancellation: if cut off between sending and recording, it would be
                # sent again.
                attempt = asyncio.ensure_future(self._attempt(notice, now=now))
                try:
                    sent += await asyncio.shield(attempt)
                except asyncio.CancelledError:
                    await asyncio.wait({attempt})
                    raise
        return sent

    async def send_now(self, kind: NoticeKind, phone: str, notice_id: str, *, now: int) -> None:
        """Sends a notice without parameters before the job does. Raises: SmsError (the job then retries)."""
        language = self.settings.sms.language
        sentence = _SIGNATURES[language] + text(kind, {}, language)
        await self.gateway.send(SmsMessage(phone=phone, text=sentence, code="", purpose=kind.value, at=now))
        await store.end_by_id(self.db, notice_id=notice_id, state="sent", error=None, now=now)

    async def _attempt(self, notice: DueNotice, *, now: int) -> bool:
        if notice.unanswered >= MOST_UNANSWERED:  # The process died during the last attempt.
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
        """Reports whether a push has delivered the notice or still may, for kinds configured as push first."""
        if notice.attempts or notice.kind not in self.settings.push.first or not self.settings.push.enabled:
            return False
        taken, waiting = await pushes.count_accepted(self.db, notice_id=notice.id)
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
        _log.info("notice %s (%s) will be retried later: %s", notice.id, notice.kind, why)

    async def _give_up(self, notice: DueNotice, why: str, *, now: int) -> None:
        await store.end(self.db, notice, state="given_up", error=why, now=now)
        _log.warning("notice %s (%s) is given up: %s", notice.id, notice.kind, why)

    def _message(self, notice: DueNotice, *, now: int) -> SmsMessage:
        kind, language = NoticeKind(notice.kind), self.settings.sms.language
        return SmsMessage(
            phone=notice.phone,
            text=_SIGNATURES[language] + text(kind, notice.details, language),
            code="",
            purpose=kind.value,
            parameters=tuple((name, notice.details[name]) for name in WORDINGS[kind].parameters),
            at=now,
        )


def _kind_of(event: UnnotifiedEvent) -> NoticeKind | None:
    # Revoking a shield during its renewal ends two certificates, of which the holder knows only one.
    if not event.was_in_force:
        return None
    kind = OF_EVENT.get(CertificateEvent(event.event))
    # Check the actor as well, since a legal person may enter the same word as a reason.
    by_service = event.actor == SERVICE.kind
    if kind is NoticeKind.REVOKED and by_service and event.reason == ACCOUNT_CLOSED:
        return None  # Its owner closed the account and gets a notice about that.
    if kind is NoticeKind.REVOKED and by_service and event.reason == CA_REVOKED:
        return NoticeKind.CA_REVOKED
    if kind is NoticeKind.LOST and event.actor == "user":
        return NoticeKind.DISOWNED
    if kind is NoticeKind.REVOKED and event.actor == "staff":
        return NoticeKind.REVOKED_BY_STAFF
    return kind
