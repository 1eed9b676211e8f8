"""Public information to read before entering any data: policies requiring consent, and the service's operator."""

from typing import Annotated, Final, Literal
from zoneinfo import ZoneInfo

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from mshield.server.accounts.rules.policies import DOCUMENTS, PolicyTextMessage
from mshield.server.http import openapi
from mshield.server.http.answers import JsonAnswer
from mshield.server.http.body import Wire
from mshield.server.http.caller import context_of
from mshield.server.http.router import Router
from mshield.wire.times import TimeZoneMessage, zone_names

router: Final = Router("service", also_head=True)


class PolicyMessage(Wire, frozen=True):
    """A policy in force; `sha256` is the digest of its text, recorded with each consent."""

    name: Literal["privacy", "agreement"]
    version: Annotated[str, msgspec.Meta(examples=["2026-11-29"])]
    sha256: str
    zh: PolicyTextMessage
    en: PolicyTextMessage


class PoliciesMessage(Wire, frozen=True):
    """Both policies, and the version that each consent must name (`sensitive`: use of the ID number)."""

    items: tuple[PolicyMessage, ...]
    versions: dict[str, str]


class AboutMessage(Wire, frozen=True):
    """Operator, customer service and complaints (null if not configured), and the time zone."""

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
    summary="Get the privacy policy and the user agreement",
    operation_id="listPolicies",
    answers=openapi.answers(PoliciesMessage, "The policies in force"),
)
async def policies(request: Request) -> Response:
    """Returns the policies; a registration sends back the versions that the user agreed to."""
    policies = context_of(request).accounts.consents.policies
    documents = [policies.document_of(policy) for policy in DOCUMENTS]
    items = (
        PolicyMessage(
            document.policy.value,  # type: ignore[arg-type]  # one of DOCUMENTS
            document.version,
            document.digest.hex(),
            document.zh,
            document.en,
        )
        for document in documents
    )
    return JsonAnswer(PoliciesMessage(tuple(items), policies.versions))


@router.get(
    "/api/about",
    summary="Get information about the operator",
    operation_id="about",
    answers=openapi.answers(AboutMessage, "Operator, filing number, customer service, complaints, time zone"),
)
async def about(request: Request) -> Response:
    """Returns the configured information; it is shown in the app, in the help and in the footer of pages."""
    settings = context_of(request).settings
    answer = AboutMessage(
        settings.site.operator_name,
        settings.site.icp_number,
        settings.site.service_phone,
        settings.site.service_hours_zh,
        settings.site.service_hours_en or settings.site.service_hours_zh,
        settings.site.service_chat,
        settings.site.complaint_phone or settings.site.service_phone,
        settings.site.complaint_url,
        settings.accounts.closing_days,
        zone_names(ZoneInfo(settings.site.time_zone)),
    )
    return JsonAnswer(answer)
