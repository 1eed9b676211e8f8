"""Where a call comes from."""

from starlette.requests import Request


def address_of(request: Request) -> str:
    """The address that the call comes from, as far as this service sees it; for the counters."""
    return request.client.host if request.client is not None else ""
