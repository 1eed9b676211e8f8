"""What everybody may read before they enter anything: the documents to agree to, and who runs the service."""

from typing import Annotated, Final, Literal
from zoneinfo import ZoneInfo

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from mshield.domain.people.policies import DOCUMENTS, Text
from mshield.domain.times import zone_names
from mshield.web import openapi
from mshield.web.answers import JsonAnswer, filled
from mshield.web.body import Wire
from mshield.web.context import context_of
from mshield.web.router import Router

router: Final = Router("service", also_head=True)


class PolicyTextMessage(Wire, frozen=True):
    """A document in one language; `body` has lines `## heading`, `- item` and paragraphs."""

    title: str
    changes: Annotated[str, msgspec.Meta(description="what is new since the version before; empty at first")]
    body: str


class PolicyMessage(Wire, frozen=True):
    """A document in force; `sha256` is of what people read, and stands in the act of each consent."""

    name: Literal["privacy", "agreement"]
    version: Annotated[str, msgspec.Meta(examples=["2026-11-29"])]
    sha256: str
    zh: PolicyTextMessage
    en: PolicyTextMessage


class PoliciesMessage(Wire, frozen=True):
    """Both documents, and the version that each consent must be to (`sensitive`: the id number)."""

    items: tuple[PolicyMessage, ...]
    versions: dict[str, str]


class TimeZoneMessage(Wire, frozen=True):
    """The zone in which screens and files tell times: `name` of the IANA's list, and in words with its offset."""

    name: Annotated[str, msgspec.Meta(examples=["Asia/Shanghai"])]
    zh: str
    en: str


class AboutMessage(Wire, frozen=True):
    """Who runs the service, whom people ask or complain to, null where the operator says nothing; the time zone."""

    operator: str | None
    icp_number: str | None
    service_phone: str | None
    service_hours_zh: str | None
    service_hours_en: str | None
    service_chat: str | None
    complaint_phone: str | None
    complaint_url: str | None
    closing_days: int
    time_zone: TimeZoneMessage


@router.get(
    "/api/policies",
    summary="Privacy policy and user agreement",
    operation_id="listPolicies",
    answers=openapi.answers(PoliciesMessage, "The documents in force"),
)
async def policies(request: Request) -> Response:
    """Whoever makes an account sends back the versions that they agreed to."""
    policies = context_of(request).accounts.consents.policies
    documents = [policies.document_of(policy) for policy in DOCUMENTS]
    items = (
        PolicyMessage(
            document.policy.value,  # type: ignore[arg-type]  # of DOCUMENTS
            document.version,
            document.digest.hex(),
            _text(document.zh),
            _text(document.en),
        )
        for document in documents
    )
    return JsonAnswer(PoliciesMessage(tuple(items), policies.versions))


@router.get(
    "/api/about",
    summary="Who runs the service",
    operation_id="about",
    answers=openapi.answers(AboutMessage, "Operator, filing number, customer service, complaints, time zone"),
)
async def about(request: Request) -> Response:
    """As the settings say it; shown in the app, in help and at the foot of pages."""
    settings = context_of(request).settings
    answer = AboutMessage(
        settings.operator_name,
        settings.icp_number,
        settings.service_phone,
        settings.service_hours_zh,
        settings.service_hours_en or settings.service_hours_zh,
        settings.service_chat,
        settings.complaint_phone or settings.service_phone,
        settings.complaint_url,
        settings.closing_days,
        filled(TimeZoneMessage, zone_names(ZoneInfo(settings.time_zone))),
    )
    return JsonAnswer(answer)


def _text(text: Text) -> PolicyTextMessage:
    return PolicyTextMessage(text.title, text.changes, text.body)
