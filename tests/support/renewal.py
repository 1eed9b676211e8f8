"""A renewal without HTTP, step by step: the phone of `signing.py` and the key that replaces its old one."""

from dataclasses import dataclass
from typing import Any, Literal

import msgspec

from mshield.gm import cosign
from mshield.server.accounts.session import PhoneLogin, authenticate_phone
from mshield.server.certificates.bind import Bind
from mshield.server.certificates.renew import Renew, Renewal
from mshield.server.certificates.rows import changes as certificate_changes
from mshield.server.certificates.rules.states import CertificateEvent
from mshield.server.database.interface import Database
from mshield.server.keys.keyring import Keyring
from mshield.server.settings.settings import Settings
from mshield.wire.phone.enrolment import ApplicantMessage
from tests.support.clock import Clock
from tests.support.issuing import by_allowed_actor
from tests.support.signing import (
    CODE,
    CREDIT_CODE,
    ID_NUMBER,
    NAME,
    Phone,
    World,
    any_code,
    execute,
    fetch,
    make_world,
    statement,
)

DAY = 86_400


@dataclass(slots=True)
class Renewing:
    """A certified phone, and the services to renew its certificate. The world's `phone` signs next."""

    world: World
    renew: Renew
    bind: Bind
    old: Phone
    name: str = NAME

    @property
    def now(self) -> int:
        """Current time of the tests' clock."""
        return self.world.clock()

    async def login(self) -> PhoneLogin:
        """Returns the phone's login."""
        return await authenticate_phone(self.world.db, self.old.caller, now=self.now)

    async def begin(self, **changes: Any) -> Renewal:
        """Begins the renewal with a correctly filled form except for `changes`."""
        fields: dict[str, Any] = dict(changes)
        application = msgspec.structs.replace(
            ApplicantMessage(self.name, ID_NUMBER, "operator", CREDIT_CODE), **fields
        )
        return await self.renew.begin(await self.login(), application, sms_code=CODE, now=self.now)

    async def current(self) -> Renewal:
        """Returns the renewal's state, advanced where possible."""
        return await self.renew.current(await self.login(), now=self.now)

    async def make_key(self, renewal: Renewal) -> Phone:
        """Makes the new key, beside the old one."""
        world = self.world
        offer = cosign.phone_enrol(world.engine, uid=renewal.uid, sid=renewal.sid)
        P = await world.enrol.make_key(
            await self.login(),
            renewal.uid,
            P1=offer.P1,
            proof=offer.proof,
            nonce=renewal.challenge,
            now=self.now,
        )
        return Phone(self.old.caller, uid=renewal.uid, P=P, d1=offer.d1)

    async def sign(self, phone: Phone, sid: bytes, *, d1: int | None = None) -> dict[str, object]:
        """Signs one document with this key; another `d1` acts as a wrong PIN."""
        self.world.phone = phone
        try:
            return await self.world.sign([sid], d1=d1)
        finally:
            self.world.phone = self.old

    async def issued(self) -> tuple[Phone, Renewal]:
        """Renews up to the issued certificate, not yet confirmed."""
        begun = await self.begin()
        if begun.key == "same":
            await self.sign(self.old, begun.sid)
            return self.old, await self.current()
        new = await self.make_key(begun)
        consent = (await self.current()).consent
        assert consent is not None
        await self.sign(self.old, consent)
        await self.sign(new, begun.sid)
        return new, await self.current()

    async def confirm(self, new: Phone, renewal: Renewal) -> dict[str, object]:
        """Signs the confirmation that puts the new certificate in force."""
        assert renewal.confirm is not None
        return await self.sign(new, renewal.confirm)

    async def renewed(self) -> Phone:
        """Makes a whole renewal; the phone continues with the certified key."""
        new, renewal = await self.issued()
        await self.confirm(new, renewal)
        self.world.phone = self.old = new
        return new

    async def change(self, event: CertificateEvent, *, serial: str | None = None) -> None:
        """Applies an event to the phone's certificate, or to another one."""
        certificate = serial or await self.serial(self.old)
        await self.world.db.write(
            lambda tx: certificate_changes.change(
                tx, serial=certificate, event=event, by=by_allowed_actor(event), reason="", now=self.now
            )
        )

    async def serial(self, phone: Phone) -> str:
        """Returns the serial of the certificate in force for a key."""
        row = await fetch(self.world.db, "SELECT certificate FROM keys WHERE uid = $1", phone.uid)
        return str(row["certificate"])

    async def state(self, serial: str) -> str:
        """Returns the stored state of a certificate."""
        row = await fetch(self.world.db, "SELECT state FROM certificates WHERE serial = $1", serial)
        return str(row["state"])

    async def serials(self) -> list[str]:
        """Returns the serials of all certificates, in order of issue."""
        rows = await self.world.db.all(
            statement("SELECT serial FROM certificates ORDER BY issued_at, serial")
        )
        return [str(row["serial"]) for row in rows]

    async def change_filing(self, name: str = "宁波北潮供应链有限公司") -> None:
        """Changes the enterprise's name in the filing."""
        await execute(
            self.world.db,
            "UPDATE enterprises SET name = $1, version = version + 1, changed_at = $2",
            name,
            self.now,
        )


async def make_renewing(
    db: Database, keyring: Keyring, clock: Clock, *, key: Literal["new", "same"] = "new", due: bool = True
) -> Renewing:
    """Creates a phone whose certificate has 100 days left (`due`), or is new."""
    settings = Settings.of(opens_per_minute=10_000, renewal_key=key)
    world = await make_world(db, keyring, clock, settings=settings)
    if due:
        clock.advance(seconds=(settings.ca.certificate_days - 100) * DAY)
    renew = Renew(db, world.engine, keyring, world.lookup, world.certificates.local.issue, settings, any_code)
    return Renewing(world, renew, Bind(db, settings.signing), world.phone)
