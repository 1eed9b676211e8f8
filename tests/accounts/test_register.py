"""R2: registration in the app."""

import asyncio

import pytest

from mshield.server.accounts.errors import AccountExists, SmsCodeExpired, SmsCodeWrong, WeakPassword
from mshield.server.accounts.rows import accounts as store
from mshield.server.database.interface import Database
from mshield.server.errors import DomainError
from mshield.server.identity.errors import InvalidIdNumber, InvalidName, InvalidPhone
from mshield.server.keys.keyring import Keyring
from mshield.server.keys.secrets import LookupKey
from mshield.server.settings.settings import Settings
from mshield.server.values.names import IdType
from tests.support.clock import Clock
from tests.support.registration_office import PASSWORD, PHONE, Office


@pytest.fixture
def office(db: Database, keyring: Keyring) -> Office:
    return Office.on(db, keyring, Settings())


async def test_r2_the_phone_number_becomes_the_account(office: Office, db: Database, clock: Clock) -> None:
    code = await office.code(now=clock())
    made = await office.enter(now=clock(), sms_code=code, name=" 林知远 ", id_number="33020619900101421 7")
    account = await store.find_account(db, phone=PHONE)
    assert account is not None
    assert (made.id, made.phone, made.name, made.id_type) == (account.id, PHONE, "林知远", IdType.RESIDENT_ID)
    assert account.id_number_hash == LookupKey(bytes(32)).lookup_hash("id-number", "330206199001014217")
    assert account.password_hash.startswith("$argon2id$")
    assert PASSWORD not in account.password_hash


async def test_the_id_number_is_sealed_for_its_account(
    office: Office, keyring: Keyring, clock: Clock
) -> None:
    boxes = []
    seal = keyring.seal

    def spy(plaintext: bytes, *, purpose: str, context: bytes) -> bytes:
        boxes.append((plaintext, purpose, context))
        return seal(plaintext, purpose=purpose, context=context)

    keyring.seal = spy  # type: ignore[method-assign]  # to see what is sealed
    made = await office.enter(now=clock(), sms_code=await office.code(now=clock()))
    assert boxes == [(b"330206199001014217", "account-id-number", made.id.encode())]


@pytest.mark.parametrize(
    ("changed", "refusal"),
    [
        ({"name": "林1"}, InvalidName),
        ({"id_number": "330206199001014218"}, InvalidIdNumber),
        ({"id_type": IdType.PASSPORT, "id_number": "护照"}, InvalidIdNumber),
        ({"phone": "1380000602"}, InvalidPhone),
        ({"password": "short"}, WeakPassword),
        ({"password": f"abc-{PHONE}"}, WeakPassword),
    ],
)
async def test_typing_error_consumes_no_code_and_no_attempt(
    office: Office, clock: Clock, changed: dict[str, object], refusal: type[DomainError]
) -> None:
    code = await office.code(now=clock())
    for _ in range(6):
        with pytest.raises(refusal):
            await office.enter(now=clock(), sms_code=code, **changed)
    await office.enter(now=clock(), sms_code=code)


async def test_a_wrong_code_makes_no_account(office: Office, db: Database, clock: Clock) -> None:
    code = await office.code(now=clock())
    with pytest.raises(SmsCodeWrong):
        await office.enter(now=clock(), sms_code=f"{(int(code) + 1) % 10**6:06d}")
    assert await store.find_account(db, phone=PHONE) is None


async def test_existing_account_is_revealed_only_with_the_right_code(office: Office, clock: Clock) -> None:
    await office.enter(now=clock(), sms_code=await office.code(now=clock()))
    with pytest.raises((SmsCodeExpired, SmsCodeWrong)):
        await office.enter(now=clock(), sms_code="000000")
    clock.advance(seconds=60)
    code = await office.code(now=clock())
    with pytest.raises(SmsCodeWrong):
        await office.enter(now=clock(), sms_code=f"{(int(code) + 1) % 10**6:06d}")
    for _ in range(2):  # the code stays valid
        with pytest.raises(AccountExists):
            await office.enter(now=clock(), sms_code=code)


async def test_parallel_registrations_make_one_account(office: Office, clock: Clock) -> None:
    code = await office.code(now=clock())
    results = await asyncio.gather(
        *(office.enter(now=clock(), sms_code=code) for _ in range(4)), return_exceptions=True
    )
    refused = [type(result) for result in results if isinstance(result, BaseException)]
    assert len(refused) == 3
    assert set(refused) <= {AccountExists, SmsCodeExpired}


async def test_code_is_deleted_after_registration(office: Office, clock: Clock) -> None:
    code = await office.code(now=clock())
    await office.enter(now=clock(), sms_code=code)
    assert code not in repr(office.sms.messages())
