"""A month of signatures and one of acts as archive lines, for `seeds.py`."""

import asyncio
import gzip
import json
import tempfile
from pathlib import Path

from mshield.gm.engine import load_engine
from mshield.server.database.interface import Database
from mshield.server.database.migrate import migrate
from mshield.server.database.opening import open_database
from mshield.server.keys.keyring import Keyring
from mshield.server.retention.archive.proofs import Prover
from mshield.server.retention.archive.write import Archive
from tests.retention.test_retention import SETTINGS, Kept
from tests.support.clock import Clock
from tests.support.filled_log import LoggedService
from tests.support.seals import SEALER

_MONTH = "2026-11"


def archives() -> list[bytes]:
    """Returns one JSON list of lines for each."""
    with tempfile.TemporaryDirectory() as name:
        return [asyncio.run(_archived(Path(name), kind)) for kind in ("signatures", "acts")]


async def _archived(folder: Path, kind: str) -> bytes:
    url = f"sqlite:///{folder / kind}.db"
    await asyncio.to_thread(migrate, url)
    db = await open_database(url)
    db.sealer = SEALER
    try:
        file = await (_signatures(db, folder) if kind == "signatures" else _acts(db, folder))
    finally:
        await db.close()
    return json.dumps([json.loads(line) for line in gzip.decompress(file.read_bytes()).splitlines()]).encode()


async def _signatures(db: Database, folder: Path) -> Path:
    clock = Clock()
    kept = await Kept.on(db, Keyring.generate(), clock)
    clock.advance(seconds=300 * 86_400)
    await kept.later(0)
    archive = Archive(db, kept.make.log, SETTINGS, folder)
    await archive.write(_MONTH, await kept.prover(), now=clock())
    return archive.files(_MONTH)[0]


async def _acts(db: Database, folder: Path) -> Path:
    keyring = Keyring.generate()
    service = await LoggedService.on(db, keyring)
    await service.live()
    archive = Archive(db, service.log, SETTINGS, folder).of("acts")
    prover = await Prover.of(service.log, keyring, load_engine(), SETTINGS)
    await archive.write(_MONTH, prover, now=service.now + 500 * 86_400_000)
    return archive.files(_MONTH)[0]
