"""A witness cosigns what continues the log it knows, and nothing else; its key verifies this."""

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pydantic import ValidationError

from mshield.cli.main import main
from mshield.cli.witness.memory import Memory
from mshield.cli.witness.server import MAX_BODY, answer, server
from mshield.client.witness import Witness
from mshield.pki.errors import LogFormError, LogProofError, LogSignatureError
from mshield.pki.tlog.add_checkpoint import AddCheckpoint, parse_add_checkpoint
from mshield.pki.tlog.cosignature import Cosignature, WitnessKey, cosign, cosignatures
from mshield.pki.tlog.merkle import (
    EMPTY_ROOT,
    Range,
    consistency_ranges,
    fold,
    leaf_hash,
    perfect_root,
    subtrees,
)
from mshield.pki.tlog.note import Checkpoint, VerifierKey, open_checkpoint
from mshield.server.log.read import read_checkpoint, read_cosigned, read_last_cosigned
from mshield.server.log.witnesses import AskWitnesses, WitnessDisagrees
from mshield.server.requests.checkpoint_stamps import checkpoint_for
from mshield.server.settings.settings import Settings
from mshield.wire.times import HOUR_MS
from tests.support.clock import START
from tests.support.filled_log import LoggedService
from tests.support.signing import execute
from tests.unit.client.test_log import Mirror

PRIVATE = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
LOG = VerifierKey("watched.example/log", PRIVATE.public_key().public_bytes_raw())
LEAVES = [leaf_hash(b"%d" % number) for number in range(40)]
SPEC = (
    "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n"
    "— example.com/behind-the-sofa "
    "Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
    "— witness.example.com/w1 "
    "jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n"
)
"""Example of C2SP tlog-cosignature, whose private key is unknown."""


def _range(leaves: list[bytes], start: int, end: int) -> bytes:
    return fold(
        [
            perfect_root(leaves[node.place << node.height : (node.place + 1) << node.height])
            for node in subtrees(Range(start, end))
        ]
    )


def _note(size: int, leaves: list[bytes] = LEAVES, *, key: VerifierKey = LOG) -> str:
    root = _range(leaves, 0, size) if size else EMPTY_ROOT
    return Checkpoint(key.name, size, root).sign(key, PRIVATE)


def _asked(old: int, size: int, leaves: list[bytes] = LEAVES) -> AddCheckpoint:
    proof = tuple(_range(leaves, *one) for one in consistency_ranges(old, size))
    return AddCheckpoint(old, proof, _note(size, leaves))


@pytest.fixture
def memory(tmp_path: Path) -> Memory:
    memory = Memory(tmp_path / "witness.db")
    memory.begin("witness.example/w1")
    memory.add_log(LOG)
    return memory


def _say(memory: Memory, asked: AddCheckpoint | bytes) -> tuple[int, str, str]:
    body = asked if isinstance(asked, bytes) else asked.encode()
    status, kind, text = answer(memory, body, now=START)
    return int(status), kind, text


def test_the_example_of_the_standard_has_our_form() -> None:
    assert cosignatures(SPEC, ()) == []
    line = SPEC.splitlines()[-1]
    key = WitnessKey("witness.example.com/w1", bytes(32))
    assert cosignatures(SPEC, (key,)) == []  # by another key: ignored
    made = cosign(SPEC, key, PRIVATE, now=1_679_315_147_999)
    assert len(made.split(" ")[2]) == len(line.split(" ")[2]) + 1
    with pytest.raises(LogSignatureError):
        cosignatures(SPEC + made, (key,))


def test_cosignature_has_witness_and_time(memory: Memory) -> None:
    key = memory.key()
    asked = _asked(0, 7)
    note = asked.note + memory.add(asked, now=START + 999)
    assert cosignatures(note, (key,)) == [Cosignature("witness.example/w1", START)]
    assert open_checkpoint(note, LOG).size == 7  # unchanged for readers without witnesses
    assert WitnessKey.parse(str(key)) == key
    with pytest.raises(LogFormError):
        VerifierKey.parse(str(key))
    with pytest.raises(LogFormError):
        WitnessKey.parse(str(LOG))
    for wrong in (note.replace("\n7\n", "\n8\n"), note.replace(LOG.name, "other.example/log", 1)):
        with pytest.raises(LogSignatureError):
            cosignatures(wrong, (key,))


@pytest.mark.parametrize("sizes", [(1, 2, 3, 8, 8, 40), (0, 0, 5), (16, 17), (7, 40)])
def test_continued_log_is_cosigned(memory: Memory, sizes: tuple[int, ...]) -> None:
    known = 0
    for size in sizes:
        status, _, line = _say(memory, _asked(known, size))
        assert status == HTTPStatus.OK
        assert cosignatures(_note(size) + line, (memory.key(),))
        known = size
    assert memory.logs() == [(LOG.name, sizes[-1])]


OTHER = [leaf_hash(b"other %d" % number) for number in range(40)]
REFUSED: dict[str, tuple[AddCheckpoint | bytes, int]] = {
    "another past": (AddCheckpoint(8, _asked(8, 20, OTHER).proof, _note(20, OTHER)), 422),
    "no proof": (AddCheckpoint(8, (), _note(20)), 422),
    "a hash too many": (AddCheckpoint(8, (*_asked(8, 20).proof, bytes(32)), _note(20)), 422),
    "the same size with another root": (AddCheckpoint(8, (), _note(8, OTHER)), 409),
    "a proof for the same size": (AddCheckpoint(8, (bytes(32),), _note(8)), 422),
    "a smaller log": (AddCheckpoint(7, (), _note(7)), 409),
    "an old size that isn't known": (_asked(4, 20), 409),
    "from the beginning once more": (_asked(0, 20), 409),
    "an old size above the new": (AddCheckpoint(9, (), _note(8)), 400),
    "another log": (
        AddCheckpoint(0, (), _note(8, key=VerifierKey("other.example/log", LOG.public))), 404,
    ),
    "another key": (
        AddCheckpoint(8, _asked(8, 20).proof, _note(20, key=VerifierKey(LOG.name, bytes(32)))), 403,
    ),
    "a wrong signature": (AddCheckpoint(8, _asked(8, 20).proof, _note(20).replace("\n20\n", "\n21\n")), 403),
    "64 hashes": (AddCheckpoint(8, (bytes(32),) * 64, _note(20)), 400),
    "a short hash": (b"old 8\nAAAA\n\n" + _note(20).encode(), 400),
    "a zero before": (b"old 08\n\n" + _note(8).encode(), 400),
    "no old size": (b"\n\n" + _note(8).encode(), 400),
    "no text": (b"\xff\xfe", 400),
    "nothing": (b"", 400),
}  # fmt: skip


@pytest.mark.parametrize(("asked", "status"), REFUSED.values(), ids=REFUSED)
def test_other_requests_are_not_cosigned(memory: Memory, asked: AddCheckpoint | bytes, status: int) -> None:
    assert _say(memory, _asked(0, 8))[0] == HTTPStatus.OK
    said, kind, text = _say(memory, asked)
    assert (said, "—" in text) == (status, False)
    assert (kind, text) == ("text/x.tlog.size", "8\n") or status != HTTPStatus.CONFLICT
    assert memory.logs() == [(LOG.name, 8)]
    assert _say(memory, _asked(8, 20))[0] == HTTPStatus.OK


def test_one_of_concurrent_forks_is_cosigned(memory: Memory) -> None:
    """Two logs that fork after 8 entries."""
    parted = LEAVES[:8] + OTHER[8:]
    assert _say(memory, _asked(0, 8))[0] == HTTPStatus.OK
    asked = [_asked(8, size, leaves) for size in (9, 20, 33, 40) for leaves in (LEAVES, parted)]
    with ThreadPoolExecutor(8) as pool:
        said = list(pool.map(lambda one: _say(memory, one)[0], asked))
    assert sorted(said) == [HTTPStatus.OK] + [HTTPStatus.CONFLICT] * 7


def test_witness_remembers_across_restarts_and_refuses_a_second_key(memory: Memory, tmp_path: Path) -> None:
    assert _say(memory, _asked(0, 8))[0] == HTTPStatus.OK
    again = Memory(tmp_path / "witness.db")
    assert (again.key(), again.logs()) == (memory.key(), [(LOG.name, 8)])
    again.add_log(LOG)
    assert again.logs() == [(LOG.name, 8)]
    with pytest.raises(LogFormError):
        again.add_log(VerifierKey(LOG.name, bytes(32)))
    with pytest.raises(FileExistsError):
        again.begin("witness.example/w2")
    assert (tmp_path / "witness.db").stat().st_mode & 0o777 == 0o600
    with pytest.raises(LogFormError):
        Memory(tmp_path / "none.db").key()
    (tmp_path / "text").write_text("not a database, whatever it is called")
    with pytest.raises(LogFormError):
        Memory(tmp_path / "text").key()


@pytest.fixture
def address(memory: Memory) -> Iterator[str]:
    with server(memory, "127.0.0.1", 0, clock=lambda: START) as served:
        thread = threading.Thread(target=served.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{served.server_address[1]}"
        served.shutdown()
        thread.join()


async def test_a_real_log_is_witnessed_over_http(
    service: LoggedService, memory: Memory, address: str
) -> None:
    memory.add_log(service.log.key.verifier)
    mirror = Mirror(service)
    await mirror.copy()
    with mirror.reader() as reader, Witness(address, str(memory.key())) as witness:
        older = reader.checkpoint()
        for _ in range(2):
            noted = reader.checkpoint()
            note = witness.cosign(reader, noted)
            assert cosignatures(note, (witness.key,)) == [Cosignature("witness.example/w1", START)]
            assert open_checkpoint(note, reader.key) == noted.checkpoint
            await service.sign(await service.certify(), count=300)
            await service.sequence()
            await mirror.copy()
        witness.cosign(reader, reader.checkpoint())
        with pytest.raises(LogProofError):
            witness.cosign(reader, older)
    other = WitnessKey("witness.example/w1", bytes(31) + b"\x01")
    with mirror.reader() as reader, Witness(address, other) as witness, pytest.raises(LogSignatureError):
        witness.cosign(reader, reader.checkpoint())


async def test_service_collects_and_publishes_cosignatures(
    service: LoggedService, memory: Memory, address: str
) -> None:
    log, key = service.log, memory.key()
    memory.add_log(log.key.verifier)
    away = WitnessKey("witness.example/away", bytes(31) + b"\x01")
    settings = Settings.of(witnesses=(f"http://127.0.0.1:1 {away}", f"{address} {key}"))
    ask = AskWitnesses(log, settings.log.witness_places)
    assert await read_last_cosigned(log) is None
    assert [await ask(now=START) for _ in range(2)] == [1, 0]  # an absent witness delays nobody
    first = await read_cosigned(log)
    assert cosignatures(first, (key,)) == [Cosignature(key.name, START)]
    assert first.startswith(await read_checkpoint(log))
    await service.sign(await service.certify(), count=300)
    await service.sequence()
    # The latest checkpoint has no cosignature yet and is returned as it is; the last cosigned one on request.
    assert await read_cosigned(log) == await read_checkpoint(log)
    assert await read_last_cosigned(log) == first
    assert await ask(now=START + HOUR_MS) == 1
    second = await read_cosigned(log)
    assert cosignatures(second, (key,))
    # Evidence is proven by the first cosigned checkpoint with its entry.
    size = open_checkpoint(first, log.key.verifier).size
    for index, note in ((0, first), (size - 1, first), (size, second)):
        assert await checkpoint_for(log, index=index, now=START) == (note, ())
    await execute(service.db, "UPDATE checkpoint_cosignatures SET checkpoint = $1", _note(40))
    assert await checkpoint_for(log, index=0, now=START) == (await read_checkpoint(log), ())


async def test_log_unknown_to_its_witness_fails_the_job(
    service: LoggedService, memory: Memory, address: str
) -> None:
    memory.add_log(service.log.key.verifier)
    ask = AskWitnesses(service.log, Settings.of(witnesses=(f"{address} {memory.key()}",)).log.witness_places)
    assert await ask(now=START) == 1
    checkpoint = open_checkpoint(await read_checkpoint(service.log), service.log.key.verifier)
    await execute(service.db, "DELETE FROM checkpoint_cosignatures")
    for size in (checkpoint.size - 1, checkpoint.size):  # a truncated log; a log with another past
        other = service.log.key.sign(Checkpoint(checkpoint.origin, size, bytes(32)))
        await execute(service.db, "UPDATE log_state SET checkpoint = $1", other)
        with pytest.raises(WitnessDisagrees):
            await ask(now=START)
    assert await read_last_cosigned(service.log) is None


_WITNESS = WitnessKey("w.example/w1", LOG.public)


@pytest.mark.parametrize(
    "text", ["https://w.example", f"http://w.example {_WITNESS}", "x y", f"https://w.example {LOG}"]
)
def test_a_witness_is_named_by_address_and_key(text: str) -> None:
    with pytest.raises(ValidationError):
        Settings.of(witnesses=(text,))


def _run(*arguments: str) -> str:
    done = CliRunner().invoke(main, ["--lang", "en", "witness", *arguments])
    assert done.exit_code == 0, done.output
    return done.output


def test_commands_make_a_witness_and_read_its_cosignatures(tmp_path: Path) -> None:
    file, note = tmp_path / "w.db", tmp_path / "checkpoint"
    vkey = _run("init", "--state", str(file), "--name", "witness.example/w2").strip()
    _run("add-log", str(LOG), "--state", str(file))
    assert _run("list", "--state", str(file)).splitlines() == [vkey, f"{LOG.name}: 0"]
    asked = _asked(0, 9)
    line = Memory(file).add(asked, now=START)
    note.write_text(asked.note + line, "utf-8")
    told = json.loads(_run("check", str(note), "--key", str(LOG), "--witness-key", vkey, "--json"))
    assert told["cosignatures"] == [{"witness": "witness.example/w2", "at": START}]
    note.write_text(asked.note, "utf-8")
    refused = CliRunner().invoke(
        main, ["witness", "check", str(note), "--key", str(LOG), "--witness-key", vkey, "--json"]
    )
    assert (refused.exit_code, json.loads(refused.output)["error"]["code"]) == (1, "bad_log_signature")


def test_over_http_other_addresses_and_long_bodies_are_refused(address: str) -> None:
    with httpx.Client(trust_env=False) as http:
        assert http.post(f"{address}/other", content=b"x").status_code == 404
        assert http.get(f"{address}/add-checkpoint").status_code == 501
        assert http.post(f"{address}/add-checkpoint", content=bytes(MAX_BODY + 1)).status_code == 400
        assert http.post(f"{address}/add-checkpoint", content=iter([b"x"])).status_code == 400
        asked = _asked(0, 8)
        answered = http.post(f"{address}/add-checkpoint", content=asked.encode())
    assert answered.status_code == 200
    assert parse_add_checkpoint(asked.encode()) == asked
