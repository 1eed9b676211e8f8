"""Changes the master key beside a running service: every box is opened, sealed under the current key, and put back.

Each box is replaced only if it is still the one that was read, so this can be killed anywhere and run again, and the
service may write meanwhile. Old keys are dropped in a second step, when no box needs them. Both are acts, recorded
before the file changes: what is cut off between is told too.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from mshield.domain.actor import SERVICE
from mshield.domain.times import MINUTE_MS
from mshield.keys.errors import MasterKeyInUse, SealError
from mshield.keys.keyring import Keyring, split_share
from mshield.keys.master import CipherName, generate_master_key
from mshield.keys.sources import EnvironmentKeys, MasterKeyFile
from mshield.store.database.interface import Database, Row
from mshield.store.operations.boxes import BOXES, BoxColumn, Reseal, count_by_prefix, list_old, reseal
from mshield.store.staff import acts

BATCH: Final = 200
MAX_PASSES: Final = 10
SETTLE_MS: Final = 15 * MINUTE_MS
"""How long a new key must stand in the file before old ones may go: a service that sealed under the old one just before
may not have written yet."""

Progress = Callable[[str, int], None]
"""Called with `table.column` and the number of boxes that a batch sealed anew."""


@dataclass(frozen=True, slots=True)
class Rotation:
    """What was done: boxes sealed anew and left under old keys, both by `table.column`; rows whose box doesn't open."""

    current: bytes
    added: bool
    resealed: dict[str, int]
    remaining: dict[str, int]
    broken: tuple[str, ...]


async def rotate_keys(
    db: Database,
    source: MasterKeyFile | EnvironmentKeys,
    *,
    cipher: CipherName | None = None,
    progress: Progress = lambda _name, _boxes: None,
    now: int,
) -> Rotation:
    """Brings all boxes under the newest key; a file gets a new one first, unless an earlier change is unfinished.

    `cipher` is the new key's, by default that of the key before. Boxes that don't open are reported, and stay.
    Raises what reading the source raises.
    """
    keyring = Keyring.of(source)
    added = await _add_key(db, keyring, source, cipher, now=now)
    if not added and await _old_boxes(db, keyring):
        await _record(db, "key.rotate_master", keyring.current_id, {"new_key": False}, now=now)
    resealed: dict[str, int] = {}
    broken: dict[str, None] = {}
    for _ in range(MAX_PASSES):  # a running service may have sealed a few under the old key meanwhile
        count = 0
        for column in BOXES:
            boxes = await _reseal_column(db, keyring, column, progress, broken)
            resealed[column.name] = resealed.get(column.name, 0) + boxes
            count += boxes
        if not count:
            break
    remaining = await _old_boxes(db, keyring)
    return Rotation(keyring.current_id, added, resealed, remaining, tuple(broken))


async def drop_old_keys(db: Database, source: MasterKeyFile, *, now: int) -> tuple[bytes, ...]:
    """Takes all keys but the current one out of the file and gives their ids.

    Raises MasterKeyInUse while a box needs one of them, or the current key is younger than a quarter of an hour.
    """
    with source.lock():
        keys = source.load()
        if len(keys) == 1:
            return ()
        if (wait := source.changed_at() + SETTLE_MS - now) > 0:
            raise MasterKeyInUse(
                f"新主密钥启用不久，请在 {-(-wait // MINUTE_MS)} 分钟后再删除旧密钥",
                f"the current master key is too new: drop the old ones in {-(-wait // MINUTE_MS)} minutes",
            )
        if remaining := await _old_boxes(db, Keyring(keys)):
            where = ", ".join(f"{name}: {boxes}" for name, boxes in remaining.items())
            raise MasterKeyInUse(
                f"仍有数据使用旧主密钥（{where}），请先运行 mshield keys rotate",
                f"there are values under old master keys ({where}): run `mshield keys rotate` first",
            )
        dropped = [key.id.hex() for key in keys[1:]]
        await _record(db, "key.drop_master", keys[0].id, {"dropped": dropped}, now=now)
        source.replace(keys[:1])
        return tuple(key.id for key in keys[1:])


async def count_boxes(db: Database, keyring: Keyring) -> dict[bytes, int]:
    """How many boxes each key of the ring, or another one, has sealed."""
    counts = dict.fromkeys(keyring.ids, 0)
    for column in BOXES:
        for prefix, boxes in (await count_by_prefix(db, column)).items():
            counts[prefix[1:]] = counts.get(prefix[1:], 0) + boxes
    return counts


async def _add_key(
    db: Database,
    keyring: Keyring,
    source: MasterKeyFile | EnvironmentKeys,
    cipher: CipherName | None,
    *,
    now: int,
) -> bool:
    if isinstance(source, EnvironmentKeys):
        return False
    with source.lock():
        keyring.reload()
        if await _old_boxes(db, keyring):
            return False
        keys = source.load()
        new = generate_master_key(cipher or keys[0].cipher)
        await _record(db, "key.rotate_master", new.id, {"new_key": True}, now=now)
        source.replace((new, *keys))
        keyring.reload()
        return True


async def _record(db: Database, act: str, key: bytes, details: Mapping[str, object], *, now: int) -> None:
    await db.write(
        lambda tx: acts.record(tx, by=SERVICE, act=act, subject=key.hex(), details=details, now=now)
    )


async def _old_boxes(db: Database, keyring: Keyring) -> dict[str, int]:
    old: dict[str, int] = {}
    for column in BOXES:
        counts = await count_by_prefix(db, column)
        boxes = sum(number for prefix, number in counts.items() if prefix != keyring.current_prefix)
        if boxes:
            old[column.name] = boxes
    return old


async def _reseal_column(
    db: Database, keyring: Keyring, column: BoxColumn, progress: Progress, broken: dict[str, None]
) -> int:
    total, after = 0, None
    while rows := await list_old(db, column, prefix=keyring.current_prefix, after=after, limit=BATCH):
        boxes = list(_reseal_rows(keyring, column, rows, broken))
        count = await reseal(db, column, boxes) if boxes else 0
        total += count
        after = rows[-1][column.key]
        if count:
            progress(column.name, count)
    return total


def _reseal_rows(
    keyring: Keyring, column: BoxColumn, rows: list[Row], broken: dict[str, None]
) -> Iterator[Reseal]:
    for row in rows:
        key, old = row[column.key], row[column.column]
        try:
            new = _seal_again(keyring, column, row)
        except SealError:
            broken[f"{column.name} {key.hex() if isinstance(key, bytes) else key}"] = None
        else:
            yield Reseal(key, old, new)


def _seal_again(keyring: Keyring, column: BoxColumn, row: Row) -> bytes:
    box: bytes = row[column.column]
    if column.epoch is not None:
        uid: bytes = row[column.key]
        epoch: int | None = row[column.epoch]
        if epoch is None:
            raise SealError
        share = keyring.open_share(box, uid=uid, epoch=epoch)
        return keyring.seal_share(share, uid=uid, epoch=epoch)
    context = box_context(keyring, column, row)
    plain = keyring.open(box, purpose=column.purpose, context=context)
    return keyring.seal(plain, purpose=column.purpose, context=context)


def box_context(keyring: Keyring, column: BoxColumn, row: Row) -> bytes:
    """What the box in this row is bound to. Raises SealError where that stands in a box that doesn't open."""
    if column.share is None:
        return column.context(row)
    if row["share_box"] is None:  # an epoch that has ended meanwhile
        raise SealError
    _, P1 = split_share(keyring.open_share(row["share_box"], uid=row["uid"], epoch=row["epoch"]))
    return column.context({**row, "P1": P1})
