"""Every SMS that leaves the service passes here: what was sent to whom, when, and what the gateway answered is noted.

Its text is not: neither it nor a code ever reaches the database. Numbers stand masked, and as keyed hashes by which
staff find the messages of somebody who asks.
"""

import logging
import time
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from mshield.domain.identity import check_phone, mask_phone
from mshield.domain.ids import NEWEST, first_id, new_id
from mshield.gateways.sms import SmsError, SmsGateway, SmsMessage
from mshield.keys.secrets import LookupKey
from mshield.store.database.interface import Database, StoreError
from mshield.store.notices import sms_log as store
from mshield.store.notices.sms_log import SmsRow

__all__ = ["LoggedSms", "SmsRow"]

_KIND: Final = "sms-log"
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class LoggedSms:
    """A gateway that notes what passes."""

    db: Database
    lookup: LookupKey
    gateway: SmsGateway

    async def send(self, message: SmsMessage) -> None:
        """Noted durably before it is handed over. Raises SmsError."""
        message_id = new_id(message.at)
        await store.insert(
            self.db,
            id=message_id,
            phone_hash=self._hash(message.phone),
            phone_masked=mask_phone(message.phone),
            purpose=message.purpose,
            with_code=bool(message.code),
            now=message.at,
        )
        start = time.perf_counter()
        try:
            await self.gateway.send(message)
        except SmsError as error:
            await self._end(message_id, "failed", error.reason, start)
            raise
        await self._end(message_id, "sent", None, start)

    def forget(self, phone: str, code: str) -> None:
        """As the gateway does: nothing is kept of it here."""
        self.gateway.forget(phone, code)

    async def page(
        self,
        *,
        phone: str | None = None,
        numbers: Collection[str] | None = None,
        end: str | None = None,
        state: str | None,
        purpose: str | None,
        before: str | None,
        most: int,
    ) -> list[SmsRow]:
        """The newest messages: to one number, or to any of `numbers` and any whose last four digits are `end`.

        Raises InvalidPhone.
        """
        to: store.SentTo | None = None
        if phone is not None:
            to = store.SentTo(phone_hashes=[self._hash(check_phone(phone))])
        elif numbers is not None or end is not None:
            to = store.SentTo(phone_hashes=[self._hash(number) for number in numbers or ()], end=end)
        return await store.page(
            self.db,
            before=before or NEWEST,
            sent_to=to,
            state=state,
            purpose=purpose,
            most=most,
        )

    async def _end(self, message_id: str, state: store.SmsState, reason: str | None, start: float) -> None:
        took_ms = round((time.perf_counter() - start) * 1000)
        try:
            await store.end(self.db, id=message_id, state=state, reason=reason, took_ms=took_ms)
        except StoreError as error:  # the message is on its way, whatever the log says
            _log.warning("the outcome of an SMS could not be noted: %s", type(error).__name__)

    def _hash(self, phone: str) -> bytes:
        return hash_of_phone(self.lookup, phone)


def hash_of_phone(lookup: LookupKey, phone: str) -> bytes:
    """By which the log knows a number."""
    return lookup.lookup_hash(_KIND, phone)


async def purge(db: Database, *, before: int) -> int:
    """Deletes what was sent before (ms); gives the number of messages."""
    return await store.purge(db, before=first_id(before))
