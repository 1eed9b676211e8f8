"""Accounts (无卡用户账户), installations of the app and their logins.

The phone number is the account name. Functions report a unique constraint violation by their result unless
they document Conflict. Accounts are read with their seals: functions that return one raise SealBroken if
somebody else changed the row.
"""

from dataclasses import asdict, dataclass, fields
from typing import Final

from mshield.server.database.interface import Database, Row, Tx
from mshield.server.database.queries import Queries
from mshield.server.seals.login_marks import login_mark
from mshield.server.seals.sealing import changing, seal_new
from mshield.server.seals.tables import ACCOUNTS

_SQL: Final = Queries("accounts", "accounts")
LOCAL: Final = "local"
"""Source of accounts that were registered here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Account of a person. `source` is `local`, or the outside system in which its id is `external_id`; times in ms.

    `state` is `active` or `disabled`; a disabled account has time and reason.
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
    """Account to register. The id number is already sealed and hashed, and its end is hashed for the staff's search."""

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
    """Account of an outside system, seen for the first time."""

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
    """Installation of the app; once it has applied, only the account `account_id` may use it (R7)."""

    id: str
    account_id: str | None
    shield_number: str | None


async def find_account(db: Database | Tx, *, phone: str) -> Account | None:
    """Returns the account of this phone number. Raises: SealBroken."""
    return _account(db, await db.one(_SQL["find_by_phone"], phone=phone))


async def find_id_number_box(db: Database | Tx, *, account_id: str) -> bytes | None:
    """Returns the sealed id number of an account."""
    row = await db.one(_SQL["id_number_box"], id=account_id)
    return None if row is None else bytes(row["id_number_box"])


async def get_account(db: Database | Tx, *, account_id: str) -> Account | None:
    """Returns the account with this id. Raises: SealBroken."""
    return _account(db, await db.one(_SQL["find"], id=account_id))


async def find_unchanging(tx: Tx, *, account_id: str) -> Account | None:
    """Returns the account with this id, locked against changes until the transaction ends.

    A later call that disables or changes the account and then ends its logins also ends a login opened by
    this transaction.
    """
    return _account(tx, await tx.one(_SQL["find_unchanging"], id=account_id))


async def insert_account(tx: Tx, account: NewAccount, *, now: int) -> bool:
    """Inserts a local account; False if the phone number already has one."""
    if await tx.run(_SQL["insert"], **asdict(account), now=now) != 1:
        return False
    await seal_new(tx, ACCOUNTS, account.id, now=now)
    return True


async def find_outside(tx: Tx, *, source: str, external_id: str) -> Account | None:
    """Returns the account with this `external_id` in an outside system."""
    return _account(tx, await tx.one(_SQL["find_outside"], source=source, external_id=external_id))


async def insert_outside(tx: Tx, account: NewOutsideAccount, *, now: int) -> None:
    """Inserts an outside account. Raises: Conflict (phone number or external id in use)."""
    await tx.run(_SQL["insert_outside"], **asdict(account), now=now)
    await seal_new(tx, ACCOUNTS, account.id, now=now)


async def follow_outside(  # one value per column
    tx: Tx, *, account_id: str, source: str, external_id: str, phone: str, name: str, id_type: str, now: int
) -> None:
    """Updates an account with the data from its outside system.

    Raises: Conflict (another account has the phone number).
    """
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
    """Replaces the hash of an unchanged password; False if the password was changed meanwhile."""

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
    """Sets a new password of a local account; False if the account was changed meanwhile."""
    async with changing(tx, ACCOUNTS, account.id, now=now):
        changed = await tx.run(
            _SQL["set_password"], id=account.id, previous=account.password_hash, password_hash=password_hash
        )
    return changed == 1


async def change_phone(tx: Tx, *, account: Account, phone: str, now: int) -> bool:
    """Changes the phone number; False if another account has it, or this account was changed meanwhile.

    Raises: Conflict (another account took the number at the same moment).
    """
    async with changing(tx, ACCOUNTS, account.id, now=now):
        changed = await tx.run(
            _SQL["change_phone"], id=account.id, previous=account.phone, state=account.state, phone=phone
        )
    return changed == 1


async def end_sessions(tx: Tx, *, account_id: str, now: int) -> int:
    """Ends all logins of an account on phones and returns their number."""
    return await tx.run(_SQL["end_sessions_of_account"], account_id=account_id, now=now)


async def end_other_sessions(tx: Tx, *, account_id: str, device_id: str, now: int) -> int:
    """Ends the account's logins on all phones except `device_id` and returns their number."""
    return await tx.run(_SQL["end_other_sessions"], account_id=account_id, device_id=device_id, now=now)


async def end_sessions_of_device(tx: Tx, *, device_id: str, now: int) -> int:
    """Ends the logins on this phone and returns their number."""
    return await tx.run(_SQL["end_sessions_of_device"], device_id=device_id, now=now)


async def put_device(tx: Tx, *, device_id: str, jkt: str, public_key: bytes, now: int) -> Device:
    """Returns the installation with this key thumbprint, inserted as `device_id` if new. Locks its row."""
    row = await tx.one(_SQL["put_device"], id=device_id, jkt=jkt, public_key=public_key, now=now)
    if row is None:
        raise LookupError("an upsert returned no row")
    return Device(row["id"], row["account_id"], row["shield_number"])


async def start_session(  # one value per column
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
    """Inserts a login and ends the installation's earlier one."""
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
    """Disables the account; False if it is unknown or already disabled."""
    async with changing(tx, ACCOUNTS, account_id, now=now):
        return await tx.run(_SQL["disable"], id=account_id, reason=reason, now=now) == 1


async def enable(tx: Tx, *, account_id: str, now: int) -> bool:
    """Enables the account; False if it wasn't disabled."""
    async with changing(tx, ACCOUNTS, account_id, now=now):
        return await tx.run(_SQL["enable"], id=account_id) == 1


async def purge_sessions(db: Database, *, before: int) -> int:
    """Deletes logins that ended before `before` (ms) and returns their number."""
    return await db.run(_SQL["purge_sessions"], before=before)


_FIELDS: Final = tuple(field.name for field in fields(Account))


def _account(db: Database | Tx, row: Row | None) -> Account | None:
    if row is None:
        return None
    ACCOUNTS.check(db.sealer, row)
    return Account(**{name: row[name] for name in _FIELDS})
