"""Rotates the master key while the service runs: opens every box, seals it under the current key, and stores it.

Each box is replaced only if it is still the one that was read, so the rotation can be killed at any point and
repeated, and the service may write meanwhile. Old keys are dropped in a second step, when no box needs them.
Both steps are acts, recorded before the key file changes, so that an interrupted step is recorded too.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from mshield.server.acts.actor import SERVICE
from mshield.server.acts.rows import acts
from mshield.server.database.interface import Database, Row
from mshield.server.keys.errors import MasterKeyInUse, SealError
from mshield.server.keys.keyring import Keyring, split_share
from mshield.server.keys.master import CipherName, generate_master_key
from mshield.server.keys.sources import EnvironmentKeys, MasterKeyFile
from mshield.server.maintenance.rows.boxes import BOXES, BoxColumn, Reseal, count_by_prefix, list_old, reseal
from mshield.wire.times import MINUTE_MS

BATCH: Final = 200
MAX_PASSES: Final = 10
SETTLE_MS: Final = 15 * MINUTE_MS
"""Minimum age (ms) of a new key in the file before old ones may be dropped.

A service may have sealed a box under the old key just before, and not have written it yet.
"""

Progress = Callable[[str, int], None]
"""Progress callback, called with `table.column` and the number of boxes resealed in a batch."""


@dataclass(frozen=True, slots=True)
class Rotation:
    """Result of a rotation.

    Numbers of boxes resealed, and of those remaining under old keys, are by `table.column`; `broken` names
    rows whose box doesn't open.
    """

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
    """Reseals all boxes under the newest key.

    A key file gets a new key first, unless a previous rotation is unfinished. `cipher` is the new key's, by
    default that of the previous key. Boxes that don't open are reported and left unchanged. Raises: what
    reading the source raises.
    """
    keyring = Keyring.of(source)
    added = await _add_key(db, keyring, source, cipher, now=now)
    if not added and await _old_boxes(db, keyring):
        await _record(db, "key.rotate_master", keyring.current_id, {"new_key": False}, now=now)
    resealed: dict[str, int] = {}
    broken: dict[str, None] = {}
    for _ in range(
        MAX_PASSES
    ):  # a running service may have sealed some more boxes under the old key meanwhile
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
    """Removes all keys except the current one from the file. Returns their ids.

    Raises: MasterKeyInUse (a box still needs one of them, or the current key is less than 15 minutes old).
    """
    with source.lock():
        keys = source.load()
        if len(keys) == 1:
            return ()
        if (wait := source.changed_at() + SETTLE_MS - now) > 0:
            raise MasterKeyInUse(
                f"新主密钥启用不久，请在 {-(-wait // MINUTE_MS)} 分钟后再删除旧密钥",
                f"the current master key is too new: the old ones can be dropped in {-(-wait // MINUTE_MS)} minutes",
            )
        if remaining := await _old_boxes(db, Keyring(keys)):
            where = ", ".join(f"{name}: {boxes}" for name, boxes in remaining.items())
            raise MasterKeyInUse(
                f"仍有数据使用旧主密钥（{where}），请先运行 mshield keys rotate",
                f"some values are still sealed under old master keys ({where}): run `mshield keys rotate` first",
            )
        dropped = [key.id.hex() for key in keys[1:]]
        await _record(db, "key.drop_master", keys[0].id, {"dropped": dropped}, now=now)
        source.replace(keys[:1])
        return tuple(key.id for key in keys[1:])


async def count_boxes(db: Database, keyring: Keyring) -> dict[bytes, int]:
    """Returns the number of boxes sealed under each key, including keys that aren't in the key ring."""
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
    """Returns the context to which the row's box is bound.

    Raises: SealError (the context itself is in a box that doesn't open).
    """
    if column.share is None:
        return column.context(row)
    if row["share_box"] is None:  # the epoch has ended meanwhile
        raise SealError
    _, P1 = split_share(keyring.open_share(row["share_box"], uid=row["uid"], epoch=row["epoch"]))
    return column.context({**row, "P1": P1})
