"""Registration in the app (我要注册, manual 2.3.1.1, R2): the phone number becomes the account name.

Only the recipient of the number's SMS code learns whether the number already has an account. The code is
spent in the transaction that inserts the account.
"""

from dataclasses import dataclass

from mshield.server.accounts.errors import AccountExists
from mshield.server.accounts.passwords import hash_password, take_turn
from mshield.server.accounts.policy_consents import Agreement, Consents
from mshield.server.accounts.rows import accounts as store
from mshield.server.accounts.rules.password import check_password
from mshield.server.accounts.sms_codes import ProvenCode, SmsCodes
from mshield.server.database.interface import Database, Tx
from mshield.server.filing.search_words import end_hash
from mshield.server.keys.keyring import Keyring
from mshield.server.keys.secrets import LookupKey
from mshield.server.values.id_numbers import ACCOUNT_BOX, LOOKUP
from mshield.server.values.names import IdType, check_id_number, check_phone, normalise_name
from mshield.wire.ids import new_id


@dataclass(frozen=True, slots=True)
class RegisteredAccount:
    id: str
    phone: str
    name: str
    id_type: IdType


@dataclass(frozen=True, slots=True)
class Register:
    """Registers accounts."""

    db: Database
    keyring: Keyring
    lookup: LookupKey
    sms_codes: SmsCodes
    consents: Consents

    async def __call__(
        self,
        *,
        name: str,
        id_type: IdType,
        id_number: str,
        phone: str,
        sms_code: str,
        password: str,
        agreement: Agreement,
        now: int,
    ) -> RegisteredAccount:
        """Registers an account and returns it.

        Raises: ConsentNeeded, before everything else; InvalidName, InvalidIdNumber, InvalidPhone,
        WeakPassword, Unavailable (hash queue full), before an attempt is counted; SmsCodeWrong,
        SmsCodeExpired; AccountExists, which doesn't spend the code.
        """
        self.consents.policies.require(agreement.versions)
        name = normalise_name(name)
        id_number = check_id_number(id_type, id_number)
        phone = check_phone(phone)
        password = check_password(password, phone=phone)
        with take_turn("new_password") as turn:
            code = await self.sms_codes.prove(phone=phone, purpose="register", code=sms_code, now=now)
            if await store.find_account(self.db, phone=phone) is not None:
                raise AccountExists
            password_hash = await hash_password(password, turn)
        account_id = new_id(now)
        account = store.NewAccount(
            id=account_id,
            phone=phone,
            password_hash=password_hash,
            name=name,
            id_type=id_type.value,
            id_number_hash=self.lookup.lookup_hash(LOOKUP, id_number),
            id_number_end=end_hash(self.lookup, id_number),
            id_number_box=self.keyring.seal(
                id_number.encode(), purpose=ACCOUNT_BOX, context=account_id.encode()
            ),
        )
        await self.db.write(lambda tx: self._store(tx, account, agreement, code, now=now))
        self.sms_codes.forget(code)
        return RegisteredAccount(account_id, phone, name, id_type)

    async def _store(
        self, tx: Tx, account: store.NewAccount, agreement: Agreement, code: ProvenCode, *, now: int
    ) -> None:
        await self.sms_codes.spend(tx, code, now=now)
        if not await store.insert_account(tx, account, now=now):
            raise AccountExists
        await self.consents.record(tx, account.id, agreement, now=now)
