"""Attack A: write access to the database, without the master key, together with the phone and its PIN.

The attacker resets the key's row, so that the phone is refreshed twice to the same epoch, with two `tau`. A
session of the first such epoch is then finished under both shares: `s + r = d2·tau^-1·(s' + k2)` twice, with
two unknowns.
"""

from typing import Final

import pytest

from mshield.gm.curve import N
from mshield.server.keys.errors import SealError
from tests.support.signing import World, execute, fetch

_TAUS: Final = (1234567, 7654321)
Row = dict[str, object]


async def _row(world: World, table: str) -> Row:
    return await fetch(world.db, f"SELECT * FROM {table} WHERE uid = $1", world.phone.uid)  # noqa: S608  # the case's own name


async def _put(world: World, table: str, row: Row) -> None:
    """Writes an earlier row back, by insert or update."""
    await execute(world.db, "DELETE FROM signing_sessions WHERE uid = $1", world.phone.uid)
    if table == "signing_sessions":
        columns = ", ".join(row)
        marks = ", ".join(f"${number + 1}" for number in range(len(row)))
        await execute(world.db, f"INSERT INTO signing_sessions ({columns}) VALUES ({marks})", *row.values())  # noqa: S608  # the row's own names
        return
    for column, value in row.items():
        await execute(world.db, f"UPDATE keys SET {column} = $1 WHERE uid = $2", value, world.phone.uid)  # noqa: S608  # the case's own name


async def _refreshed(world: World, tau: int) -> Row:
    """Returns the key's row after a refresh with this `tau`, which isn't used yet."""
    otp, rn = world.phone.otp, world.phone.rn
    await world.refresh(tau)
    row = await _row(world, "keys")
    world.phone.otp, world.phone.rn = otp, rn
    return row


async def test_sealed_nonce_is_never_used_with_two_shares(world: World) -> None:
    before, d1 = await _row(world, "keys"), world.phone.d1
    one = await _refreshed(world, _TAUS[0])
    await _put(world, "keys", before)
    other = await _refreshed(world, _TAUS[1])
    epoch = other["pending_epoch"]
    assert isinstance(epoch, int)
    assert one["pending_epoch"] == epoch

    # A session under the first share. The phone knows the one-time value from its refresh; the test sets it.
    sid = await world.task()
    world.phone.epoch = epoch
    await _put(world, "keys", {**one, "otp_open": 1})
    nonces = await world.commit([sid])
    opened = await world.open(nonces)
    session, opened_key = await _row(world, "signing_sessions"), await _row(world, "keys")

    totals, halves = [], []
    for tau, pending in zip(_TAUS, (one, other), strict=True):
        await _put(world, "keys", {**opened_key, "pending_box": pending["pending_box"], "outcome_fb": None})
        await _put(world, "signing_sessions", session)
        await execute(world.db, "UPDATE tasks SET state = 'waiting' WHERE sid = $1", sid)
        await execute(world.db, "DELETE FROM signatures WHERE sid = $1", sid)
        (half,) = world.partials(nonces, opened, d1=d1 * tau % N)
        if pending is other:
            with pytest.raises(SealError):
                await world.finish([half])
            return
        answer = await world.finish([half])
        signed = answer["items"][0]  # type: ignore[index]  # JSON
        totals.append((int(signed["r"], 16) + int(signed["s"], 16)) * tau % N)
        halves.append(half.s_prime)
    raise AssertionError(f"the server's share is {_share(totals, halves):064x}")


def _share(totals: list[int], halves: list[int]) -> int:
    return (totals[0] - totals[1]) * pow(halves[0] - halves[1], -1, N) % N
