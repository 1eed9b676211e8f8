"""The log over HTTP: paths, types and caching of C2SP tlog-tiles, and nothing under other spellings."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

import httpx
import pytest

from mshield.pki.tlog.merkle import leaf_hash
from mshield.pki.tlog.note import open_checkpoint
from mshield.pki.tlog.tiles import split_bundle
from mshield.server.database.interface import Database
from mshield.server.http.publication.log import router
from mshield.server.keys.keyring import Keyring
from mshield.server.log.open_log import Log
from tests.support.cases import cases
from tests.support.clock import Clock
from tests.support.filled_log import LoggedService
from tests.support.serving import serving


@dataclass(frozen=True, slots=True)
class _Context:
    """The part of the service's context that these routes need."""

    log: Log
    clock: Callable[[], int]


@dataclass(frozen=True, slots=True)
class _World:
    service: LoggedService
    http: httpx.AsyncClient


@pytest.fixture
async def world(db: Database, keyring: Keyring, clock: Clock) -> AsyncIterator[_World]:
    service = await LoggedService.on(db, keyring)
    await service.sign(await service.certify(), count=296)
    await service.sequence()
    transport = httpx.ASGITransport(serving(router.routes, _Context(service.log, clock)))
    async with httpx.AsyncClient(transport=transport, base_url="https://shield.example") as http:
        yield _World(service, http)


async def test_checkpoint_is_served_for_a_second(world: _World) -> None:
    answer = await world.http.get("/log/checkpoint")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.headers["cache-control"] == "public, max-age=1"
    assert open_checkpoint(answer.text, world.service.log.key.verifier).size == 300


@cases(
    ("path", "length"),
    [("0/000", 8192), ("0/001.p/44", 44 * 32), ("0/000.p/7", 224), ("1/000.p/1", 32)],
)
async def test_tiles_are_served_as_immutable(world: _World, path: str, length: int) -> None:
    answer = await world.http.get(f"/log/tile/{path}")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert len(answer.content) == length


@cases("place", ["000", "001.p/44", "000.p/1"])
async def test_entry_bundles_are_served_as_immutable(world: _World, place: str) -> None:
    answer = await world.http.get(f"/log/tile/entries/{place}")
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    tile = (await world.http.get(f"/log/tile/0/{place}")).content
    assert b"".join(map(leaf_hash, split_bundle(answer.content))) == tile


@cases(
    "path",
    [
        "tile/0/001", "tile/0/001.p/45", "tile/0/002", "tile/1/000", "tile/1/000.p/2", "tile/2/000.p/1",
        "tile/0/000.p/0", "tile/0/000.p/256", "tile/0/0", "tile/00/000", "tile/8/000", "tile/-1/000",
        "tile/x/000", "tile/0/x000/000",
        "tile/0/x999/x999/x999/x999/x999/x999/999", "tile/0/", "tile/entries/001", "tile/entries/001.p/45",
        "tile/entries/", "tile/entries/000.p/", "tile/entries/١٢٣", "other", "",
    ],
)  # fmt: skip
async def test_other_log_paths_are_not_found(world: _World, path: str) -> None:
    answer = await world.http.get(f"/log/{path}")
    assert answer.status_code == 404
    assert "immutable" not in answer.headers.get("cache-control", "")


async def test_published_tiles_never_change(world: _World) -> None:
    paths = ("tile/0/001.p/44", "tile/entries/001.p/44", "tile/1/000.p/1")
    before = [(await world.http.get(f"/log/{path}")).content for path in paths]
    await world.service.sign(await world.service.certify(), count=300)
    await world.service.sequence()
    assert [(await world.http.get(f"/log/{path}")).content for path in paths] == before
