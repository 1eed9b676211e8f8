"""Log of every SMS that the service sends: recipient, time, purpose, and the gateway's result.

Neither texts nor codes ever reach the database. Numbers are stored masked, and as keyed hashes by which staff
find a person's messages on request.
"""

import logging
import time
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from mshield.server.database.interface import Database, StoreError
from mshield.server.keys.secrets import LookupKey
from mshield.server.notices.external.sms import SmsError, SmsGateway, SmsMessage
from mshield.server.notices.rows import sms_log as store
from mshield.server.notices.rules.sms_log import SmsLineMessage, SmsState
from mshield.server.values.names import check_phone, mask_phone
from mshield.wire.ids import NEWEST, first_id, new_id

_KIND: Final = "sms-log"
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class LoggedSms:
    """SMS gateway that logs each message."""

    db: Database
    lookup: LookupKey
    gateway: SmsGateway

    async def send(self, message: SmsMessage) -> None:
        """Logs the message durably before sending it. Raises: SmsError."""
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
        """Forwards to the gateway; the log itself keeps no code."""
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
    ) -> list[SmsLineMessage]:
        """Returns the newest messages: to `phone`, or to any of `numbers` or numbers that end in the four digits `end`.

        Raises: InvalidPhone.
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

    async def _end(self, message_id: str, state: SmsState, reason: str | None, start: float) -> None:
        took_ms = round((time.perf_counter() - start) * 1000)
        try:
            await store.end(self.db, id=message_id, state=state, reason=reason, took_ms=took_ms)
        except StoreError as error:  # The message is sent anyway.
            _log.warning("the outcome of an SMS could not be recorded: %s", type(error).__name__)

    def _hash(self, phone: str) -> bytes:
        return hash_of_phone(self.lookup, phone)


def hash_of_phone(lookup: LookupKey, phone: str) -> bytes:
    """Returns the keyed hash under which the log stores a number."""
    return lookup.lookup_hash(_KIND, phone)


async def purge(db: Database, *, before: int) -> int:
    """Deletes messages sent before `before` (ms). Returns their number."""
    return await store.purge(db, before=first_id(before))
