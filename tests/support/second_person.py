"""Second persons of commands: members of staff with an authenticator, and its codes."""

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

from mshield.server.acts.actor import SecondPerson
from mshield.server.database.interface import Database
from mshield.server.database.opening import open_database
from mshield.server.keys.keyring import Keyring
from mshield.server.keys.seals import load_sealer
from mshield.server.keys.sources import MasterKeyFile
from mshield.server.runtime.clocks.clock import wall_clock
from mshield.server.staff import one_time_code
from mshield.server.staff.factors import TOTP_PURPOSE
from mshield.server.staff.members import add_staff
from mshield.server.staff.rows import factors
from mshield.server.staff.rows import members as store
from mshield.server.staff.rules import StaffRole
from mshield.server.values.lines import in_one_spacing
from mshield.wire.ids import new_id

SECOND: Final = SecondPerson("0199a000-0000-7000-8000-000000000001", "许安然")
"""Second person of use cases that are called without a command."""

OPTION: Final = "--second-person"


async def code_of(db: Database, keyring: Keyring, name: str, *, now: int) -> str:
    """Returns an unused one-time code of the security officer with this name, who is added if needed.

    Each call adds an authenticator, since an authenticator has only a few codes at a time.
    """
    row = await store.find_named(db, name=in_one_spacing(name))
    member_id = (
        row.id
        if row is not None
        else (await add_staff(db, name=name, roles=[StaffRole.SECURITY_OFFICER], now=now)).id
    )
    secret, factor_id = one_time_code.new_secret(), new_id(now)
    box = keyring.seal(secret, purpose=TOTP_PURPOSE, context=factor_id.encode())
    factor = factors.NewFactor(id=factor_id, kind="totp", label="", secret_box=box)
    await db.write(lambda tx: factors.insert(tx, factor, staff_id=member_id, now=now))
    return one_time_code.code_at(secret, after=now // one_time_code.STEP_MS - 1, now=now)


def named_in(arguments: Sequence[str]) -> str | None:
    """Returns the second person that a command's arguments name."""
    return arguments[arguments.index(OPTION) + 1] if OPTION in arguments else None


def code_beside(url: str, key_file: Path, name: str) -> str:
    """Like `code_of`, in the database of a service with this master key; also works inside a running loop."""

    async def run() -> str:
        db = await open_database(url, pool_size=1)
        try:
            keyring = Keyring.of(MasterKeyFile(key_file))
            await load_sealer(db, keyring, now=wall_clock())
            return await code_of(db, keyring, name, now=wall_clock())
        finally:
            await db.close()

    with ThreadPoolExecutor(1) as thread:
        return thread.submit(lambda: asyncio.run(run())).result()
