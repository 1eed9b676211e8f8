"""Outside time stamping authorities (RFC 3161, 3.4), asked over HTTP."""

from typing import Final

from mshield.gateways.outside import OutsideError, ask

SECONDS: Final = 10
ATTEMPTS: Final = 2
_OK: Final = 200


async def ask_time_stamp(url: str, request: bytes) -> bytes:
    """What the authority answers, not judged. Raises OutsideError."""
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
