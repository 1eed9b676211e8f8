"""Which operations of the console are grave: they ask for the second factor again (ADR 38), and no program does them.

Whatever changes something is grave unless it stands in `ORDINARY`: a new operation is grave until somebody says not.
"""

from collections.abc import Mapping
from typing import Final

from starlette.requests import Request

from mshield.domain import errors
from mshield.domain.staff import StaffScope
from mshield.services.staff.members import StaffMember
from mshield.services.staff.second_factor import require_second_factor
from mshield.web.context import context_of
from mshield.web.router import Route

ORDINARY: Final = frozenset(
    {
        # The login itself, and what shows the factor.
        *("makeConsoleCaptcha", "beginConsoleLogin", "startConsoleSession", "openSetUp", "completeSetUp"),
        *("askSecondFactor", "showSecondFactor"),
        # Begun by a grave act.
        "addFactor",
        # Gives nobody more, and stops what must stop at once.
        *("endConsoleSession", "endOwnSession", "endAccountLogins", "stopPhoneChangeOf"),
        *("withdrawApproval", "revokeToken", "revokeOwnToken"),
        *("endPreviousSecret", "endSystemLogin", "endSystemUnshown", "removeWebhook"),
        # Draws what is handed in, and changes nothing.
        "previewView",
        # Does again what would be done anyway.
        *("enableWebhook", "replayDeliveries", "runJob"),
    }
)
"""Operations that change something and are not grave."""

READS: Final = frozenset({"exportFiling"})
"""Operations that only read and are grave all the same: id numbers of everybody, in the clear."""

IN_PART: Final = frozenset({"importFiling", "decideApproval", "setAccountState", "setSystemState"})
"""Grave, but for a dry run, a refusal, or what disables: their endpoints call `require_grave`."""

PROGRAMS: Final[Mapping[str, StaffScope]] = {
    "importFiling": StaffScope.FILING_IMPORT,
    "endFiling": StaffScope.FILING_IMPORT,
    "exportFiling": StaffScope.FILING_EXPORT,
}
"""Those that a program may do whose token has the scope."""

_SAFE: Final = frozenset({"GET", "HEAD"})


def is_grave(route: Route) -> bool:
    """Whether the operation is, at least in part."""
    return route.operation_id in READS or (route.method not in _SAFE and route.operation_id not in ORDINARY)


def require_if_grave(request: Request, member: StaffMember) -> None:
    """Raises what `require_grave` raises where the whole operation is grave."""
    route: Route = request.scope["route"]
    if is_grave(route) and route.operation_id not in IN_PART:
        require_grave(request, member)


def require_grave(request: Request, member: StaffMember) -> None:
    """Raises SecondFactorNeeded where a person's was shown too long ago; Forbidden for a program without the scope."""
    if member.session_id is not None:
        require_second_factor(member, now=context_of(request).clock())
        return
    route: Route = request.scope["route"]
    scope = PROGRAMS.get(route.operation_id)
    if scope is None:
        raise errors.Forbidden(reason="person")
    if scope not in member.scopes:
        raise errors.Forbidden(reason="scope")
