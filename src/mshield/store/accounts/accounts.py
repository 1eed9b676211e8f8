"""Accounts (无卡用户账户), the installations of the app and their logins.

The phone number is the account name; who is refused by a unique one learns it from the result, never from an error. An
account is read with its seal: whatever gives one raises SealBroken where somebody else has changed it.
"""

from dataclasses import asdict, dataclass, fields
from typing import Final

from mshield.store.database.interface import Database, Row, Tx
from mshield.store.database.queries import Queries
from mshield.store.seals.login_marks import login_mark
from mshield.store.seals.sealing import changing, seal_new
from mshield.store.seals.tables import ACCOUNTS

_SQL: Final = Queries("accounts", "accounts")
LOCAL: Final = "local"
"""The source of accounts that were registered here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A person with an account. `source` is `local`, or the outside system that knows it as `external_id`; ms.

    `state` is `active` or `disabled`, which has time and reason.
    """

    id: str
    phone: str
    password_hash: str
    name: str
    id_type: str
    id_number_hash: bytes
    state: str
    created_at: int
    source: str
    external_id: str | None
    disabled_at: int | None = None
    disabled_reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAccount:
    """What registration stores; the id number is sealed and hashed already, its end too, by which staff search."""

    id: str
    phone: str
    password_hash: str
    name: str
    id_type: str
    id_number_hash: bytes
    id_number_box: bytes
    id_number_end: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class NewOutsideAccount:
    """An account of an outside system, seen for the first time."""

    id: str
    source: str
    external_id: str
    phone: str
    name: str
    id_type: str
    id_number_hash: bytes
    id_number_box: bytes
    id_number_end: bytes


@dataclass(frozen=True, slots=True)
class Device:
    """An installation; `account_id` is the only account that may use it, once it has applied (R7)."""

    id: str
    account_id: str | None
    shield_number: str | None


async def find_account(db: Database | Tx, *, phone: str) -> Account | None:
    """The account of this phone number."""
    return _account(db, await db.one(_SQL["find_by_phone"], phone=phone))


async def find_id_number_box(db: Database | Tx, *, account_id: str) -> bytes | None:
    """The sealed id number of an account."""
    row = await db.one(_SQL["id_number_box"], id=account_id)
    return None if row is None else bytes(row["id_number_box"])


async def get_account(db: Database | Tx, *, account_id: str) -> Account | None:
    """The account of this id."""
    return _account(db, await db.one(_SQL["find"], id=account_id))


async def find_unchanging(tx: Tx, *, account_id: str) -> Account | None:
    """The account of this id as it stands now, and until the transaction ends.

    Who disables it or changes it afterwards, and then ends its logins, also ends one that this transaction opens.
    """
    return _account(tx, await tx.one(_SQL["find_unchanging"], id=account_id))


async def insert_account(tx: Tx, account: NewAccount, *, now: int) -> bool:
    """Whether the account was made; False where the phone number has one."""
    if await tx.run(_SQL["insert"], **asdict(account), now=now) != 1:
        return False
    await seal_new(tx, ACCOUNTS, account.id, now=now)
    return True


async def find_outside(tx: Tx, *, source: str, external_id: str) -> Account | None:
    """The account that an outside system knows as `external_id`."""
    return _account(tx, await tx.one(_SQL["find_outside"], source=source, external_id=external_id))


async def insert_outside(tx: Tx, account: NewOutsideAccount, *, now: int) -> None:
    """Makes the account. Raises Conflict where its phone number or its id there has one."""
    await tx.run(_SQL["insert_outside"], **asdict(account), now=now)
    await seal_new(tx, ACCOUNTS, account.id, now=now)


async def follow_outside(  # one value for each column
    tx: Tx, *, account_id: str, source: str, external_id: str, phone: str, name: str, id_type: str, now: int
) -> None:
    """Makes a source's own account what it says. Raises Conflict where another one has the phone number."""
    async with changing(tx, ACCOUNTS, account_id, now=now):
        await tx.run(
            _SQL["follow_outside"],
            id=account_id,
            source=source,
            external_id=external_id,
            phone=phone,
            name=name,
            id_type=id_type,
        )


async def replace_password_hash(db: Database, *, account: Account, password_hash: str, now: int) -> bool:
    """Stores the same password hashed anew; False where it was changed meanwhile."""

    async def work(tx: Tx) -> bool:
        async with changing(tx, ACCOUNTS, account.id, now=now):
            replaced = await tx.run(
                _SQL["replace_password_hash"],
                id=account.id,
                previous=account.password_hash,
                password_hash=password_hash,
            )
        return replaced == 1

    return await db.write(work)


async def set_password(tx: Tx, *, account: Account, password_hash: str, now: int) -> bool:
    """Gives a local account a new password; False where the account was changed meanwhile."""
    async with changing(tx, ACCOUNTS, account.id, now=now):
        changed = await tx.run(
            _SQL["set_password"], id=account.id, previous=account.password_hash, password_hash=password_hash
        )
    return changed == 1


async def change_phone(tx: Tx, *, account: Account, phone: str, now: int) -> bool:
    """Whether the account has the new number now; False where another one has it, or its own changed meanwhile.

    Raises Conflict where another account took the number at this moment.
    """
    async with changing(tx, ACCOUNTS, account.id, now=now):
        changed = await tx.run(
            _SQL["change_phone"], id=account.id, previous=account.phone, state=account.state, phone=phone
        )
    return changed == 1


async def end_sessions(tx: Tx, *, account_id: str, now: int) -> int:
    """Logs an account out on all its phones, and gives the number of logins that this ended."""
    return await tx.run(_SQL["end_sessions_of_account"], account_id=account_id, now=now)


async def end_other_sessions(tx: Tx, *, account_id: str, device_id: str, now: int) -> int:
    """Logs an account out on all its other phones, and gives the number of logins that this ended."""
    return await tx.run(_SQL["end_other_sessions"], account_id=account_id, device_id=device_id, now=now)


async def end_sessions_of_device(tx: Tx, *, device_id: str, now: int) -> int:
    """Logs out whoever is logged in on this phone."""
    return await tx.run(_SQL["end_sessions_of_device"], device_id=device_id, now=now)


async def put_device(tx: Tx, *, device_id: str, jkt: str, public_key: bytes, now: int) -> Device:
    """The installation with this key thumbprint, made now under `device_id` if it is new. Locks its row."""
    row = await tx.one(_SQL["put_device"], id=device_id, jkt=jkt, public_key=public_key, now=now)
    if row is None:
        raise LookupError("an upsert returned no row")
    return Device(row["id"], row["account_id"], row["shield_number"])


async def start_session(  # one value for each column
    tx: Tx,
    *,
    token_hash: bytes,
    account_id: str,
    device_id: str,
    jkt: str,
    now: int,
    expires_at: int,
    address: str | None = None,
    browser: str | None = None,
    model: str | None = None,
) -> None:
    """Logs in, and ends the installation's earlier login."""
    await tx.run(_SQL["end_sessions_of_device"], device_id=device_id, now=now)
    await tx.run(
        _SQL["note_use"],
        device_id=device_id,
        account_id=account_id,
        browser=browser,
        address=address,
        model=model,
        now=now,
    )
    mark = login_mark(
        tx.sealer,
        token_hash=token_hash,
        account_id=account_id,
        device_id=device_id,
        jkt=jkt,
        expires_at=expires_at,
    )
    await tx.run(
        _SQL["insert_session"],
        mark=mark,
        token_hash=token_hash,
        account_id=account_id,
        device_id=device_id,
        now=now,
        expires_at=expires_at,
        address=address,
        browser=browser,
    )


async def disable(tx: Tx, *, account_id: str, reason: str, now: int) -> bool:
    """Whether this disabled the account; False for one disabled before or unknown."""
    async with changing(tx, ACCOUNTS, account_id, now=now):
        return await tx.run(_SQL["disable"], id=account_id, reason=reason, now=now) == 1


async def enable(tx: Tx, *, account_id: str, now: int) -> bool:
    """Whether this enabled the account; False where it wasn't disabled."""
    async with changing(tx, ACCOUNTS, account_id, now=now):
        return await tx.run(_SQL["enable"], id=account_id) == 1


async def purge_sessions(db: Database, *, before: int) -> int:
    """Deletes logins that were over before this time (ms), and gives their number."""
    return await db.run(_SQL["purge_sessions"], before=before)


_FIELDS: Final = tuple(field.name for field in fields(Account))


def _account(db: Database | Tx, row: Row | None) -> Account | None:
    if row is None:
        return None
    ACCOUNTS.check(db.sealer, row)
    return Account(**{name: row[name] for name in _FIELDS})
