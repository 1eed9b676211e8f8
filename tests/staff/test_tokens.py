"""Tokens of staff for programs, as somebody with one tries them: beyond its roles, its end, its member."""

import asyncio
from typing import Final

import pytest

from mshield.domain import errors
from mshield.domain.actor import SERVICE
from mshield.domain.staff import MAX_TOKENS, StaffRole, StaffScope
from mshield.domain.times import DAY_MS, HOUR_MS
from mshield.services.staff.members import StaffMember, add_staff, disable_staff
from mshield.services.staff.tokens import (
    MadeToken,
    Wanted,
    add_token,
    authenticate,
    ending,
    list_tokens,
    revoke_token,
    rotate_token,
)
from mshield.store.database.interface import Database
from mshield.store.staff import members as store
from mshield.store.staff import tokens as staff_tokens
from tests.support.acts import acts_on
from tests.support.cases import cases
from tests.support.clock import START

ALL: Final = tuple(StaffRole)


async def _member(db: Database, *roles: StaffRole, name: str = "王晓") -> StaffMember:
    return await add_staff(db, name=name, roles=roles or ALL, now=START)


async def _token(
    db: Database, member: StaffMember, *roles: StaffRole, scopes: tuple[StaffScope, ...] = (), days: int = 90
) -> MadeToken:
    wanted = Wanted(name="夜间导入", roles=roles or member.roles, scopes=scopes, days=days)
    return await add_token(db, member.id, wanted, by=SERVICE, now=START)


async def _opens(db: Database, token: str, *, now: int = START, allowed: tuple[StaffRole, ...] = ALL) -> bool:
    try:
        await authenticate(db, token, allowed=allowed, now=now)
    except errors.WrongStaffToken:
        return False
    return True


async def test_it_names_its_member_and_only_its_hash_is_kept(db: Database) -> None:
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
async def test_it_opens_what_its_own_roles_open_whatever_its_member_holds(
    db: Database, held: StaffRole, needed: StaffRole
) -> None:
    made = await _token(db, await _member(db, name=f"{held} {needed}"), held)
    if held == needed:
        found = await authenticate(db, made.token, allowed=(needed,), now=START)
        assert found.roles == (held,)
        return
    with pytest.raises(errors.Forbidden):
        await authenticate(db, made.token, allowed=(needed,), now=START)


async def test_it_never_has_a_role_that_its_member_lacks(db: Database) -> None:
    member = await _member(db, StaffRole.AUDITOR, StaffRole.FILING_OFFICER)
    for roles in ((StaffRole.SECURITY_OFFICER,), (StaffRole.AUDITOR, StaffRole.CUSTOMER_SERVICE)):
        with pytest.raises(errors.InvalidStaffToken) as refused:
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
    with pytest.raises(errors.Forbidden):
        await authenticate(db, made.token, allowed=(StaffRole.FILING_OFFICER,), now=START)


@cases("days", [0, -1, 367])
async def test_its_life_is_bounded(db: Database, days: int) -> None:
    with pytest.raises(errors.InvalidStaffToken):
        await _token(db, await _member(db, name=f"王晓 {days}"), days=days)


async def test_a_name_it_must_have_and_scopes_only_with_their_role(db: Database) -> None:
    member = await _member(db, StaffRole.AUDITOR)
    for name in ("", " ", "长" * 65, "a\x00b"):
        wanted = Wanted(name=name, roles=member.roles, days=1)
        with pytest.raises(errors.InvalidStaffToken):
            await add_token(db, member.id, wanted, by=SERVICE, now=START)
    with pytest.raises(errors.InvalidStaffToken):
        await _token(db, member, scopes=(StaffScope.FILING_IMPORT,))


async def test_it_ends_to_the_millisecond(db: Database) -> None:
    made = await _token(db, await _member(db), days=1)
    assert await _opens(db, made.token, now=START + DAY_MS - 1)
    assert not await _opens(db, made.token, now=START + DAY_MS)


async def test_a_revoked_one_opens_nothing_and_ends_once(db: Database) -> None:
    member = await _member(db)
    made, kept = await _token(db, member), await _token(db, member)
    await revoke_token(db, made.id, by=SERVICE, now=START)
    assert not await _opens(db, made.token)
    assert await _opens(db, kept.token)
    with pytest.raises(errors.NotFound):
        await revoke_token(db, made.id, by=SERVICE, now=START)
    with pytest.raises(errors.NotFound):
        await rotate_token(db, made.id, days=1, overlap_hours=1, by=SERVICE, now=START)


async def test_of_a_changed_one_both_count_for_the_overlap(db: Database) -> None:
    member = await _member(db)
    old = await _token(db, member, StaffRole.FILING_OFFICER, scopes=(StaffScope.FILING_IMPORT,))
    new = await rotate_token(db, old.id, days=30, overlap_hours=2, by=SERVICE, now=START)
    assert (new.name, new.roles, new.scopes) == (old.name, old.roles, old.scopes)
    end = START + 2 * HOUR_MS
    assert [await _opens(db, each.token, now=end - 1) for each in (old, new)] == [True, True]
    assert [await _opens(db, each.token, now=end) for each in (old, new)] == [False, True]
    with pytest.raises(errors.NotFound):
        await rotate_token(db, old.id, days=30, overlap_hours=2, by=SERVICE, now=START)


async def test_an_overlap_never_lengthens_the_old_one(db: Database) -> None:
    old = await _token(db, await _member(db), days=1)
    now = START + DAY_MS - HOUR_MS
    await rotate_token(db, old.id, days=30, overlap_hours=168, by=SERVICE, now=now)
    assert not await _opens(db, old.token, now=START + DAY_MS)
    with pytest.raises(errors.InvalidStaffToken):
        await rotate_token(db, old.id, days=30, overlap_hours=169, by=SERVICE, now=now)


async def test_race_of_two_that_change_it_one_counts(db: Database) -> None:
    old = await _token(db, await _member(db))
    done = await asyncio.gather(
        *(rotate_token(db, old.id, days=30, overlap_hours=1, by=SERVICE, now=START) for _ in range(4)),
        return_exceptions=True,
    )
    assert sum(isinstance(each, MadeToken) for each in done) == 1
    assert sum(isinstance(each, errors.NotFound) for each in done) == 3
    assert len(await list_tokens(db)) == 2


async def test_a_changed_one_has_no_role_that_its_member_lost(db: Database) -> None:
    member = await _member(db, StaffRole.FILING_OFFICER, StaffRole.AUDITOR)
    old = await _token(db, member, scopes=(StaffScope.FILING_IMPORT,))
    before = ("filing_officer", "auditor")
    await db.write(
        lambda tx: store.change_roles(tx, staff_id=member.id, before=before, after=("auditor",), now=START)
    )
    new = await rotate_token(db, old.id, days=30, overlap_hours=1, by=SERVICE, now=START)
    assert (new.roles, new.scopes) == (("auditor",), ())


async def test_those_of_a_disabled_member_are_worth_nothing(db: Database) -> None:
    member = await _member(db)
    made = await _token(db, member)
    await disable_staff(db, staff_id=member.id, now=START + 1)
    assert not await _opens(db, made.token, now=START + 1)
    (listed,) = await list_tokens(db, staff_id=member.id)
    assert listed.ended_at == START + 1
    with pytest.raises(errors.NotFound):
        await _token(db, member)


async def test_nobody_reaches_anothers(db: Database) -> None:
    member, other = await _member(db), await _member(db, name="李想")
    made = await _token(db, member)
    with pytest.raises(errors.NotFound):
        await revoke_token(db, made.id, of=other.id, by=other.by, now=START)
    with pytest.raises(errors.NotFound):
        await rotate_token(db, made.id, days=1, overlap_hours=0, of=other.id, by=other.by, now=START)
    assert await list_tokens(db, staff_id=other.id) == []
    assert await _opens(db, made.token)


async def test_a_member_has_so_many_also_in_parallel(db: Database) -> None:
    member = await _member(db)
    done = await asyncio.gather(*(_token(db, member) for _ in range(MAX_TOKENS + 3)), return_exceptions=True)
    assert sum(isinstance(each, MadeToken) for each in done) == MAX_TOKENS


async def test_those_that_end_soon_are_told_until_another_is_in_their_place(db: Database) -> None:
    member = await _member(db)
    await _token(db, member, days=15)
    soon = await _token(db, member, days=14)
    assert await ending(db, now=START) == (1, START + 14 * DAY_MS)
    await rotate_token(db, soon.id, days=90, overlap_hours=1, by=SERVICE, now=START)
    assert await ending(db, now=START) == (0, None)


async def test_its_use_is_noted_once_a_minute(db: Database) -> None:
    made = await _token(db, await _member(db))
    for later in (1, 30_000, 60_001):
        assert await _opens(db, made.token, now=START + later)
    (listed,) = await list_tokens(db)
    assert listed.used_at == START + 60_001
