"""More phones in one world, of the same or another account, each with its own device, login and key."""

from dataclasses import replace
from typing import Final

from mshield.gm import cosign
from mshield.server.accounts.session import Caller, PhoneLogin, authenticate_phone
from mshield.server.certificates.enrol import Begun
from mshield.server.database.interface import Database
from mshield.wire.phone.enrolment import ApplicantMessage
from mshield.wire.tokens import token_hash
from tests.support.signing import CODE, CREDIT_CODE, ID_NUMBER, NAME, Phone, World, execute

FORM: Final = ApplicantMessage(NAME, ID_NUMBER, "operator", CREDIT_CODE)


async def another_phone(world: World, name: str, *, account: str = "account") -> World:
    """Returns the same world for a new phone, logged in to the account."""
    now = world.clock()
    await execute(
        world.db,
        "INSERT INTO devices (id, jkt, public_key, created_at) VALUES ($1, $2, $3, $4)",
        name,
        name,
        b"key",
        now,
    )
    await log_in(world, name, account=account)
    return replace(world, phone=Phone(Caller(token_hash(f"{name} {account}"), name)))


async def log_in(world: World, device: str, *, account: str) -> None:
    """Adds a login of the device to the account."""
    now = world.clock()
    await execute(
        world.db,
        "INSERT INTO phone_sessions (token_hash, account_id, device_id, created_at, expires_at)"
        " VALUES ($1, $2, $3, $4, $5)",
        token_hash(f"{device} {account}"),
        account,
        device,
        now,
        now + 10**12,
    )


async def proven(db: Database, account_id: str, person_id: str) -> None:
    """Inserts a proof by activation code that the account is this filed person's."""
    await execute(
        db,
        "INSERT INTO identity_proofs (id, account_id, person_id, way, actor, actor_id, proven_at, counts_from)"
        " VALUES ($1, $2, $3, 'filing_code', 'user', $4, 0, 0) ON CONFLICT (id) DO NOTHING",
        f"{account_id} {person_id}",
        account_id,
        person_id,
        account_id,
    )


async def another_account(world: World, name: str) -> None:
    """Adds another account of the same holder under another phone number; both are proven by activation codes."""
    await execute(
        world.db,
        "INSERT INTO accounts (id, phone, password_hash, name, id_type, id_number_hash, id_number_box, state,"
        " created_at) SELECT $1, $2, '', name, id_type, id_number_hash, id_number_box, state, created_at"
        " FROM accounts WHERE id = 'account'",
        name,
        name,
    )
    for account_id in ("account", name):
        await proven(world.db, account_id, "person")


async def login_of(world: World) -> PhoneLogin:
    """Returns this phone's login."""
    return await authenticate_phone(world.db, world.phone.caller, now=world.clock())


async def begin(world: World, *, confirm_duplicate: bool = False) -> Begun:
    """Runs step 1 of an application with valid data."""
    login = await login_of(world)
    return await world.enrol.begin(
        login, FORM, sms_code=CODE, confirm_duplicate=confirm_duplicate, now=world.clock()
    )


async def sign_request(world: World) -> Begun:
    """Runs steps 1 to 4: the certification request is signed, but nothing is issued yet."""
    begun, phone, now = await begin(world), world.phone, world.clock()
    offer = cosign.phone_enrol(world.engine, uid=begun.uid, sid=begun.sid)
    phone.P = await world.enrol.make_key(
        await login_of(world), begun.uid, P1=offer.P1, proof=offer.proof, nonce=begun.challenge, now=now
    )
    phone.uid, phone.d1, phone.epoch, phone.otp = begun.uid, offer.d1, 0, bytes(32)
    await world.sign([begun.sid])
    return begun


async def issue(world: World) -> None:
    """Runs step 5."""
    await world.certificates.issue_confirmed(world.phone.caller, now=world.clock())


async def apply(world: World) -> str:
    """Runs a whole application and returns the shield number."""
    begun = await sign_request(world)
    await issue(world)
    return begun.shield_number
