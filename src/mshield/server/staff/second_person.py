"""Confirmation of a command at the server by a second person: a member of staff with their own one-time code.

A terminal can't reach a security key, so only authenticator apps can confirm. Attempts count like those at the
console, and each code is accepted once, there or here.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

from mshield.server.acts.actor import SecondPerson
from mshield.server.acts.rows import acts
from mshield.server.database.interface import Database, Tx
from mshield.server.staff.factors import StaffFactors
from mshield.server.staff.members import StaffMember, member_of
from mshield.server.staff.rows import access, factors
from mshield.server.staff.rows import members as store
from mshield.server.staff.rules import StaffRole
from mshield.server.staff.second_factor import SecondFactors
from mshield.server.staff.security_keys import new_challenge
from mshield.server.staff.session import Place, new_token
from mshield.server.values.lines import in_one_spacing
from mshield.wire.times import DAY_MS, MINUTE_MS
from mshield.wire.tokens import token_hash

NEW_MS: Final = DAY_MS
"""Age below which an authenticator confirms no command, so that others have seen the act that led to it."""

_PLACE: Final = Place("", "")
"""Place of attempts at the server, which has no address."""


class SecondPersonRefused(Exception):
    """Error: the named person can't confirm the command; `extra` and the texts give the reason."""

    code = "second_person_refused"

    def __init__(self, reason: str, detail: str = "") -> None:
        zh, en = _TEXTS[reason]
        self.zh, self.en = (f"{zh}：{detail}", f"{en}: {detail}") if detail else (zh, en)
        self.extra = {"reason": reason}
        super().__init__(self.en)


_TEXTS: Final[Mapping[str, tuple[str, str]]] = {
    "unknown": (
        "没有这位员工，没有执行。--second-person 须是控制台员工的登录姓名（mshield staff list）",
        "No member of staff has this name (mshield staff list), which --second-person requires. Nothing was done",
    ),
    "disabled": (
        "--second-person 所写的员工已停用，没有执行",
        "The member of staff named by --second-person is disabled. Nothing was done",
    ),
    "role": (
        "--second-person 所写的员工没有相应的角色，没有执行。须有角色",
        "The member of staff named by --second-person lacks the role. Nothing was done. Roles permitted",
    ),
    "no_authenticator": (
        "--second-person 所写的员工没有动态码，没有执行。终端不能使用安全密钥，请先由本人在控制台添加验证器应用",
        (
            "The member of staff named by --second-person has no one-time codes. Nothing was done. Security keys "
            "don't work at a terminal: the member first adds an authenticator app at the console"
        ),
    ),
    "new_login": (
        "--second-person 所写的员工添加验证器应用不到 24 小时，没有执行。请另一位员工确认，或明天再执行",
        (
            "The member of staff named by --second-person has had an authenticator app for less than 24 hours. "
            "Nothing was done. Name another member, or run the command tomorrow"
        ),
    ),
    "no_code": (
        "没有读到动态码，没有执行。请在终端输入，或由标准输入传入",
        "No one-time code was read. Nothing was done. Enter it at the terminal, or pass it on standard input",
    ),
}


@dataclass(frozen=True, slots=True)
class ConfirmCommand:
    """Finds second persons, and accepts their codes."""

    db: Database
    second: SecondFactors

    @property
    def factors(self) -> StaffFactors:
        """Second factors of the staff."""
        return self.second.factors

    async def find(self, name: str, roles: Collection[StaffRole], *, now: int) -> StaffMember:
        """Returns the member with this login name. Raises: SecondPersonRefused, unless they can confirm."""
        row = await store.find_named(self.db, name=in_one_spacing(name))
        if row is None:
            raise SecondPersonRefused("unknown")
        member = _checked(row, roles)
        own = await factors.of_member(self.db, staff_id=member.id)
        ages = [now - factor.created_at for factor in own if factor.kind == "totp"]
        if not ages:
            raise SecondPersonRefused("no_authenticator")
        # Else whoever adds a member or resets a login at the server could confirm their own command with it.
        if max(ages) < NEW_MS and await self._is_established(roles, now=now):
            raise SecondPersonRefused("new_login")
        return member

    async def _is_established(self, roles: Collection[StaffRole], *, now: int) -> bool:
        """Reports whether somebody has been able to confirm for long, unlike on an installation's first day."""
        rows, changed = await store.list_intact(self.db)
        return bool(changed) or any(
            member.created_at <= now - NEW_MS and member.state == "active" and set(member.roles) & set(roles)
            for member in map(member_of, rows)
        )

    async def __call__(
        self, member: StaffMember, code: str, *, roles: Collection[StaffRole], command: str, now: int
    ) -> SecondPerson:
        """Accepts the member's code for this command, and records that as the member's act.

        Raises: SecondPersonRefused, SecondFactorWrong, LoginSlowed (too many attempts), StaffLoginOver
        (disabled meanwhile).
        """
        if not code:
            raise SecondPersonRefused("no_code")
        hashed = token_hash(new_token())
        ceremony = access.Ceremony(member.id, None, new_challenge())
        await self.db.write(
            lambda tx: access.insert_ceremony(
                tx, ceremony, token_hash=hashed, purpose="command", expires_at=now + MINUTE_MS
            )
        )

        async def work(tx: Tx, row: store.StaffRow, kind: str) -> SecondPerson:
            checked = _checked(row, roles)
            details = {"factor": kind, "command": command}
            await acts.record(
                tx, by=checked.by, act="staff.confirm", subject=row.id, details=details, now=now
            )
            return SecondPerson(row.id, row.name)

        return await self.second.accept(hashed, "command", code, _PLACE, work, now=now)


def _checked(row: store.StaffRow, roles: Collection[StaffRole]) -> StaffMember:
    """Returns the member of the row. Raises: SecondPersonRefused (disabled, or no permitted role)."""
    member = member_of(row)
    if member.state != "active":
        raise SecondPersonRefused("disabled")
    if not set(member.roles) & set(roles):
        raise SecondPersonRefused("role", ", ".join(sorted(roles)))
    return member
