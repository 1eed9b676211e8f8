"""A registration office for tests: all services around accounts on one database, and how people pass through them."""

from dataclasses import dataclass
from typing import Final

import msgspec

from mshield.client.work import solved
from mshield.domain.identity import IdType
from mshield.gateways.sms import DevelopmentSms
from mshield.keys.keyring import Keyring
from mshield.keys.secrets import LookupKey
from mshield.services.accounts.captcha.captchas import Captchas, Shown, answer_of
from mshield.services.accounts.captcha.deeds import Deed
from mshield.services.accounts.login import Credentials, DeviceProof, LogIn, Session
from mshield.services.accounts.register import Register, RegisteredAccount, Registration
from mshield.services.accounts.sms_codes import SmsCodes
from mshield.settings import Settings
from mshield.store.database.interface import Database
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
        """An office on this database, with a lookup key that is always the same."""
        lookup, sms = LookupKey(bytes(32)), DevelopmentSms()
        codes = SmsCodes(db, lookup, settings, sms)
        captchas = Captchas(db, keyring, lookup, settings)
        return cls(
            sms,
            codes,
            captchas,
            Register(db, keyring, lookup, codes, consents_of(db)),
            LogIn(db, lookup, settings, captchas),
        )

    async def captcha(self, *, now: int, address: str = ADDRESS) -> Shown:
        """A new captcha for a login, rightly answered."""
        made = await self.captchas.new(Deed.PHONE_LOGIN, address=address, now=now)
        answer = answer_of(self.captchas.keyring, made.id, now=now)
        return Shown(id=made.id, answer=answer, work=solved(msgspec.json.encode(made.challenge)))

    async def code(self, *, now: int, phone: str = PHONE) -> str:
        """The code of a new SMS for registration."""
        await self.codes.send(phone=phone, purpose="register", address=ADDRESS, now=now)
        return self.sms.messages()[0].code

    async def enter(self, *, now: int, sms_code: str, **changed: object) -> RegisteredAccount:
        """Registers, with `changed` fields."""
        fields: dict[str, object] = {
            "name": "林知远",
            "id_type": IdType.RESIDENT_ID,
            "id_number": "330206199001014217",
            "phone": PHONE,
            "password": PASSWORD,
            "agreement": AGREEMENT,
        }
        return await self.register(Registration(**(fields | {"sms_code": sms_code} | changed)), now=now)  # type: ignore[arg-type]  # fields by name

    async def come_in(
        self,
        *,
        now: int,
        account: str = PHONE,
        password: str = PASSWORD,
        device: str = "device-1",
        address: str = ADDRESS,
    ) -> Session:
        """Logs in with a new captcha, rightly answered."""
        shown = await self.captcha(address=address, now=now)
        credentials = Credentials(account=account, password=password, captcha=shown)
        return await self.log_in(credentials, DeviceProof(device, b"\x04" * 65), address=address, now=now)
