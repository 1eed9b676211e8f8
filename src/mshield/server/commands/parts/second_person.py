"""`--second-person`: the member of staff who confirms a command by their own one-time code.

The code is read from the terminal or, for scripts, as a line of standard input. It is no option, since other
processes can read a program's arguments.
"""

import signal
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, TypeVar

import click

from mshield.cli.parts.output import Output
from mshield.server.commands.parts.service import Service

if TYPE_CHECKING:
    from mshield.server.acts.actor import SecondPerson
    from mshield.server.staff.members import StaffMember
    from mshield.server.staff.second_person import ConfirmCommand

F = TypeVar("F", bound=Callable[..., object])

# Defined here, so that `--help` needs no server packages.
OFFICER: Final = ("security_officer",)
"""Roles of which the second person needs one, as an approver at the console: acts that a security officer approves."""
SERVING: Final = ("customer_service", "security_officer")
"""Likewise, for acts on accounts and shields."""


def second_person_option(who: str, *, required: bool = True) -> Callable[[F], F]:
    """Returns the option's decorator; `who` completes the help's sentence."""
    return click.option(
        "--second-person",
        metavar="NAME",
        required=required,
        help=f"Console login of {who}. Asks for their one-time code, or reads it from standard input.",
    )


async def confirmed_by(
    out: Output, service: Service, name: str, roles: tuple[str, ...] = OFFICER
) -> "SecondPerson":
    """Asks the named member of staff for a one-time code, accepts it, and returns the member.

    Raises: SecondPersonRefused, SecondFactorWrong, LoginSlowed.
    """
    from mshield.server.accounts.errors import LoginSlowed
    from mshield.server.staff.errors import SecondFactorWrong
    from mshield.server.staff.rules import StaffRole

    member = await find_second_person(service, name, roles)
    code = _read_code(out, member.name)
    _, _, command = click.get_current_context().command_path.partition(" ")
    permitted = frozenset(map(StaffRole, roles))
    try:
        return await _confirm(service)(member, code, roles=permitted, command=command, now=service.now)
    except (SecondFactorWrong, LoginSlowed) as error:
        _log_refusal(service, member.id, command, error.code)
        raise


async def find_second_person(service: Service, name: str, roles: tuple[str, ...] = OFFICER) -> "StaffMember":
    """Returns the named member of staff, without asking for a code. Raises: SecondPersonRefused."""
    from mshield.server.staff.rules import StaffRole

    return await _confirm(service).find(name, frozenset(map(StaffRole, roles)), now=service.now)


def _confirm(service: Service) -> "ConfirmCommand":
    from mshield.server.staff.factors import StaffFactors
    from mshield.server.staff.second_factor import SecondFactors
    from mshield.server.staff.second_person import ConfirmCommand

    factors = StaffFactors(service.db, service.keyring, service.settings.site)
    return ConfirmCommand(service.db, SecondFactors(service.db, factors, service.settings))


def _log_refusal(service: Service, staff_id: str, command: str, code: str) -> None:
    """Writes a line to the security log, if it has a file."""
    from mshield.server.runtime.logs import set_up_file
    from mshield.server.runtime.security_log.events import FACTOR_REFUSED
    from mshield.server.runtime.security_log.log import SecurityLog

    set_up_file(service.settings.process)
    SecurityLog().write(
        FACTOR_REFUSED, now=service.now, code=code, actor_kind="staff", actor=staff_id, command=command
    )


def _read_code(out: Output, name: str) -> str:
    """Reads the code of the member with this name; empty if standard input has ended."""
    if not _is_terminal():
        return sys.stdin.readline().strip()
    # asyncio cancels a task on the first Ctrl-C, which would not end a read from the terminal.
    cancelling = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        code: str = click.prompt(
            out.pick(f"{name} 的动态码", f"One-time code of {name}"), hide_input=True, err=True
        )
    finally:
        signal.signal(signal.SIGINT, cancelling)
    return code.strip()


def _is_terminal() -> bool:
    return sys.stdin.isatty()
