"""The log from outside: what a reader with its address and key finds, from files as any mirror serves them."""

import hashlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import httpx
import pytest

from mshield.client.errors import NetworkError, ProblemError, ProtocolError
from mshield.client.log import (
    LogFormError,
    LogProofError,
    LogReader,
    LogSignatureError,
    Noted,
    check_signature_entry,
    parse_proof,
)
from mshield.pki.tlog.entry import ActEntry, CertificateEntry, Published, SignatureEntry, parse_entry
from mshield.pki.tlog.tiles import WIDTH, bundle_path, split_bundle, tile_at
from mshield.server.database.opening import open_database
from mshield.server.keys.keyring import Keyring
from mshield.server.log.read import prove_inclusion, read_bundle, read_checkpoint, read_tile
from mshield.server.log.rows import log as store
from tests.support.filled_log import ORIGIN, LoggedService
from tests.support.signing import fetch

URL = "https://mirror.example/log"


@dataclass(slots=True)
class Mirror:
    """A mirror of the log's files; `requests` records the calls."""

    service: LoggedService
    files: dict[str, bytes] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)

    async def copy(self) -> None:
        """Copies the log's current files."""
        note = await read_checkpoint(self.service.log)
        self.files["checkpoint"] = note.encode()
        size = int(note.split("\n")[1])
        for level in range(3):
            for number in range(-(-(size >> 8 * level) // WIDTH)):
                tile = tile_at(level, number, size)
                self.files[tile.path] = await read_tile(self.service.log, tile) or b""
                if level == 0:
                    bundle = await read_bundle(self.service.log, number=number, width=tile.width)
                    self.files[bundle_path(number, tile.width)] = bundle or b""

    def reader(self, key: str | None = None) -> LogReader:
        return LogReader(
            URL + "/", key or str(self.service.log.key.verifier), transport=httpx.MockTransport(self._answer)
        )

    def _answer(self, request: httpx.Request) -> httpx.Response:
        path = str(request.url).removeprefix(f"{URL}/")
        self.requests.append(path)
        return httpx.Response(200, content=self.files[path]) if path in self.files else httpx.Response(404)


@dataclass(slots=True)
class Past:
    """Known entries of the mirror's log."""

    serial: str
    sids: list[bytes]
    mirror: Mirror


@pytest.fixture
async def past(sqlite_url: str, keyring: Keyring) -> AsyncIterator[Past]:
    db = await open_database(sqlite_url, pool_size=1)
    service = await LoggedService.on(db, keyring)
    serial = await service.live()
    sids = await service.sign(serial, count=600)
    await service.sequence()
    mirror = Mirror(service)
    await mirror.copy()
    yield Past(serial, sids, mirror)
    await db.close()


async def test_a_signature_is_proved_offline(past: Past) -> None:
    service = past.mirror.service
    with past.mirror.reader() as reader:
        noted = reader.checkpoint()
        assert (noted.checkpoint.origin, noted.checkpoint.size) == (ORIGIN, 622)
        reader.check_root(noted.checkpoint)
        for sid in (past.sids[0], past.sids[300], past.sids[-1]):
            index = reader.find_signature(sid, noted.checkpoint)
            assert index == await store.log_position(service.db, sid=sid)
            assert index is not None
            proof = reader.prove(index, noted)
            assert proof == await prove_inclusion(service.log, index=index)
            logged = parse_proof(json.dumps(proof.to_json())).check(reader.key)
            row = await fetch(service.db, "SELECT digest, signature FROM signatures WHERE sid = $1", sid)
            digest, signature = row["digest"], row["signature"]
            assert isinstance(digest, bytes)
            assert isinstance(signature, bytes)
            check_signature_entry(logged, sid=sid, digest=digest, signature=signature)
            for wrong in ({"sid": bytes(16)}, {"digest": bytes(32)}, {"signature": bytes(64)}):
                with pytest.raises(LogProofError):
                    check_signature_entry(
                        logged, **{"sid": sid, "digest": digest, "signature": signature, **wrong}
                    )
        assert reader.find_signature(bytes(16), noted.checkpoint) is None


async def test_a_certificate_is_proved_by_its_der(past: Past) -> None:
    service = past.mirror.service
    index = await store.certificate_position(service.db, serial=past.serial)
    entry = (await prove_inclusion(service.log, index=index)).check(service.log.key.verifier).entry
    assert isinstance(entry, CertificateEntry)
    der = (await fetch(service.db, "SELECT der FROM certificates WHERE serial = $1", past.serial))["der"]
    assert isinstance(der, bytes)
    assert entry.certificate == _sha256(der)
    assert (entry.serial.hex(), entry.status) == (past.serial, Published.GOOD)


async def test_entries_reveal_nobody(past: Past) -> None:
    entries = [
        each
        for path, octets in past.mirror.files.items()
        if "entries" in path
        for each in split_bundle(octets)
    ]
    kinds = [type(parse_entry(each)) for each in entries]
    assert (kinds.count(CertificateEntry), kinds.count(SignatureEntry), kinds.count(ActEntry)) == (5, 605, 10)
    events = [each for each in map(parse_entry, entries) if isinstance(each, CertificateEntry)]
    assert [each.status.name for each in events] == ["GOOD", "GOOD", "ON_HOLD", "REVOKED", "ON_HOLD"]
    public = b"".join(past.mirror.files.values())
    db, seen = past.mirror.service.db, []
    for table in ("certificates", "certificate_events", "acts", "accounts", "devices", "enterprises"):
        row = await fetch(db, f"SELECT * FROM {table} LIMIT 1")  # noqa: S608  # the names above
        for name, value in row.items():
            texts = (
                [value.encode()] if isinstance(value, str) else [value] if isinstance(value, bytes) else []
            )
            seen += [
                (table, name)
                for each in texts
                if len(each) > 3 and (each in public or _sha256(each) in public)
            ]
    # Only the hash of a certificate, as docs/log.md says. (Serials are bytes here.)
    assert set(seen) <= {("certificates", "der")}


def _sha256(value: bytes) -> bytes:
    return hashlib.sha256(value).digest()


async def test_growth_of_the_log_is_proven(past: Past) -> None:
    service = past.mirror.service
    with past.mirror.reader() as reader:
        old = reader.checkpoint()
        await service.sign(past.serial, count=200)
        await service.sequence()
        await past.mirror.copy()
        new = reader.checkpoint()
        assert new.checkpoint.size == 822
        reader.check_grown(old.checkpoint, new.checkpoint)
        reader.check_grown(new.checkpoint, new.checkpoint)
        with pytest.raises(LogProofError):
            reader.check_grown(new.checkpoint, old.checkpoint)


async def test_forked_log_under_the_same_key_is_detected(past: Past, keyring: Keyring) -> None:
    with past.mirror.reader() as reader:
        now = reader.checkpoint()
        for wrong in (100, 256, 512, 622):
            other = type(now.checkpoint)(ORIGIN, wrong, bytes(32))
            with pytest.raises(LogProofError):
                reader.check_grown(other, now.checkpoint)


def _audit(mirror: Mirror) -> None:
    """Runs every check that a reader can make of the log."""
    with mirror.reader() as reader:
        noted = reader.checkpoint()
        reader.check_root(noted.checkpoint)
        for start in (0, 256, 512):
            reader.entries(start, noted.checkpoint)
        for index in (0, 300, 611):
            reader.prove(index, noted)


async def test_each_changed_file_is_detected(past: Past) -> None:
    _audit(past.mirror)
    right = dict(past.mirror.files)
    for path, octets in right.items():
        changed = [
            octets[:place] + bytes([octets[place] ^ 1]) + octets[place + 1 :]
            for place in (0, len(octets) // 2, len(octets) - 1)
        ]
        for wrong in (octets[:-1], octets + b"\x00", *changed):
            past.mirror.files = {**right, path: wrong}
            with pytest.raises((LogFormError, LogProofError, LogSignatureError)):
                _audit(past.mirror)


async def test_another_key_is_refused(past: Past) -> None:
    other = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8"
    with past.mirror.reader(other) as reader, pytest.raises(LogSignatureError):
        reader.checkpoint()


async def test_needed_files_are_fetched_once(past: Past) -> None:
    with past.mirror.reader() as reader:
        noted = reader.checkpoint()
        past.mirror.requests.clear()
        reader.prove(300, noted)
        assert len(past.mirror.requests) == len(set(past.mirror.requests)) <= 5
        past.mirror.requests.clear()
        reader.prove(301, noted)
        assert past.mirror.requests == ["tile/entries/001"]


async def test_missing_file_or_network_failure_is_reported(past: Past) -> None:
    note = past.mirror.files["checkpoint"]
    past.mirror.files = {"checkpoint": note}
    with past.mirror.reader() as reader:
        with pytest.raises(ProblemError):
            reader.check_root(reader.checkpoint().checkpoint)
        past.mirror.files = {"checkpoint": bytes(20_000_000)}
        with pytest.raises(ProtocolError):
            reader.checkpoint()

    def down(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    key = str(past.mirror.service.log.key.verifier)
    with LogReader(URL, key, transport=httpx.MockTransport(down)) as reader, pytest.raises(NetworkError):
        reader.checkpoint()


@pytest.mark.parametrize("index", [-1, 622, 10**9])
async def test_missing_entry_has_no_proof(past: Past, index: int) -> None:
    with past.mirror.reader() as reader:
        noted: Noted = reader.checkpoint()
        with pytest.raises(LogProofError):
            reader.prove(index, noted)
