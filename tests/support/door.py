"""A phone whose login has ended, and the services that unlock it."""

from dataclasses import dataclass
from typing import Final

from mshield.server.accounts.captchas import Captchas
from mshield.server.accounts.login import DeviceProof, LogIn, Session
from mshield.server.accounts.session import Caller
from mshield.server.accounts.sms_codes import SmsCodes
from mshield.server.database.interface import Database
from mshield.server.keys.keyring import Keyring
from mshield.server.notices.external.sms import DevelopmentSms
from mshield.server.settings.settings import Settings
from mshield.server.signing.unlock import Unlock, UnlockBegun
from mshield.wire.tokens import token_hash
from tests.support.clock import Clock
from tests.support.signing import PHONE_NUMBER, World, make_world

DEVICE: Final = DeviceProof("jkt", b"key")
ADDRESS: Final = "192.0.2.7"


@dataclass
class Door:
    """A world whose phone's login has ended, and the services that unlock it."""

    world: World
    unlock: Unlock
    sms: DevelopmentSms

    async def begin(self, login: bytes | None = None) -> UnlockBegun:
        """Begins an unlock, together with this PC login if given, and gives the phone the token."""
        begun = await self.unlock.begin("jkt", login=login, now=self.world.clock())
        self.world.phone.caller = Caller(token_hash(begun.token), "jkt")
        return begun

    async def log_in(self) -> Session:
        """Completes the unlock with what was signed."""
        return await self.unlock.finish(self.world.phone.caller, DEVICE, now=self.world.clock())

    async def by_pin(self, *, d1: int | None = None) -> Session:
        """Unlocks by PIN; another `d1` acts as a wrong PIN."""
        begun = await self.begin()
        await self.world.sign([begun.sid], d1=d1)
        return await self.log_in()

    async def code(self) -> str:
        """Requests an SMS code and returns it."""
        await self.unlock.send_sms("jkt", address=ADDRESS, now=self.world.clock())
        message = self.sms.messages()[0]
        assert (message.phone, message.purpose) == (PHONE_NUMBER, "unlock")
        return message.code or ""

    async def by_sms(self) -> Session:
        """Unlocks by SMS code."""
        return await self.unlock.by_sms(await self.code(), DEVICE, now=self.world.clock())


async def make_door(db: Database, keyring: Keyring, clock: Clock) -> Door:
    """Creates a new world and its door."""
    world, settings = await make_world(db, keyring, clock), Settings.of(sms_resend_seconds=0)
    sms = DevelopmentSms()
    log_in = LogIn(
        db, world.lookup, settings.accounts, Captchas(db, keyring, world.lookup, settings.accounts)
    )
    codes = SmsCodes(db, world.lookup, settings.accounts, sms)
    return Door(world, Unlock(db, world.engine, settings, log_in, codes), sms)
