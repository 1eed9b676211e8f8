"""Findings of `mshield log verify` in a test's database."""

from typing import Final

from mshield.server.database.interface import Database
from mshield.server.keys.keyring import Keyring
from mshield.server.log.open_log import open_log
from mshield.server.log.sequence import sequence
from mshield.server.log.verify import verify_log
from mshield.server.settings.settings import Settings

SETTINGS: Final = Settings.of(public_origin="https://shield.example")


async def found_by_the_log(db: Database, keyring: Keyring, *, now: int) -> set[tuple[str | None, str]]:
    """Logs all waiting rows, and returns table and code of each finding."""
    log = await open_log(db, keyring, SETTINGS.site, now=now)
    await sequence(log, now=now)
    report = await verify_log(log)
    return {(finding.table, finding.code) for finding in report.findings}
