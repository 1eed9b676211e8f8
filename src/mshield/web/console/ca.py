"""The CA at the console: its generations, revocation lists, OCSP responders, the log, and what is worth a warning."""

from typing import Final, Literal

from starlette.requests import Request
from starlette.responses import Response

from mshield.domain.staff import StaffRole
from mshield.services.ca.state import OneCa
from mshield.web import openapi
from mshield.web.answers import JsonAnswer, filled
from mshield.web.body import Wire
from mshield.web.console.authentication import staff_of
from mshield.web.context import context_of
from mshield.web.router import Router

router: Final = Router("console")
READERS: Final = (StaffRole.SECURITY_OFFICER, StaffRole.AUDITOR)


class WarningMessage(Wire, frozen=True):
    """Something to look at: a stable code, what it is about, and a sentence in each language."""

    code: str
    severity: Literal["bad", "warn"]
    subject: str
    zh: str
    en: str


class ListStateMessage(Wire, frozen=True):
    """A published revocation list; the next one is there at `renew_at` at the latest. Times in ms."""

    number: int
    this_update: int
    next_update: int
    renew_at: int


class CaMessage(Wire, frozen=True):
    """A CA: the root, or a generation of the issuing CA. Times in ms, `sha256` its certificate's fingerprint."""

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


class LogStateMessage(Wire, frozen=True):
    """The transparency log; `waiting` rows have no place in it yet, `changed_at` (ms) is when it grew last."""

    origin: str
    size: int
    changed_at: int
    waiting: int


class CaStateMessage(Wire, frozen=True):
    """All of it; the gravest warning first. `database_us` is in microseconds, `high_water` the restore's mark."""

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
    summary="How the CA stands",
    operation_id="showCa",
    answers=openapi.answers(CaStateMessage, "As it stands now"),
)
async def show_ca(request: Request) -> Response:
    """Read from the database alone: no key is opened for it."""
    await staff_of(request, *READERS)
    context = context_of(request)
    now = context.clock()
    state = await context.operations.ca_state(now=now)
    message = filled(
        CaStateMessage,
        state.running,
        now=now,
        warnings=tuple(filled(WarningMessage, warning) for warning in state.warnings),
        cas=tuple(map(_ca, state.cas)),
        log=None if state.log is None else filled(LogStateMessage, state.log),
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
        crl=None if state.crl is None else filled(ListStateMessage, state.crl),
    )
