"""Client of outside time stamping authorities (RFC 3161, 3.4) over HTTP."""

from typing import Final

from mshield.server.runtime.external.call import OutsideError, ask

SECONDS: Final = 10
ATTEMPTS: Final = 2
_OK: Final = 200


async def ask_time_stamp(url: str, request: bytes) -> bytes:
    """Returns the authority's response, not yet verified. Raises: OutsideError."""
    answer = await ask(
        "POST",
        url,
        headers={"Content-Type": "application/timestamp-query", "Accept": "application/timestamp-reply"},
        seconds=SECONDS,
        content=request,
        attempts=ATTEMPTS,
    )
    if answer.status != _OK:
        raise OutsideError(f"status {answer.status}")
    return answer.content
