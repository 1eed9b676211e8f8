"""Sequencers are killed, several at once on one PostgreSQL, and the database too: the result is one growing log."""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Final

import pytest

from mshield.pki.tlog.merkle import check_consistency
from mshield.pki.tlog.note import Checkpoint, open_checkpoint
from mshield.server.database.opening import open_database
from mshield.server.keys.keyring import Keyring
from mshield.server.keys.master import generate_master_key
from mshield.server.keys.sources import MasterKeyFile
from mshield.server.log.read import read_checkpoint
from mshield.server.log.rows import log as store
from mshield.server.log.sequence import sequence
from mshield.server.log.verify import verify_log
from tests.log.sequencer import Doom, number_rows
from tests.support.filled_log import LoggedService
from tests.support.forked import PROCESSES
from tests.support.postgresql import Server

pytestmark = pytest.mark.slow

KILLS: Final = 15
SEQUENCERS: Final = 3
_SECONDS: Final = 60
_STATEMENTS: Final = (2, 3, 4)
"""Statements to die before; a batch has at least four: the new size, places of rows, a tile, a bundle."""


@contextmanager
def _sequencers(url: str, key_file: Path, doom: Doom | None = None) -> Iterator[list[BaseProcess]]:
    running = [_start(url, key_file, doom) for _ in range(SEQUENCERS)]
    try:
        yield running
    finally:
        for process in running:
            process.kill()
            process.join()


def _start(url: str, key_file: Path, doom: Doom | None) -> BaseProcess:
    process = PROCESSES.Process(target=number_rows, args=(url, key_file, doom))
    process.start()
    return process


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    file = MasterKeyFile(tmp_path / "master.key")
    file.create(generate_master_key("aes"))
    return file.path


@pytest.fixture
async def service(durable_postgresql: Server, key_file: Path) -> AsyncIterator[LoggedService]:
    db = await open_database(durable_postgresql.url("mshield"), pool_size=2)
    made = await LoggedService.on(db, Keyring.of(MasterKeyFile(key_file)))
    yield made
    await made.db.close()


async def _checkpoint(service: LoggedService) -> Checkpoint:
    return open_checkpoint(await read_checkpoint(service.log), service.log.key.verifier)


async def _grown(service: LoggedService, size: int) -> Checkpoint:
    """Returns the checkpoint, once the log has more than `size` entries."""
    deadline = time.monotonic() + _SECONDS
    while (found := await _checkpoint(service)).size <= size:
        assert time.monotonic() < deadline, "no sequencer works"
        await asyncio.sleep(0.01)
    return found


async def _victim(running: list[BaseProcess], doom: Doom) -> int:
    """Returns the index of the process that died."""
    sentinels = [process.sentinel for process in running]
    ended = await asyncio.to_thread(lambda: wait(sentinels, _SECONDS))
    assert ended, "no sequencer writes"
    assert doom.value == 0
    return next(at for at, sentinel in enumerate(sentinels) if sentinel in ended)


@pytest.mark.long
async def test_killed_sequencers_leave_one_log(
    service: LoggedService, durable_postgresql: Server, key_file: Path
) -> None:
    dice = random.Random(20181100)  # noqa: S311  # chooses whom to kill
    serial = await service.certify()
    url = durable_postgresql.url("mshield")
    seen: list[Checkpoint] = []
    sids: list[bytes] = []
    doom: Doom = PROCESSES.Value("i", 0)
    with _sequencers(url, key_file, doom) as running:
        for kill in range(KILLS):
            seen.append(await _grown(service, seen[-1].size if seen else 0))
            doom.value = dice.choice(_STATEMENTS) if kill % 3 else 0
            sids += await service.sign(serial, count=dice.randrange(1, 1500))
            victim = await _victim(running, doom) if kill % 3 else dice.randrange(SEQUENCERS)
            running[victim].kill()
            running[victim].join()
            running[victim] = _start(url, key_file, doom)
    await sequence(service.log, now=service.now)
    last = await _checkpoint(service)
    assert last.size == 1 + 3 + len(sids)  # its issue, and the rows of its holder and enterprise
    for old in seen:
        proof = await service.prove_consistency(old=old.size, size=last.size)
        check_consistency(old=old.size, size=last.size, old_root=old.root, root=last.root, proof=proof)
    report = await verify_log(service.log)
    assert (report.findings, report.waiting) == ([], 0)


async def test_the_database_loses_power_while_rows_are_numbered(
    service: LoggedService, durable_postgresql: Server, key_file: Path
) -> None:
    serial = await service.certify()
    url = durable_postgresql.url("mshield")
    notes: list[str] = []
    places: dict[bytes, int] = {}
    for _ in range(3):
        sids = await service.sign(serial, count=400)
        with _sequencers(url, key_file):
            await _grown(service, len(places))
            notes.append(await read_checkpoint(service.log))
            for sid in sids:
                if (place := await store.log_position(service.db, sid=sid)) is not None:
                    places[sid] = place
            await service.db.close()
            durable_postgresql.kill()
        durable_postgresql.start()
        sealer, service.db = service.db.sealer, await open_database(url, pool_size=2)
        service.db.sealer = sealer
        service.log = type(service.log)(service.db, service.log.key)
    await sequence(service.log, now=service.now)
    for note in notes:
        assert (await verify_log(service.log, since=note)).findings == []
    for sid, place in places.items():
        assert await store.log_position(service.db, sid=sid) == place
