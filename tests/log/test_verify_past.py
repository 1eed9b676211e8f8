"""A log that grew is consistent with its past; a stored checkpoint reveals one that was restored or rewritten."""

# ruff: noqa: S608  the names in the statements are the schema's own

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from mshield.server.database.opening import open_database
from mshield.server.keys.keyring import Keyring
from mshield.server.keys.seals import load_sealer
from mshield.server.log.damage import LogDamaged
from mshield.server.log.open_log import open_log
from mshield.server.log.read import prove_inclusion, read_checkpoint
from mshield.server.log.rename_log import rename_log
from mshield.server.log.sequence import sequence
from mshield.server.log.verify import Report, verify_log
from tests.support.clock import START
from tests.support.filled_log import SETTINGS, SOURCES, LoggedService
from tests.support.intruder import Intruder


async def _check(service: LoggedService, *, since: str | None = None) -> Report:
    return await verify_log(service.log, since=since)


async def test_a_log_that_grew_agrees_with_its_past(service: LoggedService) -> None:
    old = await read_checkpoint(service.log)
    await service.sign(await service.certify(), count=300)
    await service.sequence()
    assert (await _check(service, since=old)).holds
    assert (await _check(service, since=await read_checkpoint(service.log))).holds


async def test_checkpoint_of_another_log_is_refused(service: LoggedService) -> None:
    old = (await read_checkpoint(service.log)).replace("shield", "shiald")
    assert [each.code for each in (await _check(service, since=old)).findings] == ["bad_since"]


async def test_restored_database_is_detected_by_a_stored_checkpoint(
    sqlite_url: str, keyring: Keyring, tmp_path: Path
) -> None:
    file = Path(sqlite_url.removeprefix("sqlite:///"))
    backup = tmp_path / "backup.db"
    db = await open_database(sqlite_url, pool_size=1)
    service = await LoggedService.on(db, keyring)
    serial = await service.live()
    with closing(sqlite3.connect(file)) as source, closing(sqlite3.connect(backup)) as target:
        source.backup(target)
    await service.sign(serial)
    await service.sequence()
    later = await read_checkpoint(service.log)
    await db.close()
    shutil.copy(backup, file)
    for leftover in file.parent.glob(f"{file.name}-*"):
        leftover.unlink()
    db = await open_database(sqlite_url, pool_size=1)
    await load_sealer(db, keyring, now=START)
    log = await open_log(db, keyring, SETTINGS.site, now=START)
    assert (await verify_log(log)).holds
    assert [each.code for each in (await verify_log(log, since=later)).findings] == ["truncated"]
    # Continuing from there doesn't hide it.
    service.db, service.log = db, log
    for _ in range(3):
        await service.act()
    await service.sequence()
    assert (await verify_log(log)).holds
    assert [each.code for each in (await verify_log(log, since=later)).findings] == ["rewritten"]
    await db.close()


async def test_a_declared_restore_gives_the_log_another_name(service: LoggedService) -> None:
    old, proof = service.log.key.verifier, await prove_inclusion(service.log, index=3)
    note = await read_checkpoint(service.log)
    assert await rename_log(service.db, service.keyring, now=service.now) is not None
    log = await open_log(service.db, service.keyring, SETTINGS.site, now=START)
    assert log.key.verifier.name == "shield.example/log/2"
    assert (await verify_log(log)).holds
    assert [each.code for each in (await verify_log(log, since=note)).findings] == ["bad_since"]
    assert proof.check(old).index == 3
    await service.act()
    # A process with the old name can't add anything.
    with pytest.raises(LogDamaged):
        await sequence(service.log, now=service.now)
    assert await sequence(log, now=service.now) == 1
    again = await prove_inclusion(log, index=3)
    assert again.check(log.key.verifier).entry == proof.check(old).entry
    await rename_log(service.db, service.keyring, now=service.now)
    assert (await open_log(service.db, service.keyring, SETTINGS.site, now=START)).key.verifier.name.endswith(
        "/3"
    )


async def test_rewritten_log_is_detected_by_a_stored_checkpoint(
    service: LoggedService, intruder: Intruder
) -> None:
    old = await read_checkpoint(service.log)
    intruder.run("DELETE FROM acts")
    for table in SOURCES:
        intruder.run(f"UPDATE {table} SET log_index = NULL")
    for table in ("log_tiles", "log_bundles", "log_state"):
        intruder.run(f"DELETE FROM {table}")
    await open_log(service.db, service.keyring, SETTINGS.site, now=START)  # with the log's own key
    await service.sign(await service.certify(), count=5)
    await service.sequence()
    assert (await _check(service)).holds
    assert [each.code for each in (await _check(service, since=old)).findings] == ["rewritten"]
