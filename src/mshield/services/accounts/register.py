"""Registration in the app (我要注册, manual 2.3.1.1, R2): the phone number becomes the account name.

Whether a number has an account is told only to who received its SMS code. The code is spent together with the
account's row, or not at all.
"""

from dataclasses import dataclass, field

from mshield.domain import errors
from mshield.domain.id_numbers import ACCOUNT_BOX, LOOKUP
from mshield.domain.identity import IdType, check_id_number, check_phone, normalise_name
from mshield.domain.ids import new_id
from mshield.domain.password import check_password
from mshield.keys.keyring import Keyring
from mshield.keys.secrets import LookupKey
from mshield.services.accounts.passwords import hash_password, take_turn
from mshield.services.accounts.policies.consents import Agreement, Consents
from mshield.services.accounts.sms_codes import ProvenCode, SmsCodes
from mshield.services.filing.search_words import end_hash
from mshield.store.accounts import accounts as store
from mshield.store.database.interface import Database, Tx


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """What the user entered."""

    name: str
    id_type: IdType
    id_number: str = field(repr=False)
    phone: str
    sms_code: str = field(repr=False)
    password: str = field(repr=False)
    agreement: Agreement


@dataclass(frozen=True, slots=True)
class RegisteredAccount:
    """The new account."""

    id: str
    phone: str
    name: str
    id_type: IdType


@dataclass(frozen=True, slots=True)
class Register:
    """Makes accounts."""

    db: Database
    keyring: Keyring
    lookup: LookupKey
    sms_codes: SmsCodes
    consents: Consents

    async def __call__(self, registration: Registration, *, now: int) -> RegisteredAccount:
        """The new account.

        Raises ConsentNeeded before all else.

        Raises InvalidName, InvalidIdNumber, InvalidPhone, WeakPassword, Unavailable before anything is counted;
        SmsCodeWrong, SmsCodeExpired; AccountExists, which leaves the code as it is.
        """
        self.consents.policies.require(registration.agreement.versions)
        name = normalise_name(registration.name)
        id_number = check_id_number(registration.id_type, registration.id_number)
        phone = check_phone(registration.phone)
        password = check_password(registration.password, phone=phone)
        with take_turn("new_password") as turn:
            code = await self.sms_codes.prove(
                phone=phone, purpose="register", code=registration.sms_code, now=now
            )
            if await store.find_account(self.db, phone=phone) is not None:
                raise errors.AccountExists
            password_hash = await hash_password(password, turn)
        account_id = new_id(now)
        account = store.NewAccount(
            id=account_id,
            phone=phone,
            password_hash=password_hash,
            name=name,
            id_type=registration.id_type.value,
            id_number_hash=self.lookup.lookup_hash(LOOKUP, id_number),
            id_number_end=end_hash(self.lookup, id_number),
            id_number_box=self.keyring.seal(
                id_number.encode(), purpose=ACCOUNT_BOX, context=account_id.encode()
            ),
        )
        await self.db.write(lambda tx: self._store(tx, account, registration.agreement, code, now=now))
        self.sms_codes.forget(code)
        return RegisteredAccount(account_id, phone, name, registration.id_type)

    async def _store(
        self, tx: Tx, account: store.NewAccount, agreement: Agreement, code: ProvenCode, *, now: int
    ) -> None:
        await self.sms_codes.spend(tx, code, now=now)
        if not await store.insert_account(tx, account, now=now):
            raise errors.AccountExists
        await self.consents.record(tx, account.id, agreement, now=now)
