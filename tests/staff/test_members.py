"""Staff: added with roles, disabled; each act is recorded."""

import asyncio
from typing import Final

import pytest

from mshield.server.database.interface import Database
from mshield.server.errors import NotFound
from mshield.server.staff.errors import InvalidStaff
from mshield.server.staff.members import StaffMember, add_staff, disable_staff, list_staff
from mshield.server.staff.rules import StaffRole
from tests.support.acts import acts_on
from tests.support.cases import cases
from tests.support.clock import START

ALL: Final = tuple(StaffRole)


async def _added(db: Database, *roles: StaffRole, name: str = "王晓") -> StaffMember:
    return await add_staff(db, name=name, roles=roles or ALL, now=START)


async def test_a_disabled_member_stays_on_the_list(db: Database) -> None:
    member = await _added(db)
    assert await list_staff(db) == [member]
    await disable_staff(db, staff_id=member.id, now=START + 1)
    assert [each.state for each in await list_staff(db)] == ["disabled"]
    with pytest.raises(NotFound):
        await disable_staff(db, staff_id=member.id, now=START + 2)
    recorded = await acts_on(db, subject=member.id)
    assert [(act.act, act.actor) for act in recorded] == [
        ("staff.add", "service"),
        ("staff.disable", "service"),
    ]


@cases("name", ["", "  ", "长" * 65, "a\x00b"])
async def test_invalid_member_names_are_refused(db: Database, name: str) -> None:
    with pytest.raises(InvalidStaff):
        await _added(db, name=name)


async def test_a_member_has_a_role(db: Database) -> None:
    with pytest.raises(InvalidStaff):
        await add_staff(db, name="王晓", roles=(), now=START)


async def test_member_name_is_unique_even_in_parallel(db: Database) -> None:
    done = await asyncio.gather(*(_added(db) for _ in range(6)), return_exceptions=True)
    assert sum(isinstance(each, StaffMember) for each in done) == 1
    assert sum(isinstance(each, InvalidStaff) for each in done) == 5
