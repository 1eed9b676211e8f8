"""Options in which a business system fetches a result (docs/formats.md)."""

from typing import Final

import msgspec
from starlette.requests import Request

from mshield.pki.signatures.formats import (
    Arc,
    AskedOptions,
    Certificates,
    KeyName,
    Parameters,
    SignatureAlgorithm,
    SignatureValue,
)
from mshield.server.errors import InvalidRequest
from mshield.server.http.business.return_code import PARAMETER as RETURN_CODE
from mshield.server.http.query import Query


class ResultWanted(Query, frozen=True):
    """Wrapper other than the requested one: options that don't change the signed message (formats.md)."""

    arc: Arc | None = None
    signature_algorithm: SignatureAlgorithm | None = None
    parameters: Parameters | None = None
    signature_value: SignatureValue | None = None
    certificates: Certificates | None = None
    key_name: KeyName | None = None


_NONE_WANTED: Final = AskedOptions()


def requested_options(request: Request, query: ResultWanted) -> AskedOptions:
    """Returns the options in a query. Raises: InvalidRequest (unknown name)."""
    if not request.scope["query_string"]:
        return _NONE_WANTED
    names = ResultWanted.__struct_fields__
    unknown = set(request.query_params) - {*names, RETURN_CODE["name"]}
    if unknown:
        raise InvalidRequest(fields=[f"query.{name}" for name in sorted(unknown)])
    values = {name: value for name in names if (value := getattr(query, name)) is not None}
    return msgspec.convert(values, AskedOptions)
