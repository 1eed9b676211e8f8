"""What came back from the shield's app to a business system's return address (R13).

Whoever was made to open another's link comes back too, with the code for that other's request: a session takes only
what belongs to the request that it made itself.
"""

import hmac
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import parse_qsl, urlsplit

import msgspec

from mshield.client.business.values import State
from mshield.client.errors import ClientError, ProtocolError
from mshield.domain.systems.return_url import FIELDS

_ENDS: Final = frozenset({"signed", "declined", "expired", "cancelled"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Returned:
    """How a request ended; `return_code` fetches the result of a signed one, and is None for others.

    The state is the address bar's word: what counts is the result.
    """

    request_id: str
    state: State
    return_code: str | None = field(repr=False)


def read_return(address: str, *, request_id: str | None) -> Returned:
    """Reads the address that the shield's app opened; `request_id` is that which this very session holds, if any.

    Raises ClientError `other_session` for a request that this session didn't make, ProtocolError `malformed`.
    """
    fields: dict[str, str] = {}
    for name, value in parse_qsl(urlsplit(address).query):
        if name in FIELDS and fields.setdefault(name, value) != value:
            raise ProtocolError("malformed", f"two of {name}")
    returned, state, code = (fields.get(name) for name in FIELDS)
    if returned is None or state not in _ENDS or (code is None) != (state != "signed"):
        raise ProtocolError("malformed", "not the way back of a request")
    if request_id is None or not hmac.compare_digest(returned.encode(), request_id.encode()):
        raise ClientError("other_session")
    return Returned(request_id=returned, state=msgspec.convert(state, State), return_code=code)
