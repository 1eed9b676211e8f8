"""CA status in the console: generations, revocation lists, OCSP responders, the log, and warnings."""

from typing import Final, Literal

from starlette.requests import Request
from starlette.responses import Response

from mshield.server.ca.rules import ListStateMessage, WarningMessage
from mshield.server.http import openapi
from mshield.server.http.answers import JsonAnswer, filled
from mshield.server.http.body import Wire
from mshield.server.http.caller import context_of
from mshield.server.http.console.authentication import staff_of
from mshield.server.http.router import Router
from mshield.server.publication.state import LogStateMessage, OneCa
from mshield.server.staff.rules import StaffRole

router: Final = Router("console")
READERS: Final = (StaffRole.SECURITY_OFFICER, StaffRole.AUDITOR)


class CaMessage(Wire, frozen=True):
    """A CA: the root, or a generation of the issuing CA. Times in ms; `sha256` is its certificate's fingerprint."""

    name: str
    generation: int | None
    standing: Literal["root", "issuing", "former", "revoked", "expired"]
    subject: str
    serial: str
    sha256: str
    not_before: int
    not_after: int
    revoked_at: int | None
    revocation_reason: int | None
    crl: ListStateMessage | None
    responder_until: int | None


class CaStateMessage(Wire, frozen=True):
    """Status of the CA; the most serious warning first.

    `database_us` is a time in microseconds, `high_water` the high-water mark that detects a restore.
    """

    now: int
    warnings: tuple[WarningMessage, ...]
    cas: tuple[CaMessage, ...]
    log: LogStateMessage | None
    engine: str
    engine_version: str
    database: Literal["postgresql", "sqlite"]
    database_us: int
    high_water: int
    high_water_at: int
    p256: bool


@router.get(
    "/ca",
    summary="Show the CA's status",
    operation_id="showCa",
    answers=openapi.answers(CaStateMessage, "The present status"),
)
async def show_ca(request: Request) -> Response:
    """Reads only the database, without opening any key."""
    await staff_of(request, *READERS)
    context = context_of(request)
    now = context.clock()
    state = await context.figures.ca_state(now=now)
    message = filled(
        CaStateMessage,
        state.running,
        now=now,
        warnings=state.warnings,
        cas=tuple(map(_ca, state.cas)),
        log=state.log,
    )
    return JsonAnswer(message)


def _ca(ca: OneCa) -> CaMessage:
    state, certificate = ca.state, ca.certificate
    return filled(
        CaMessage,
        state,
        subject=certificate.subject.common_name,
        serial=f"{certificate.serial:040x}",
        sha256=certificate.fingerprint().hex(),
        not_before=certificate.not_before,
        not_after=certificate.not_after,
        revoked_at=ca.revoked_at,
        revocation_reason=ca.revocation_reason,
    )
