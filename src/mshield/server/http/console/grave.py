"""Critical operations of the console: they require a recent second factor (ADR 29), and programs can't call them.

Every changing operation is critical unless it is in `ORDINARY`, so a new operation is critical by default.
"""

from collections.abc import Mapping
from typing import Final

from starlette.requests import Request

from mshield.server.errors import Forbidden
from mshield.server.http.caller import context_of, note_requirements
from mshield.server.http.router import Route
from mshield.server.staff.members import StaffMember
from mshield.server.staff.rules import StaffScope
from mshield.server.staff.second_factor import require_second_factor

ORDINARY: Final = frozenset(
    {
        # The login itself, and showing the second factor.
        *("makeConsoleCaptcha", "beginConsoleLogin", "startConsoleSession", "openSetUp", "completeSetUp"),
        *("askSecondFactor", "showSecondFactor"),
        # Begun by a critical operation.
        "addFactor",
        # Grants no rights, and stops something that must be stopped immediately.
        *("endConsoleSession", "endOwnSession", "endAccountLogins", "stopPhoneChangeOf", "stopFiledPhone"),
        *("withdrawApproval", "revokeToken", "revokeOwnToken"),
        *("endPreviousSecret", "endSystemLogin", "endSystemUnshown", "removeWebhook"),
        # Renders its input and changes nothing.
        "previewView",
        # Repeats work that would be done anyway.
        *("enableWebhook", "replayDeliveries", "runJob"),
    }
)
"""Changing operations that aren't critical."""

READS: Final = frozenset({"exportFiling"})
"""Read-only operations that are critical all the same: everybody's ID numbers in the clear."""

IN_PART: Final = frozenset({"importFiling", "decideApproval", "setAccountState", "setSystemState"})
"""Critical except for a dry run, a refusal, or disabling: their endpoints call `require_grave`."""

PROGRAMS: Final[Mapping[str, StaffScope]] = {
    "importFiling": StaffScope.FILING_IMPORT,
    "endFiling": StaffScope.FILING_IMPORT,
    "exportFiling": StaffScope.FILING_EXPORT,
}
"""Operations that a program may call if its token has the scope."""

GRAVE: Final = "grave"
"""What a critical operation needs of its caller besides a role."""

_SAFE: Final = frozenset({"GET", "HEAD"})


def is_grave(route: Route) -> bool:
    """Reports whether an operation is critical, at least in part."""
    return route.operation_id in READS or (route.method not in _SAFE and route.operation_id not in ORDINARY)


def require_if_grave(request: Request, member: StaffMember) -> None:
    """Calls `require_grave` if the whole operation is critical. Raises: as `require_grave`."""
    route: Route = request.scope["route"]
    if is_grave(route) and route.operation_id not in IN_PART:
        require_grave(request, member)


def require_grave(request: Request, member: StaffMember) -> None:
    """Checks that the caller may carry out a critical operation now.

    Raises: SecondFactorNeeded (a person's was shown too long ago), Forbidden (a program without the scope).
    """
    note_requirements(request, GRAVE)
    if member.session_id is not None:
        require_second_factor(member, now=context_of(request).clock())
        return
    route: Route = request.scope["route"]
    scope = PROGRAMS.get(route.operation_id)
    if scope is None:
        raise Forbidden(reason="person")
    if scope not in member.scopes:
        raise Forbidden(reason="scope")
