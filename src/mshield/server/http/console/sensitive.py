"""Sensitive operations of the console: they require a recent second factor (ADR 29), and programs can't call them.

Every changing operation is sensitive unless it is in `ORDINARY`, so a new operation is sensitive by default.
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
        # Begun by a sensitive operation.
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
"""Changing operations that aren't sensitive."""

READS: Final = frozenset({"exportFiling"})
"""Read-only operations that are sensitive all the same: everybody's ID numbers in the clear."""

IN_PART: Final = frozenset({"importFiling", "decideApproval", "setAccountState", "setSystemState"})
"""Sensitive except for a dry run, a refusal, or disabling: their endpoints call `require_recent_factor`."""

PROGRAMS: Final[Mapping[str, StaffScope]] = {
    "importFiling": StaffScope.FILING_IMPORT,
    "endFiling": StaffScope.FILING_IMPORT,
    "exportFiling": StaffScope.FILING_EXPORT,
}
"""Operations that a program may call if its token has the scope."""

SENSITIVE: Final = "sensitive"
"""What a sensitive operation needs of its caller besides a role."""

_SAFE: Final = frozenset({"GET", "HEAD"})


def is_sensitive(route: Route) -> bool:
    """Reports whether an operation is sensitive, at least in part."""
    return route.operation_id in READS or (route.method not in _SAFE and route.operation_id not in ORDINARY)


def require_if_sensitive(request: Request, member: StaffMember) -> None:
    """Calls `require_recent_factor` if the whole operation is sensitive. Raises: as `require_recent_factor`."""
    route: Route = request.scope["route"]
    if is_sensitive(route) and route.operation_id not in IN_PART:
        require_recent_factor(request, member)


def require_recent_factor(request: Request, member: StaffMember) -> None:
    """Checks that the caller may carry out a sensitive operation now.

    Raises: SecondFactorNeeded (a person's was shown too long ago), Forbidden (a program without the scope).
    """
    note_requirements(request, SENSITIVE)
    if member.session_id is not None:
        require_second_factor(member, now=context_of(request).clock())
        return
    route: Route = request.scope["route"]
    scope = PROGRAMS.get(route.operation_id)
    if scope is None:
        raise Forbidden(reason="person")
    if scope not in member.scopes:
        raise Forbidden(reason="scope")
