"""Changing the master key: everything opens before, during and after, with a running service, kills and repeats."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mshield.server.acts.rows import approvals
from mshield.server.acts.rows.approvals import NewApproval
from mshield.server.authorities.authority import load_authorities
from mshield.server.database.interface import Database, Tx
from mshield.server.database.opening import open_database
from mshield.server.filing.rows import proposals
from mshield.server.filing.rows.proposals import NewProposal
from mshield.server.keys.errors import MasterKeyInUse, SealError
from mshield.server.keys.keyring import Keyring
from mshield.server.keys.master import MasterKey, generate_master_key, parse_master_keys
from mshield.server.keys.secrets import load_lookup_key
from mshield.server.keys.sources import EnvironmentKeys, MasterKeyFile
from mshield.server.maintenance.rotate_keys import (
    SETTLE_MS,
    Rotation,
    box_context,
    count_boxes,
    drop_old_keys,
    rotate_keys,
)
from mshield.server.maintenance.rows.boxes import BOXES, list_old
from mshield.server.notices import push as push_service
from mshield.server.notices.rows import push
from mshield.server.notices.rows.push import Subscription
from mshield.server.oidc.keys import OidcKeys
from mshield.server.settings.settings import Settings
from mshield.server.staff.rules import QUESTION_BOX, question_context
from mshield.server.systems.register import register_system
from mshield.server.values.id_numbers import PROPOSAL_BOX
from mshield.server.webhooks.endpoints import WebhookEndpoints
from tests.support.acts import acts_on
from tests.support.ca_boxes import put_ca_boxes
from tests.support.clock import START
from tests.support.issuing import Ca, long_share, make_ca, person
from tests.support.signing import execute, fetch
from tests.support.staff import set_up

PEOPLE = 5


@pytest.fixture(params=["aes", "sm4"])
def source(request: pytest.FixtureRequest, tmp_path: Path) -> MasterKeyFile:
    file = MasterKeyFile(tmp_path / "master.key")
    file.create(generate_master_key(request.param))
    return file


@pytest.fixture
async def ca(db: Database, source: MasterKeyFile) -> Ca:
    """A CA, and people with every kind of box."""
    made = await make_ca(db, Keyring.of(source), now=START)
    new, *_ = [(await person(db, made.keyring, made.engine, now=START, share=True))[0] for _ in range(PEOPLE)]
    await OidcKeys(db, made.keyring).current(START)
    await made.issue.reserve(new, now=START)
    await put_ca_boxes(db, made.keyring)
    await _webhook_endpoint(db, made.keyring)
    await _push_address(db, made.keyring)
    await _question(db, made.keyring, (await set_up(db, made.keyring, now=START)).member.id)
    return made


async def _question(db: Database, keyring: Keyring, asked_by: str) -> None:
    """Creates a request to a second member of staff, with a hidden part and a line of a filing list."""
    box = keyring.seal(b"{}", purpose=QUESTION_BOX, context=question_context("q", "account", asked_by))
    question = NewApproval(
        id="q",
        act="account.change_phone",
        subject="account",
        details={},
        reason="x",
        asked_by=asked_by,
        expires_at=START + 1,
        sealed_box=box,
    )
    box = keyring.seal(b"{}", purpose=PROPOSAL_BOX, context=b"line")
    line = NewProposal(id="line", approval_id="q", line=1, record_hash=b"r", record_box=box, before_hash=b"b")

    async def work(tx: Tx) -> None:
        await approvals.insert(tx, question, now=START)
        await proposals.insert(tx, [line])

    await db.write(work)


async def _webhook_endpoint(db: Database, keyring: Keyring) -> None:
    """Creates an endpoint with a current and a previous secret."""
    client_id, _ = await register_system(db, name="单一窗口", domain="a.example", now=START)
    endpoints = WebhookEndpoints(db, keyring, Settings().webhooks)
    endpoint_id, _ = await endpoints.add(client_id=client_id, url="https://a.example/", now=START)
    await endpoints.rotate(endpoint_id, hours=1, now=START)


async def _push_address(db: Database, keyring: Keyring) -> None:
    """Creates a push address of one of the phones."""
    device = await fetch(db, "SELECT id, account_id FROM devices ORDER BY id LIMIT 1")
    name = device["id"]
    assert isinstance(name, str)
    box = keyring.seal(b"address", purpose=push_service.PURPOSE, context=name.encode())
    await push.put(
        db,
        Subscription(name, str(device["account_id"]), requests=True, notices=True, address_box=box),
        now=START,
    )


async def _open_all(db: Database, keyring: Keyring) -> int:
    """Opens every box of the database; returns their number."""
    opened = 0
    for column in BOXES:
        for row in await list_old(db, column, prefix=b"all of them", after=None, limit=100_000):
            box = row[column.column]
            if column.epoch is not None:
                assert keyring.open_share(box, uid=row[column.key], epoch=row[column.epoch])
            else:
                assert keyring.open(box, purpose=column.purpose, context=box_context(keyring, column, row))
            opened += 1
    return opened


def _settled(source: MasterKeyFile) -> int:
    return source.changed_at() + SETTLE_MS


async def test_every_box_is_sealed_under_the_new_key(db: Database, source: MasterKeyFile, ca: Ca) -> None:
    (before,) = source.load()
    boxes = await _open_all(db, ca.keyring)
    assert boxes == 1 + 7 + 1 + 2 + 3 + 2 + 1 + 2 + 8 * PEOPLE
    seen: list[str] = []
    done = await rotate_keys(db, source, progress=lambda name, _: seen.append(name), now=START)
    new, old = source.load()
    assert (old, new.cipher, done.current, done.added) == (before, before.cipher, new.id, True)
    assert (sum(done.resealed.values()), done.remaining, done.broken) == (boxes, {}, ())
    assert set(seen) == set(done.resealed) == {column.name for column in BOXES}
    assert await _open_all(db, Keyring((new,))) == boxes
    with pytest.raises(SealError):
        await _open_all(db, Keyring((old,)))
    assert await count_boxes(db, Keyring.of(source)) == {new.id: boxes, old.id: 0}


async def test_contents_of_the_boxes_are_unchanged(db: Database, source: MasterKeyFile, ca: Ca) -> None:
    row = await fetch(db, "SELECT uid FROM keys ORDER BY uid LIMIT 1")
    uid = row["uid"]
    assert isinstance(uid, bytes)
    lookup = ca.lookup.lookup_hash("id-number", "1")
    await rotate_keys(db, source, now=START)
    ring = Keyring((source.load()[0],))
    share = await fetch(db, "SELECT share_box, pending_box, outcome_box FROM keys WHERE uid = $1", uid)
    assert ring.open_share(share["share_box"], uid=uid, epoch=3) == long_share(b"share", uid)  # type: ignore[arg-type]  # bytes
    assert ring.open_share(share["pending_box"], uid=uid, epoch=4) == long_share(b"pending", uid)  # type: ignore[arg-type]  # bytes
    assert (await load_lookup_key(db, ring)).lookup_hash("id-number", "1") == lookup
    assert (
        await load_authorities(db, ring, ca.engine)
    ).issuing.certificate == ca.authorities.issuing.certificate


async def test_new_key_may_have_another_cipher(db: Database, source: MasterKeyFile, ca: Ca) -> None:
    other = "sm4" if source.load()[0].cipher == "aes" else "aes"
    await rotate_keys(db, source, cipher="sm4" if other == "sm4" else "aes", now=START)
    new = source.load()[0]
    assert new.cipher == other
    assert await _open_all(db, Keyring((new,)))


async def test_an_unfinished_change_is_finished_before_a_new_one(
    db: Database, source: MasterKeyFile, ca: Ca
) -> None:
    class Stopped(Exception):
        pass

    batches = 0

    def stop(_name: str, _boxes: int) -> None:
        nonlocal batches
        batches += 1
        if batches == 3:
            raise Stopped

    with pytest.raises(Stopped):
        await rotate_keys(db, source, progress=stop, now=START)
    assert await _open_all(db, Keyring.of(source))
    keys = source.load()
    again = await rotate_keys(db, source, now=START)
    assert not again.added
    assert source.load() == keys
    assert again.remaining == {}
    assert await _open_all(db, Keyring(keys[:1]))
    assert (await rotate_keys(db, source, now=START)).added
    by_key = [await acts_on(db, subject=key.id.hex()) for key in source.load()]
    told = [[(each.act, each.actor, each.details["new_key"]) for each in found] for found in by_key]
    begun, gone_on = [("key.rotate_master", "service", is_new) for is_new in (True, False)]
    assert told == [[begun], [begun, gone_on], []]


async def test_unneeded_old_keys_are_dropped(db: Database, source: MasterKeyFile, ca: Ca) -> None:
    assert await drop_old_keys(db, source, now=_settled(source)) == ()
    (old,) = source.load()
    await rotate_keys(db, source, now=START)
    new = source.load()[0]
    with pytest.raises(MasterKeyInUse, match="minutes"):
        await drop_old_keys(db, source, now=_settled(source) - 1)
    assert await drop_old_keys(db, source, now=_settled(source)) == (old.id,)
    assert source.load() == (new,)
    assert await _open_all(db, Keyring.of(source))


async def test_old_keys_are_kept_while_a_box_needs_them(db: Database, source: MasterKeyFile, ca: Ca) -> None:
    (old,) = source.load()
    await rotate_keys(db, source, now=START)
    late = Keyring((old,)).seal(b"late", purpose="secret", context=b"late")
    await execute(db, "INSERT INTO secrets (name, box, created_at) VALUES ('late', $1, 0)", late)
    with pytest.raises(MasterKeyInUse, match=r"secrets\.box: 1"):
        await drop_old_keys(db, source, now=_settled(source))
    assert len(source.load()) == 2
    assert (await rotate_keys(db, source, now=START)).resealed["secrets.box"] == 1
    assert await drop_old_keys(db, source, now=_settled(source)) == (old.id,)


async def test_a_box_that_doesnt_open_is_named_and_keeps_its_key(
    db: Database, source: MasterKeyFile, ca: Ca
) -> None:
    box = ca.keyring.seal(b"x", purpose="secret", context=b"another row")
    await execute(db, "INSERT INTO secrets (name, box, created_at) VALUES ('spoiled', $1, 0)", box)
    done = await rotate_keys(db, source, now=START)
    assert done.broken == ("secrets.box spoiled",)
    assert done.remaining == {"secrets.box": 1}
    with pytest.raises(MasterKeyInUse):
        await drop_old_keys(db, source, now=_settled(source))


async def test_keys_of_the_environment_can_be_rotated(db: Database, source: MasterKeyFile, ca: Ca) -> None:
    (old,) = source.load()
    same = await rotate_keys(db, EnvironmentKeys(old.line()), now=START)
    assert (same.added, sum(same.resealed.values()), same.remaining) == (False, 0, {})
    new = generate_master_key("aes")
    done = await rotate_keys(db, EnvironmentKeys(f"{new.line()};{old.line()}"), now=START)
    assert (done.current, done.remaining) == (new.id, {})
    assert await _open_all(db, Keyring((new,)))


async def test_rotation_beside_a_running_service_loses_nothing(
    db: Database, source: MasterKeyFile, ca: Ca
) -> None:
    """Another keyring on the same file writes all the time; nothing is lost, and all boxes end under the new key."""
    service, stop = Keyring.of(MasterKeyFile(source.path)), asyncio.Event()
    uid = (await fetch(db, "SELECT uid FROM keys ORDER BY uid LIMIT 1"))["uid"]
    assert isinstance(uid, bytes)
    written = 0

    async def serve() -> None:
        nonlocal written
        while not stop.is_set():
            written += 1
            box = service.seal(b"answer %d" % written, purpose="outcome", context=uid)
            await execute(db, "UPDATE keys SET outcome_box = $1 WHERE uid = $2", box, uid)
            row = await fetch(db, "SELECT outcome_box FROM keys WHERE uid = $1", uid)
            found = service.open(row["outcome_box"], purpose="outcome", context=uid)  # type: ignore[arg-type]  # bytes
            assert found == b"answer %d" % written

    serving = asyncio.create_task(serve())
    await asyncio.sleep(0.02)
    done: Rotation = await rotate_keys(db, source, now=START)
    await asyncio.sleep(0.02)
    stop.set()
    await serving
    assert done.remaining == {}
    assert written > 2
    assert await _open_all(db, Keyring((source.load()[0],)))


async def test_a_service_keeps_running_when_the_old_key_is_dropped(
    db: Database, source: MasterKeyFile, ca: Ca
) -> None:
    await rotate_keys(db, source, now=START)
    await drop_old_keys(db, source, now=_settled(source))
    leaf = await ca.certify(now=START)
    assert await ca.publisher().ocsp_for(f"{leaf.serial:040x}", now=START)
    assert (await ca.publisher().crl("root", now=START)).number == 1


# ---- the command, killed ----


_STUCK = """
import asyncio, time
from mshield.server.keys.keyring import key_source
from mshield.server.maintenance.rotate_keys import box_context, rotate_keys
from mshield.server.settings.settings import load_settings
from mshield.server.database.opening import open_database

batches = 0

def progress(name, boxes):
    global batches
    batches += 1
    if batches == 5:
        print("in the middle", flush=True)
        time.sleep(600)

async def run():
    settings = load_settings()
    await rotate_keys(await open_database(settings.database.url), key_source(settings.keys), progress=progress, now=1)

asyncio.run(run())
"""


def _environment(database_url: str, source: MasterKeyFile) -> dict[str, str]:
    return {
        **os.environ,
        "MSHIELD_DATABASE": database_url,
        "MSHIELD_MASTER_KEY_FILE": str(source.path),
        "LC_ALL": "C.UTF-8",
    }


def _command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "mshield.cli.main", "keys", "rotate", *arguments]


async def _many_secrets(db: Database, key: MasterKey, count: int) -> None:
    keyring = Keyring((key,))
    for first in range(0, count, 500):
        names = [f"secret-{number:05}" for number in range(first, first + 500)]
        boxes = [keyring.seal(name.encode(), purpose="secret", context=name.encode()) for name in names]
        marks = ", ".join(f"(${2 * place + 1}, ${2 * place + 2}, 0)" for place in range(len(names)))
        values = [value for pair in zip(names, boxes, strict=True) for value in pair]
        await execute(db, f"INSERT INTO secrets (name, box, created_at) VALUES {marks}", *values)  # noqa: S608  # numbers only


async def test_rotation_killed_midway_is_completed_by_a_rerun(database_url: str, tmp_path: Path) -> None:
    source, secrets = MasterKeyFile(tmp_path / "master.key"), 3000
    old = generate_master_key("aes")
    source.create(old)
    db = await open_database(database_url)
    await _many_secrets(db, old, secrets)
    environment = _environment(database_url, source)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _STUCK, env=environment, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    assert await process.stdout.readline() == b"in the middle\n"
    process.send_signal(signal.SIGKILL)
    await process.communicate()
    assert process.returncode == -signal.SIGKILL
    new = source.load()[0]
    counts = await count_boxes(db, Keyring.of(source))
    assert counts[new.id] > 0
    assert counts[old.id] > 0
    assert await _open_all(db, Keyring.of(source)) == secrets
    again = await asyncio.to_thread(
        subprocess.run, _command("--json"), env=environment, capture_output=True, text=True, check=True
    )
    told = json.loads(again.stdout)
    assert told["current"] == new.id.hex()
    assert told["added"] is False
    assert told["total"] == counts[old.id]
    assert told["remaining"] == {}
    assert (
        await _open_all(db, Keyring((new,))) == secrets + 1
    )  # the command made the seals' key and its marks
    os.utime(source.path, (time.time() - SETTLE_MS, time.time() - SETTLE_MS))
    dropped = await asyncio.to_thread(
        subprocess.run,
        _command("--drop-old", "--json"),
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(dropped.stdout) == {"dropped": [old.id.hex()]}
    assert parse_master_keys(source.path.read_text()) == (new,)
    await db.close()
