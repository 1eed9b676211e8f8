"""Certificate holders who get notices, and an SMS gateway that records them."""

import asyncio
from dataclasses import dataclass, field

from mshield.server.database.interface import Database
from mshield.server.notices.external.sms import SmsError, SmsMessage, SmsRefused
from tests.support.clock import START
from tests.support.issuing import Ca, person
from tests.support.signing import fetch


@dataclass(slots=True)
class Gateway:
    """Gateway that accepts all messages, or refuses all."""

    taken: list[SmsMessage] = field(default_factory=list)
    refuses: bool = False
    error: SmsError = field(default_factory=lambda: SmsRefused("limit"))
    calls: int = 0
    called: asyncio.Event = field(default_factory=asyncio.Event)

    async def send(self, message: SmsMessage) -> None:
        self.calls += 1
        self.called.set()
        await asyncio.sleep(0)
        if self.refuses:
            raise self.error
        self.taken.append(message)

    def forget(self, phone: str, code: str) -> None:
        """No-op."""

    def told(self) -> list[tuple[str, str]]:
        """Returns recipient and purpose of each message."""
        return [(message.phone, message.purpose) for message in self.taken]


@dataclass(frozen=True, slots=True)
class Holder:
    """A certificate and its holder."""

    serial: str
    name: str
    phone: str
    account_id: str
    credit_code: str
    tail: str


async def holder_of(ca: Ca) -> Holder:
    """Creates a certificate with its holder."""
    new, _ = await person(ca.db, ca.keyring, ca.engine, now=START)
    row = await ca.issue.reserve(new, now=START)
    await ca.issue.issue(row.serial, now=START)
    # In these tests the account's phone number equals its id.
    return Holder(
        row.serial, new.common_name, new.account_id, new.account_id, new.credit_code, new.shield_number[-4:]
    )


async def notice_row(db: Database) -> dict[str, object]:
    """Returns the newest notice."""
    return await fetch(db, "SELECT state, attempts, next_at, last_error FROM notifications ORDER BY id DESC")
