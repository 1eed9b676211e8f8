"""What `mshield log verify` finds in a test's database."""

from typing import Final

from mshield.keys.keyring import Keyring
from mshield.services.log.open_log import open_log
from mshield.services.log.sequence import sequence
from mshield.services.log.verify import verify_log
from mshield.settings import Settings
from mshield.store.database.interface import Database

SETTINGS: Final = Settings(public_origin="https://shield.example")


async def found_by_the_log(db: Database, keyring: Keyring, *, now: int) -> set[tuple[str | None, str]]:
    """Table and code of each finding, once all that waits is logged."""
    log = await open_log(db, keyring, SETTINGS, now=now)
    await sequence(log, now=now)
    report = await verify_log(log)
    return {(finding.table, finding.code) for finding in report.findings}
