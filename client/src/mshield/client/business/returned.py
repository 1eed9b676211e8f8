"""Parameters with which the shield's app returns to a business system's return URL (R13).

A user who was tricked into opening somebody else's link returns too, with the code for that person's request.
So a session accepts only the request that it made itself.
"""

import hmac
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import parse_qsl, urlsplit

import msgspec

from mshield.client.business.values import State
from mshield.client.errors import ClientError, ProtocolError
from mshield.wire.return_url import FIELDS

_ENDS: Final = frozenset({"signed", "declined", "expired", "cancelled"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Returned:
    """Outcome of a request; `return_code` fetches the result of a signed one, and is None otherwise.

    The state comes from the URL and proves nothing: rely on the result.
    """

    request_id: str
    state: State
    return_code: str | None = field(repr=False)


def read_return(address: str, *, request_id: str | None) -> Returned:
    """Parses the URL that the shield's app opened; `request_id` is the one stored in the user's session, or None.

    Raises: ClientError (`other_session`: the request isn't this session's), ProtocolError (`malformed`).
    """
    fields: dict[str, str] = {}
    for name, value in parse_qsl(urlsplit(address).query):
        if name in FIELDS and fields.setdefault(name, value) != value:
            raise ProtocolError("malformed", f"two of {name}")
    returned_id, state, code = (fields.get(name) for name in FIELDS)
    if returned_id is None or state not in _ENDS or (code is None) != (state != "signed"):
        raise ProtocolError("malformed", "not the return address of a request")
    if request_id is None or not hmac.compare_digest(returned_id.encode(), request_id.encode()):
        raise ClientError("other_session")
    return Returned(request_id=returned_id, state=msgspec.convert(state, State), return_code=code)
