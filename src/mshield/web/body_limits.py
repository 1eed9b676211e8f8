"""How large a call's body may be: the one table of all routes.

Before anybody is known a body is small: anonymous calls have little to say, and a phone's proof covers its body, which
so comes first. What needs more room gets it only of callers who have shown who they are by their headers alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from mshield.domain import errors

_KIB: Final = 1024
_MIB: Final = 1024 * _KIB
_PUNCTUATION: Final = b"{[,:"
MOST_DEPTH: Final = 16
"""How deep JSON may be nested; no message of ours is half as deep."""


@dataclass(frozen=True, slots=True)
class BodyLimit:
    """`octets` of a body; `known` where a caller who is known may send more; `members` of its JSON."""

    octets: int
    members: int = 4096
    known: int = 0

    @property
    def most(self) -> int:
        """Octets that the route takes of anybody."""
        return max(self.octets, self.known)


ANONYMOUS: Final = BodyLimit(16 * _KIB)
AUTHENTICATED: Final = BodyLimit(64 * _KIB)
_OF_OPERATION: Final[Mapping[str, BodyLimit]] = {
    # 64 documents of a customs declaration's size, or one PDF of 20 MiB; base64, with up to 64 lines to show each.
    "createRequest": BodyLimit(64 * _KIB, members=40_000, known=28 * _MIB),
    # The file itself; its own reader takes as much (gateways/filing_files.py).
    "importFiling": BodyLimit(64 * _KIB, known=20 * _MIB),
    # A view and its samples, base64 (services/systems/view_drafts.py).
    "previewView": BodyLimit(64 * _KIB, known=_MIB),
    "handInView": BodyLimit(64 * _KIB, known=_MIB),
    # What is asked for most by strangers: a code, a login.
    "sendSmsCode": BodyLimit(8 * _KIB),
    "sendRegisterCode": BodyLimit(8 * _KIB),
    "beginConsoleLogin": BodyLimit(8 * _KIB),
    "beginPortalLogin": BodyLimit(8 * _KIB),
    "logIn": BodyLimit(8 * _KIB),
    # As large as a form of theirs is read (web/oidc/answers.py).
    "pushAuthorizationRequest": BodyLimit(32 * _KIB),
    "issueTokens": BodyLimit(32 * _KIB),
    "authorizeByForm": BodyLimit(32 * _KIB),
    "endOidcSessionByForm": BodyLimit(32 * _KIB),
}


def limit_of(operation_id: str, *, anonymous: bool) -> BodyLimit:
    """The limit of an operation; `anonymous` where nothing need say who calls."""
    return _OF_OPERATION.get(operation_id) or (ANONYMOUS if anonymous else AUTHENTICATED)


def require_few_members(body: bytes, limit: BodyLimit) -> None:
    """Raises Malformed for JSON of too many members, before any of them is made.

    Counts the punctuation, at the speed of memory. What stands within strings counts too, which no message comes near.
    """
    if len(body) > limit.members and len(body) - len(body.translate(None, _PUNCTUATION)) > limit.members:
        raise errors.Malformed(reason="members")
