"""A database from an older copy: detected at the start, declared, and the consequences for every key."""

import asyncio
import shutil
from pathlib import Path

import pytest

from mshield.client.errors import PhoneError, ProblemError
from mshield.server.authorities.authority import load_authorities
from mshield.server.authorities.rows.authorities import next_crl_number
from mshield.server.certificates.rules.states import CertificateEvent
from mshield.server.database.interface import Database
from mshield.server.database.opening import open_database
from mshield.server.keys.keyring import load_keyring
from mshield.server.keys.seals import load_sealer
from mshield.server.publication.crl import CrlPublisher
from mshield.server.publication.lists import PublishedCrl
from mshield.server.restore.external.high_water_file import BadHighWaterFile, HighWaterFile
from mshield.server.restore.high_water import Declared, HighWater, declare_restore, require_newest
from mshield.server.runtime.rows.known_mark import Mark, RestoreUndeclared
from mshield.server.settings.settings import Settings
from mshield.server.signing.errors import Clone, NoSession, StaleEpoch, WrongPin
from mshield.testkit.demo.people import OPERATOR
from mshield.testkit.phone import VirtualPhone
from tests.support.acts import acts_on
from tests.support.clock import Clock
from tests.support.issuing import change
from tests.support.killed_service import Mortal, mortal_service
from tests.support.signing import WRONG_SHARE, World, execute, fetch

# ---- the file ----

TOKEN = bytes(range(16))


def test_mark_file_only_increases(tmp_path: Path) -> None:
    file = HighWaterFile(tmp_path / "folder" / "mark")
    assert file.read() is None
    file.raise_to(Mark(7, TOKEN, 1_795_500_000_000))
    file.raise_to(Mark(3, bytes(16), 1_795_500_001_000))
    assert file.read() == Mark(7, TOKEN, 1_795_500_000_000)
    (written,) = file.path.parent.iterdir()
    assert written.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("content", [b"7", b"x" * 74, b"0" * 20])
def test_damaged_mark_file_is_reported_and_kept(tmp_path: Path, content: bytes) -> None:
    file = HighWaterFile(tmp_path / "mark")
    file.path.write_bytes(content)
    with pytest.raises(BadHighWaterFile):
        file.read()
    with pytest.raises(BadHighWaterFile):
        file.raise_to(Mark(9, TOKEN, 0))
    assert file.path.read_bytes() == content


# ---- the mark ----


async def _working(db: Database, folder: Path, clock: Clock) -> HighWater:
    water = HighWater(db, await require_newest(db, folder), clock)
    await water.mark()
    return water


def _number(water: HighWater) -> int:
    mark = water.file.read()
    assert mark is not None
    return mark.number


async def test_a_database_that_went_on_is_the_newest(db: Database, tmp_path: Path, clock: Clock) -> None:
    water = await _working(db, tmp_path, clock)
    for _ in range(3):
        await execute(db, "UPDATE authorities SET crl_number = 0")
        await water.mark()
    assert _number(water) == 4
    await require_newest(db, tmp_path)


async def test_no_mark_without_a_write(db: Database, tmp_path: Path, clock: Clock) -> None:
    water = await _working(db, tmp_path, clock)
    before = water.file.read()
    await water.mark()
    await water.mark()
    assert water.file.read() == before


async def test_database_restored_under_a_running_process_ends_it(
    db: Database, tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Like a failover to a replica that lags behind: within a minute its mark would have passed the file's."""
    monkeypatch.setattr("mshield.server.restore.high_water.PERIOD_SECONDS", 0.01)
    water = await _working(db, tmp_path, clock)
    for _ in range(5):
        await execute(db, "UPDATE authorities SET crl_number = 0")
        await water.mark()
    ended = asyncio.Event()
    water.stop = ended.set
    await execute(db, "UPDATE high_water SET mark = mark - 1")
    async with asyncio.timeout(20):
        await water.keep()
    assert ended.is_set()
    assert (await fetch(db, "SELECT mark FROM high_water"))["mark"] == 5
    assert _number(water) == 6
    with pytest.raises(RestoreUndeclared):
        await water.mark()
    with pytest.raises(RestoreUndeclared):
        await require_newest(db, tmp_path)


async def test_many_processes_share_one_mark(db: Database, tmp_path: Path, clock: Clock) -> None:
    waters = [await _working(db, tmp_path, clock) for _ in range(4)]
    for _ in range(25):
        await execute(db, "UPDATE authorities SET crl_number = 0")
        await asyncio.gather(*(water.mark() for water in waters))
    assert _number(waters[0]) == (await fetch(db, "SELECT mark FROM high_water"))["mark"]


async def test_an_older_copy_is_refused_until_it_is_declared(
    db: Database, tmp_path: Path, clock: Clock
) -> None:
    water = await _working(db, tmp_path, clock)
    await execute(db, "UPDATE high_water SET mark = mark - 1")
    with pytest.raises(RestoreUndeclared):
        await require_newest(db, tmp_path)
    declared = await declare_restore(db, tmp_path, now=clock())
    assert declared == Declared(keys=0, mark=2)
    assert _number(water) == 2
    await require_newest(db, tmp_path)
    (act,) = await acts_on(db, subject="database")
    assert (act.act, act.details) == ("restore.declare", {"keys": 0, "known": 1, "mark": 2})


async def test_another_database_has_another_file(
    sqlite_url: str, db: Database, tmp_path: Path, clock: Clock
) -> None:
    await _working(db, tmp_path / "marks", clock)
    await execute(db, "UPDATE high_water SET name = NULL, mark = 0")  # like a new database
    await execute(db, "DELETE FROM high_water_marks")
    await _working(db, tmp_path / "marks", clock)
    assert len(list((tmp_path / "marks").iterdir())) == 2


# ---- the keys ----


async def test_two_attempts_are_left_until_the_next_success(world: World, tmp_path: Path) -> None:
    await declare_restore(world.db, tmp_path, now=world.clock())
    sid = await world.task()
    with pytest.raises(WrongPin) as refused:
        await world.sign([sid], d1=WRONG_SHARE)
    assert refused.value.extra["left"] == 1
    await world.sign([sid])
    assert await world.counters() == (0, 1)


async def test_used_attempts_stay_used_after_a_restore(world: World, tmp_path: Path) -> None:
    sid = await world.task()
    for _ in range(4):
        with pytest.raises(WrongPin):
            await world.sign([sid], d1=WRONG_SHARE)
    await declare_restore(world.db, tmp_path, now=world.clock())
    assert await world.counters() == (4, 4)


async def test_any_one_time_value_is_accepted_until_the_next_success(world: World, tmp_path: Path) -> None:
    await declare_restore(world.db, tmp_path, now=world.clock())
    world.phone.otp = b"of a day that is forgotten".ljust(32)
    await world.sign([await world.task()])
    await world.sign([await world.task()])
    world.phone.otp = b"of a day that is forgotten".ljust(32)
    with pytest.raises(Clone):
        await world.sign([await world.task()])


async def test_lost_epoch_is_unknown_and_no_epoch_is_reused(world: World, tmp_path: Path) -> None:
    await declare_restore(world.db, tmp_path, now=world.clock())
    opened = await world.open(await world.commit([await world.internal_task("refresh")]))
    assert (opened.next_epoch or 0) > 1000
    world.phone.epoch = 1
    with pytest.raises(StaleEpoch):
        await world.sign([await world.task()])


async def test_second_restore_of_a_copy_reuses_no_number(world: World, tmp_path: Path, clock: Clock) -> None:
    """Neither epochs nor list numbers are repeated, though both forgotten periods used some (RFC 5280, 5.2.3)."""
    db = world.db
    water = await _working(db, tmp_path, clock)
    copy = await fetch(db, "SELECT mark FROM high_water")
    for _ in range(3):
        await asyncio.gather(*(db.write(lambda tx: next_crl_number(tx, name="issuing")) for _ in range(1500)))
        clock.advance(seconds=60 * 1500)
        for _ in range(5):
            await execute(db, "UPDATE keys SET last_epoch = last_epoch + 1")
            await water.mark()
        epoch, number = await _numbers(db)
        await execute(db, "UPDATE high_water SET mark = $1", copy["mark"])
        await execute(db, "UPDATE keys SET last_epoch = 0")
        await execute(db, "UPDATE authorities SET crl_number = 0")
        await declare_restore(db, tmp_path, now=clock())
        skipped = await _numbers(db)
        assert skipped[0] >= epoch
        assert skipped[1] >= number


async def test_list_of_the_copy_is_not_published(world: World, tmp_path: Path, clock: Clock) -> None:
    """Later lists were published: their numbers and times are above the copy's (RFC 5280, 5.2.3)."""
    await _lists(world)
    clock.advance(seconds=1200)
    declared = clock()
    await declare_restore(world.db, tmp_path, now=declared)
    for made in await _lists(world):
        assert made.number > declared // 1000
        assert made.this_update == declared


async def _lists(world: World) -> list[PublishedCrl]:
    """Returns the current lists of the root and of the issuing CA."""
    authorities = await load_authorities(world.db, world.keyring, world.engine)
    publisher = CrlPublisher(world.db, world.keyring, world.engine, Settings(), authorities)
    return [await publisher.current(ca, now=world.clock()) for ca in ("root", "issuing")]


async def _numbers(db: Database) -> tuple[int, int]:
    """Returns a key's last epoch, and the last list number."""
    row = await fetch(
        db,
        "SELECT MAX(last_epoch) AS epoch, (SELECT crl_number FROM authorities WHERE name = 'issuing') AS crl"
        " FROM keys",
    )
    return int(str(row["epoch"])), int(str(row["crl"]))


async def test_open_session_of_the_copy_has_ended(world: World, tmp_path: Path) -> None:
    nonces = await world.commit([await world.task()])
    partials = world.partials(nonces, await world.open(nonces))
    await declare_restore(world.db, tmp_path, now=world.clock())
    with pytest.raises(NoSession):
        await world.finish(partials)


# ---- a whole restore ----


def test_a_service_on_a_restored_database_starts_once_that_is_declared(
    sqlite_url: str, tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    database, backup = Path(sqlite_url.removeprefix("sqlite:///")), tmp_path / "backup.db"
    with mortal_service(sqlite_url, tmp_path, clock, monkeypatch) as service:
        phone = service.enrolled(tmp_path / "phone")
        service.stop()
        shutil.copy(database, backup)
        service.start()
        for number in range(2):
            phone.scan(service.qr(str(number)))
            phone.approve(pin=OPERATOR.pin)
        service.stop()
        _restore(backup, database)
        with pytest.raises(RestoreUndeclared):
            service.start()
        service.run(_declare(service.settings, clock()))
        service.start()
        phone.scan(service.qr())
        with pytest.raises(ProblemError) as refused:
            phone.approve(pin="000000")
        assert (refused.value.code, refused.value.left) == ("wrong_pin", 1)
        assert phone.approve(pin=OPERATOR.pin).documents[0].signature is not None
        phone.scan(service.qr())
        assert phone.approve(pin=OPERATOR.pin).documents[0].signature is not None


@pytest.mark.parametrize("forgotten", ["a PIN change", "a silent refresh"])
def test_r21_phone_with_a_lost_epoch_is_told_so_and_applies_again(
    sqlite_url: str, tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch, forgotten: str
) -> None:
    database, backup = Path(sqlite_url.removeprefix("sqlite:///")), tmp_path / "backup.db"
    with mortal_service(sqlite_url, tmp_path, clock, monkeypatch, refresh_signatures=2) as service:
        phone = service.enrolled(tmp_path / "phone")
        service.stop()
        shutil.copy(database, backup)
        service.start()
        pin = _change_pin(phone) if forgotten == "a PIN change" else _refresh(service, phone)
        service.stop()
        _restore(backup, database)
        service.run(_declare(service.settings, clock()))
        service.start()
        counted = service.fetch("SELECT failures, wrong_total FROM keys")
        for _ in range(3):
            phone.scan(service.qr())
            with pytest.raises(PhoneError) as refused:
                phone.approve(pin=pin)
            assert (refused.value.code, refused.value.faq) == ("epoch_unknown", "3.9")
            assert "请法人作废后重新申请" in refused.value.zh
        assert service.fetch("SELECT failures, wrong_total FROM keys") == counted
        serial = service.fetch("SELECT serial FROM certificates")["serial"]
        service.run(change(service.db.db, serial, CertificateEvent.REVOKE, now=clock(), reason=0))
        service.apply(phone)
        phone.scan(service.qr())
        assert phone.approve(pin=OPERATOR.pin).documents[0].signature is not None


def _change_pin(phone: VirtualPhone) -> str:
    phone.change_pin(OPERATOR.pin, "739152")
    return "739152"


def _refresh(service: Mortal, phone: VirtualPhone) -> str:
    """Signs until only the refreshed share is left."""
    for number in range(4):
        phone.scan(service.qr(str(number)))
        phone.approve(pin=OPERATOR.pin)
    return OPERATOR.pin


def _restore(backup: Path, database: Path) -> None:
    for side in ("-wal", "-shm"):
        database.with_name(database.name + side).unlink(missing_ok=True)
    shutil.copy(backup, database)


async def _declare(settings: Settings, now: int) -> None:
    db = await open_database(settings.database.url)
    try:
        await load_sealer(db, load_keyring(settings.keys), now=now)
        await declare_restore(db, settings.database.high_water_folder, now=now)
    finally:
        await db.close()
