"""Customer service that changes phone numbers (R18) over a database, and the codes that people tell it."""

from dataclasses import dataclass
from typing import Final

from mshield.domain.actor import By
from mshield.gateways.sms import DevelopmentSms, SmsError, SmsGateway, SmsMessage
from mshield.services.accounts.change_phone import ChangePhone, PhoneChanged, Which
from mshield.services.identity.proofs import Proofs
from mshield.services.notices.notify import Notify
from mshield.settings import Settings
from mshield.store.database.interface import Database
from tests.support.clock import START
from tests.support.registration_office import ADDRESS, Office

EVIDENCE: Final = "营业执照与身份证原件，工单 2026-1124"
BY: Final = By("staff", "the clerk")


class UnreachableSms(DevelopmentSms):
    """Hands nothing over."""

    async def send(self, message: SmsMessage) -> None:
        raise SmsError(message.purpose)


@dataclass(frozen=True, slots=True)
class Desk:
    """A member of customer service, and whoever is on the phone and tells the codes."""

    change: ChangePhone
    sms: DevelopmentSms

    @classmethod
    def on(cls, db: Database, office: Office, *, notices: SmsGateway | None = None) -> "Desk":
        """A desk whose codes go through the office; `notices` go another way where one is given."""
        settings = Settings()
        notify = Notify(db, settings, notices or office.sms)
        return cls(ChangePhone(db, office.codes, notify, Proofs(db, settings)), office.sms)

    async def code(self, account_id: str, phone: str, to: Which, *, by: By = BY, now: int = START) -> str:
        """Sends a code and gives it as its holder reads it out."""
        await self.change.send_code(account_id, phone=phone, to=to, by=by, address=ADDRESS, now=now)
        return self.sms.messages()[0].code

    async def by_codes(
        self, account_id: str, phone: str, *, evidence: str = EVIDENCE, by: By = BY, now: int = START
    ) -> PhoneChanged:
        """The whole change, by codes to both numbers."""
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
