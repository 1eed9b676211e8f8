"""Staff tokens for programs, tried beyond their roles, their end and their member's rights."""

import asyncio
from typing import Final

import pytest

from mshield.server.acts.actor import SERVICE
from mshield.server.database.interface import Database
from mshield.server.errors import Forbidden, NotFound
from mshield.server.staff.errors import InvalidStaffToken, WrongStaffToken
from mshield.server.staff.members import StaffMember, add_staff, disable_staff
from mshield.server.staff.rows import members as store
from mshield.server.staff.rows import tokens as staff_tokens
from mshield.server.staff.rules import MAX_TOKENS, StaffRole, StaffScope
from mshield.server.staff.tokens import (
    MadeTokenMessage,
    NewTokenMessage,
    add_token,
    authenticate,
    ending,
    list_tokens,
    revoke_token,
    rotate_token,
)
from mshield.wire.times import DAY_MS, HOUR_MS
from tests.support.acts import acts_on
from tests.support.cases import cases
from tests.support.clock import START

ALL: Final = tuple(StaffRole)


async def _member(db: Database, *roles: StaffRole, name: str = "王晓") -> StaffMember:
    return await add_staff(db, name=name, roles=roles or ALL, now=START)


async def _token(
    db: Database, member: StaffMember, *roles: StaffRole, scopes: tuple[StaffScope, ...] = (), days: int = 90
) -> MadeTokenMessage:
    wanted = NewTokenMessage(name="夜间导入", roles=roles or member.roles, scopes=scopes, days=days)
    return await add_token(db, member.id, wanted, by=SERVICE, now=START)


async def _opens(db: Database, token: str, *, now: int = START, allowed: tuple[StaffRole, ...] = ALL) -> bool:
    try:
        await authenticate(db, token, allowed=allowed, now=now)
    except WrongStaffToken:
        return False
    return True


async def test_token_identifies_its_member_and_only_its_hash_is_stored(db: Database) -> None:
    member = await _member(db)
    made = await _token(db, member, StaffRole.AUDITOR)
    found = await authenticate(db, made.token, allowed=ALL, now=START)
    assert (found.id, found.roles, found.session_id) == (member.id, (StaffRole.AUDITOR,), None)
    row = await staff_tokens.find(db, token_id=made.id)
    assert row is not None
    assert made.token.encode() not in row.token_hash
    assert len(row.token_hash) == 32
    assert "token=" not in repr(made)
    (act,) = [each for each in await acts_on(db, subject=member.id) if each.act == "staff.token_add"]
    assert made.token.partition(".")[2] not in str(act.details)


@cases("change", ["other secret", "other id", "no secret", "empty", "the member's id"])
async def test_another_token_is_refused(db: Database, change: str) -> None:
    member = await _member(db, name=change)
    one, other = await _token(db, member), await _token(db, member)
    wrong = {
        "other secret": f"{one.id}.{other.token.partition('.')[2]}",
        "other id": f"{other.id}.{one.token.partition('.')[2]}",
        "no secret": one.id,
        "empty": "",
        "the member's id": f"{member.id}.{one.token.partition('.')[2]}",
    }[change]
    assert not await _opens(db, wrong)
    assert await _opens(db, one.token)


@cases("held", list(StaffRole))
@cases("needed", list(StaffRole))
async def test_token_has_only_its_own_roles(db: Database, held: StaffRole, needed: StaffRole) -> None:
    made = await _token(db, await _member(db, name=f"{held} {needed}"), held)
    if held == needed:
        found = await authenticate(db, made.token, allowed=(needed,), now=START)
        assert found.roles == (held,)
        return
    with pytest.raises(Forbidden):
        await authenticate(db, made.token, allowed=(needed,), now=START)


async def test_token_cannot_have_a_role_its_member_lacks(db: Database) -> None:
    member = await _member(db, StaffRole.AUDITOR, StaffRole.FILING_OFFICER)
    for roles in ((StaffRole.SECURITY_OFFICER,), (StaffRole.AUDITOR, StaffRole.CUSTOMER_SERVICE)):
        with pytest.raises(InvalidStaffToken) as refused:
            await _token(db, member, *roles)
        assert refused.value.extra["field"] == "roles"
    made = await _token(db, member)
    assert await db.write(
        lambda tx: store.change_roles(
            tx, staff_id=member.id, before=("filing_officer", "auditor"), after=("auditor",), now=START
        )
    )
    found = await authenticate(db, made.token, allowed=ALL, now=START)
    assert found.roles == (StaffRole.AUDITOR,)
    with pytest.raises(Forbidden):
        await authenticate(db, made.token, allowed=(StaffRole.FILING_OFFICER,), now=START)


@cases("days", [0, -1, 367])
async def test_token_lifetime_is_bounded(db: Database, days: int) -> None:
    with pytest.raises(InvalidStaffToken):
        await _token(db, await _member(db, name=f"王晓 {days}"), days=days)


async def test_token_needs_a_name_and_scopes_need_their_role(db: Database) -> None:
    member = await _member(db, StaffRole.AUDITOR)
    for name in ("", " ", "长" * 65, "a\x00b"):
        wanted = NewTokenMessage(name=name, roles=member.roles, days=1)
        with pytest.raises(InvalidStaffToken):
            await add_token(db, member.id, wanted, by=SERVICE, now=START)
    with pytest.raises(InvalidStaffToken):
        await _token(db, member, scopes=(StaffScope.FILING_IMPORT,))


async def test_token_expires_to_the_millisecond(db: Database) -> None:
    made = await _token(db, await _member(db), days=1)
    assert await _opens(db, made.token, now=START + DAY_MS - 1)
    assert not await _opens(db, made.token, now=START + DAY_MS)


async def test_revoked_token_is_refused_and_revoked_once(db: Database) -> None:
    member = await _member(db)
    made, kept = await _token(db, member), await _token(db, member)
    await revoke_token(db, made.id, by=SERVICE, now=START)
    assert not await _opens(db, made.token)
    assert await _opens(db, kept.token)
    with pytest.raises(NotFound):
        await revoke_token(db, made.id, by=SERVICE, now=START)
    with pytest.raises(NotFound):
        await rotate_token(db, made.id, days=1, overlap_hours=1, by=SERVICE, now=START)


async def test_old_and_new_token_are_valid_during_the_overlap(db: Database) -> None:
    member = await _member(db)
    old = await _token(db, member, StaffRole.FILING_OFFICER, scopes=(StaffScope.FILING_IMPORT,))
    new = await rotate_token(db, old.id, days=30, overlap_hours=2, by=SERVICE, now=START)
    assert (new.name, new.roles, new.scopes) == (old.name, old.roles, old.scopes)
    end = START + 2 * HOUR_MS
    assert [await _opens(db, each.token, now=end - 1) for each in (old, new)] == [True, True]
    assert [await _opens(db, each.token, now=end) for each in (old, new)] == [False, True]
    with pytest.raises(NotFound):
        await rotate_token(db, old.id, days=30, overlap_hours=2, by=SERVICE, now=START)


async def test_overlap_never_extends_the_old_token(db: Database) -> None:
    old = await _token(db, await _member(db), days=1)
    now = START + DAY_MS - HOUR_MS
    await rotate_token(db, old.id, days=30, overlap_hours=168, by=SERVICE, now=now)
    assert not await _opens(db, old.token, now=START + DAY_MS)
    with pytest.raises(InvalidStaffToken):
        await rotate_token(db, old.id, days=30, overlap_hours=169, by=SERVICE, now=now)


async def test_race_of_rotations_has_one_winner(db: Database) -> None:
    old = await _token(db, await _member(db))
    done = await asyncio.gather(
        *(rotate_token(db, old.id, days=30, overlap_hours=1, by=SERVICE, now=START) for _ in range(4)),
        return_exceptions=True,
    )
    assert sum(isinstance(each, MadeTokenMessage) for each in done) == 1
    assert sum(isinstance(each, NotFound) for each in done) == 3
    assert len(await list_tokens(db)) == 2


async def test_rotated_token_lacks_roles_its_member_lost(db: Database) -> None:
    member = await _member(db, StaffRole.FILING_OFFICER, StaffRole.AUDITOR)
    old = await _token(db, member, scopes=(StaffScope.FILING_IMPORT,))
    before = ("filing_officer", "auditor")
    await db.write(
        lambda tx: store.change_roles(tx, staff_id=member.id, before=before, after=("auditor",), now=START)
    )
    new = await rotate_token(db, old.id, days=30, overlap_hours=1, by=SERVICE, now=START)
    assert (new.roles, new.scopes) == (("auditor",), ())


async def test_tokens_of_a_disabled_member_are_invalid(db: Database) -> None:
    member = await _member(db)
    made = await _token(db, member)
    await disable_staff(db, staff_id=member.id, now=START + 1)
    assert not await _opens(db, made.token, now=START + 1)
    (listed,) = await list_tokens(db, staff_id=member.id)
    assert listed.ended_at == START + 1
    with pytest.raises(NotFound):
        await _token(db, member)


async def test_member_cannot_change_anothers_token(db: Database) -> None:
    member, other = await _member(db), await _member(db, name="李想")
    made = await _token(db, member)
    with pytest.raises(NotFound):
        await revoke_token(db, made.id, of=other.id, by=other.by, now=START)
    with pytest.raises(NotFound):
        await rotate_token(db, made.id, days=1, overlap_hours=0, of=other.id, by=other.by, now=START)
    assert await list_tokens(db, staff_id=other.id) == []
    assert await _opens(db, made.token)


async def test_number_of_tokens_is_limited_even_in_parallel(db: Database) -> None:
    member = await _member(db)
    done = await asyncio.gather(*(_token(db, member) for _ in range(MAX_TOKENS + 3)), return_exceptions=True)
    assert sum(isinstance(each, MadeTokenMessage) for each in done) == MAX_TOKENS


async def test_tokens_expiring_soon_are_reported_until_rotated(db: Database) -> None:
    member = await _member(db)
    await _token(db, member, days=15)
    soon = await _token(db, member, days=14)
    assert await ending(db, now=START) == (1, START + 14 * DAY_MS)
    await rotate_token(db, soon.id, days=90, overlap_hours=1, by=SERVICE, now=START)
    assert await ending(db, now=START) == (0, None)


async def test_use_of_a_token_is_recorded_once_a_minute(db: Database) -> None:
    made = await _token(db, await _member(db))
    for later in (1, 30_000, 60_001):
        assert await _opens(db, made.token, now=START + later)
    (listed,) = await list_tokens(db)
    assert listed.used_at == START + 60_001
