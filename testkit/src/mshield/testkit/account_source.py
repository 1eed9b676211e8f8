"""Consents of users of outside systems, for calls that may create an account."""

from collections.abc import Callable
from typing import Final

import msgspec

from mshield.client.errors import ProblemError
from mshield.client.forms import read

POLICIES: Final = "/api/policies"
_NOT_FOUND: Final = 404


class Policies(msgspec.Struct, frozen=True, kw_only=True):
    """Current version of each document that needs consent."""

    versions: dict[str, str]


def consents(fetch: Callable[[], bytes]) -> dict[str, dict[str, str]]:
    """Returns the consents to the current documents, for calls that may create an account; `fetch` gets `POLICIES`.

    Empty for a service without such documents (404).
    """
    try:
        answer = fetch()
    except ProblemError as error:
        if error.status != _NOT_FOUND:
            raise
        return {}
    return {"consents": read(answer, Policies).versions}
