"""Staff: tokens shown once, compared as hashes; roles; disabling counts at once; each act is recorded."""

import asyncio
from typing import Final

import pytest

from mshield.domain import errors
from mshield.domain.staff import StaffRole
from mshield.services.staff.members import StaffMember, add_staff, authenticate, disable_staff, list_staff
from mshield.store.database.interface import Database
from mshield.store.staff import members as store
from tests.support.acts import acts_on
from tests.support.clock import START

ALL: Final = tuple(StaffRole)


async def _added(db: Database, *roles: StaffRole, name: str = "王晓") -> tuple[StaffMember, str]:
    return await add_staff(db, name=name, roles=roles or ALL, now=START)


async def test_the_token_names_its_member(db: Database) -> None:
    member, token = await _added(db, StaffRole.FILING_OFFICER)
    assert await authenticate(db, token, allowed=ALL) == member
    assert await list_staff(db) == [member]
    row = await store.find(db, staff_id=member.id)
    assert row is not None
    assert token.encode() not in row.token_hash
    assert len(row.token_hash) == 32


@pytest.mark.parametrize("change", ["other secret", "other id", "no secret", "empty", "surrogate"])
async def test_another_token_is_refused(db: Database, change: str) -> None:
    member, token = await _added(db)
    other, others_token = await _added(db, name="李想")
    assert other.id != member.id
    wrong = {
        "other secret": f"{member.id}.{others_token.partition('.')[2]}",
        "other id": f"{other.id}.{token.partition('.')[2]}",
        "no secret": member.id,
        "empty": "",
        "surrogate": f"{member.id}.x",
    }[change]
    with pytest.raises(errors.WrongStaffToken):
        await authenticate(db, wrong, allowed=ALL)


@pytest.mark.parametrize("held", list(StaffRole))
@pytest.mark.parametrize("needed", list(StaffRole))
async def test_only_an_allowed_role_opens(db: Database, held: StaffRole, needed: StaffRole) -> None:
    _, token = await _added(db, held)
    if held == needed:
        assert (await authenticate(db, token, allowed=(needed,))).roles == (held,)
        return
    with pytest.raises(errors.Forbidden):
        await authenticate(db, token, allowed=(needed,))


async def test_a_disabled_member_is_out_at_once_and_stays_on_the_list(db: Database) -> None:
    member, token = await _added(db)
    await disable_staff(db, staff_id=member.id, now=START + 1)
    with pytest.raises(errors.WrongStaffToken):
        await authenticate(db, token, allowed=ALL)
    assert [each.state for each in await list_staff(db)] == ["disabled"]
    with pytest.raises(errors.NotFound):
        await disable_staff(db, staff_id=member.id, now=START + 2)
    recorded = await acts_on(db, subject=member.id)
    assert [(act.act, act.actor) for act in recorded] == [
        ("staff.add", "service"),
        ("staff.disable", "service"),
    ]


@pytest.mark.parametrize("name", ["", "  ", "长" * 65, "a\x00b"])
async def test_names_that_nobody_has(db: Database, name: str) -> None:
    with pytest.raises(errors.InvalidStaff):
        await _added(db, name=name)


async def test_a_member_has_a_role(db: Database) -> None:
    with pytest.raises(errors.InvalidStaff):
        await add_staff(db, name="王晓", roles=(), now=START)


async def test_a_name_is_given_once_also_in_parallel(db: Database) -> None:
    done = await asyncio.gather(*(_added(db) for _ in range(6)), return_exceptions=True)
    assert sum(isinstance(each, tuple) for each in done) == 1
    assert sum(isinstance(each, errors.InvalidStaff) for each in done) == 5
