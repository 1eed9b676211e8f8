"""A phone whose login has ended, and what lets it in again."""

from dataclasses import dataclass
from typing import Final

from mshield.domain.tokens import token_hash
from mshield.gateways.sms import DevelopmentSms
from mshield.keys.keyring import Keyring
from mshield.services.accounts.captcha.captchas import Captchas
from mshield.services.accounts.login import DeviceProof, LogIn, Session
from mshield.services.accounts.session import Caller
from mshield.services.accounts.sms_codes import SmsCodes
from mshield.services.signing.unlock import Unlock, UnlockBegun
from mshield.settings import Settings
from mshield.store.database.interface import Database
from tests.support.clock import Clock
from tests.support.signing import PHONE_NUMBER, World, make_world

DEVICE: Final = DeviceProof("jkt", b"key")
ADDRESS: Final = "192.0.2.7"


@dataclass
class Door:
    """A world whose phone's login has ended, and what lets it in again."""

    world: World
    unlock: Unlock
    sms: DevelopmentSms

    async def begin(self, login: bytes | None = None) -> UnlockBegun:
        """Begins, beside this login at a PC, and gives the phone the token."""
        begun = await self.unlock.begin("jkt", login=login, now=self.world.clock())
        self.world.phone.caller = Caller(token_hash(begun.token), "jkt")
        return begun

    async def log_in(self) -> Session:
        """With what was signed."""
        return await self.unlock.finish(self.world.phone.caller, DEVICE, now=self.world.clock())

    async def by_pin(self, *, d1: int | None = None) -> Session:
        """All of it; with another `d1` a wrong PIN."""
        begun = await self.begin()
        await self.world.sign([begun.sid], d1=d1)
        return await self.log_in()

    async def code(self) -> str:
        """An SMS code."""
        await self.unlock.send_sms("jkt", address=ADDRESS, now=self.world.clock())
        message = self.sms.messages()[0]
        assert (message.phone, message.purpose) == (PHONE_NUMBER, "unlock")
        return message.code or ""

    async def by_sms(self) -> Session:
        """All of it."""
        return await self.unlock.by_sms(await self.code(), DEVICE, now=self.world.clock())


async def make_door(db: Database, keyring: Keyring, clock: Clock) -> Door:
    """A door of a new world."""
    world, settings = await make_world(db, keyring, clock), Settings(sms_resend_seconds=0)
    sms = DevelopmentSms()
    log_in = LogIn(db, world.lookup, settings, Captchas(db, keyring, world.lookup, settings))
    codes = SmsCodes(db, world.lookup, settings, sms)
    return Door(world, Unlock(db, world.engine, settings, log_in, codes), sms)
