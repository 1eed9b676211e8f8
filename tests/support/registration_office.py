"""All services around accounts on one database, and the steps of people using them."""

from dataclasses import dataclass
from typing import Final

import msgspec

from mshield.server.accounts.captcha_deeds import CaptchaPurpose
from mshield.server.accounts.captchas import Captchas, ShownCaptcha, answer_of
from mshield.server.accounts.login import Credentials, DeviceProof, LogIn, Session
from mshield.server.accounts.register import Register, RegisteredAccount
from mshield.server.accounts.sms_codes import SmsCodes
from mshield.server.database.interface import Database
from mshield.server.keys.keyring import Keyring
from mshield.server.keys.secrets import LookupKey
from mshield.server.notices.external.sms import DevelopmentSms
from mshield.server.settings.settings import Settings
from mshield.server.values.names import IdType
from mshield.testkit.work import solved
from tests.support.consents import AGREEMENT, consents_of

PHONE: Final = "13800006027"
PASSWORD: Final = "Demo-declare-2026"
ADDRESS: Final = "192.0.2.7"


@dataclass(frozen=True, slots=True)
class Office:
    """Services that share database, keys and outbox."""

    sms: DevelopmentSms
    codes: SmsCodes
    captchas: Captchas
    register: Register
    log_in: LogIn

    @classmethod
    def on(cls, db: Database, keyring: Keyring, settings: Settings) -> "Office":
        """Creates an office on this database, with a constant lookup key."""
        lookup, sms = LookupKey(bytes(32)), DevelopmentSms()
        codes = SmsCodes(db, lookup, settings.accounts, sms)
        captchas = Captchas(db, keyring, lookup, settings.accounts)
        return cls(
            sms,
            codes,
            captchas,
            Register(db, keyring, lookup, codes, consents_of(db)),
            LogIn(db, lookup, settings.accounts, captchas),
        )

    async def captcha(self, *, now: int, address: str = ADDRESS) -> ShownCaptcha:
        """Creates a captcha for a login with its correct answer."""
        captcha = await self.captchas.new(CaptchaPurpose.PHONE_LOGIN, address=address, now=now)
        answer = answer_of(self.captchas.keyring, captcha.id, now=now)
        return ShownCaptcha(id=captcha.id, answer=answer, work=solved(msgspec.json.encode(captcha.challenge)))

    async def code(self, *, now: int, phone: str = PHONE) -> str:
        """Sends a registration SMS and returns its code."""
        await self.codes.send(phone=phone, purpose="register", address=ADDRESS, now=now)
        return self.sms.messages()[0].code

    async def enter(self, *, now: int, sms_code: str, **changed: object) -> RegisteredAccount:
        """Registers the standard person; `changed` replaces some of their data."""
        fields: dict[str, object] = {
            "name": "林知远",
            "id_type": IdType.RESIDENT_ID,
            "id_number": "330206199001014217",
            "phone": PHONE,
            "password": PASSWORD,
            "agreement": AGREEMENT,
        }
        return await self.register(**(fields | {"sms_code": sms_code} | changed), now=now)  # type: ignore[arg-type]  # fields by name

    async def come_in(
        self,
        *,
        now: int,
        account: str = PHONE,
        password: str = PASSWORD,
        device: str = "device-1",
        address: str = ADDRESS,
    ) -> Session:
        """Logs in with a new, correctly answered captcha."""
        captcha = await self.captcha(address=address, now=now)
        credentials = Credentials(account=account, password=password, captcha=captcha)
        return await self.log_in(credentials, DeviceProof(device, b"\x04" * 65), address=address, now=now)
