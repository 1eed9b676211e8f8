"""Customer service that changes phone numbers (R18) on a database, and the codes that people tell it."""

from dataclasses import dataclass
from typing import Final

from mshield.server.accounts.change_phone import ChangePhone, PhoneChanged, Which
from mshield.server.acts.actor import By
from mshield.server.database.interface import Database
from mshield.server.identity.proofs import Proofs
from mshield.server.notices.external.sms import DevelopmentSms, SmsError, SmsGateway, SmsMessage
from mshield.server.notices.notify import Notify
from mshield.server.settings.settings import Settings
from tests.support.clock import START
from tests.support.registration_office import ADDRESS, Office

EVIDENCE: Final = "营业执照与身份证原件，工单 2026-1124"
BY: Final = By("staff", "the clerk")


class UnreachableSms(DevelopmentSms):
    """Gateway that fails for every message."""

    async def send(self, message: SmsMessage) -> None:
        raise SmsError(message.purpose)


@dataclass(frozen=True, slots=True)
class Desk:
    """A member of customer service, and the person on the phone who tells the codes."""

    change: ChangePhone
    sms: DevelopmentSms

    @classmethod
    def on(cls, db: Database, office: Office, *, notices: SmsGateway | None = None) -> "Desk":
        """Creates a desk whose codes go through the office; `notices` is another gateway for notices, if given."""
        settings = Settings()
        notify = Notify(db, settings, notices or office.sms)
        return cls(ChangePhone(db, office.codes, notify, Proofs(db, settings.identity)), office.sms)

    async def code(self, account_id: str, phone: str, to: Which, *, by: By = BY, now: int = START) -> str:
        """Sends a code and returns it as its holder reads it out."""
        await self.change.send_code(account_id, phone=phone, to=to, by=by, address=ADDRESS, now=now)
        return self.sms.messages()[0].code

    async def by_codes(
        self, account_id: str, phone: str, *, evidence: str = EVIDENCE, by: By = BY, now: int = START
    ) -> PhoneChanged:
        """Makes a whole change, by codes to both numbers."""
        new_code = await self.code(account_id, phone, "new", by=by, now=now)
        old_code = await self.code(account_id, phone, "old", by=by, now=now)
        return await self.change(
            account_id,
            phone=phone,
            evidence=evidence,
            new_code=new_code,
            old_code=old_code,
            by=by,
            now=now,
        )
