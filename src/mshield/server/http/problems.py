"""Conversion of errors to problem documents (RFC 9457), the only place for it."""

import json
import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from mshield.server.errors import DomainError, Internal, InvalidRequest, RecordChanged, Unavailable
from mshield.server.http.answers import unavailable
from mshield.server.http.audiences import challenge
from mshield.server.http.caller import CAUSE, REASON
from mshield.server.runtime.time_limits import time_limit_of

MEDIA_TYPE: Final = "application/problem+json"
_log = logging.getLogger(__name__)

STATUS: Final[Mapping[str, int]] = {
    "account_data_refused": 424,
    "account_disabled": 403,
    "account_differs": 409,
    "account_elsewhere": 409,
    "account_exists": 409,
    "account_here": 409,
    "account_source_unavailable": 424,
    "already_certified": 409,
    "answer_shown_once": 409,
    "approval_over": 409,
    "approval_waiting": 409,
    "ask_not_done": 409,
    "content_too_complex": 422,
    "nothing_to_ask": 409,
    "bad_answer": 400,
    "bad_opening": 400,
    "activation_code_wrong": 400,
    "activation_locked": 429,
    "acts_later": 429,
    "applies_later": 429,
    "bad_proof": 400,
    "busy": 409,
    "ca_bad_certificate": 502,
    "ca_refused": 409,
    "ca_status_unavailable": 503,
    "ca_timeout": 409,
    "ca_unavailable": 503,
    "captcha_needed": 400,
    "captcha_wrong": 400,
    "certificate_expired": 409,
    "clock_doubted": 503,
    "clock_skewed": 401,
    "clone": 403,
    "confirmation_missing": 422,
    "conflict": 409,
    "consent_needed": 403,
    "consent_not_yours": 403,
    "device_limit": 409,
    "duplicate_application": 409,
    "content_erased": 410,
    "evidence_over": 410,
    "expired_request": 410,
    "fault": 500,
    "filing_changed": 409,
    "filing_file_refused": 422,
    "filing_lines_bad": 422,
    "filing_too_long": 503,
    "filing_unavailable": 503,
    "forbidden": 403,
    "held": 403,
    "idempotency_mismatch": 422,
    "identity_unproven": 403,
    "in_progress": 409,
    "inbox_full": 409,
    "internal": 500,
    "internal_message_refused": 422,
    "invalid_client_keys": 422,
    "invalid_client_uri": 422,
    "invalid_credit_code": 422,
    "invalid_id_number": 422,
    "invalid_image": 422,
    "invalid_name": 422,
    "invalid_pdf": 422,
    "invalid_phone": 422,
    "invalid_proof": 401,
    "invalid_request": 422,
    "invalid_return_url": 422,
    "invalid_staff": 422,
    "invalid_xml": 422,
    "invalid_staff_token": 422,
    "invalid_system": 422,
    "list_too_long": 422,
    "login_failed": 401,
    "login_over": 400,
    "login_refused": 400,
    "login_slowed": 429,
    "logout_refused": 400,
    "last_factor": 409,
    "malformed": 400,
    "no_certificate": 409,
    "no_filing": 409,
    "no_legal_person": 409,
    "no_session": 409,
    "not_bound": 409,
    "not_built": 503,
    "not_found": 404,
    "not_legal_person": 403,
    "not_logged_yet": 409,
    "not_signed": 409,
    "other_account": 403,
    "other_applicant": 409,
    "other_shield": 409,
    "own_approval": 403,
    "password_needed": 403,
    "phone_taken": 409,
    "pin_locked": 403,
    "pin_needed": 403,
    "qr_stale": 410,
    "read_only": 503,
    "record_changed": 409,
    "real_name_differs": 409,
    "real_name_unavailable": 503,
    "real_name_unknown": 409,
    "renewal_not_due": 409,
    "renewal_unfinished": 409,
    "request_closed": 409,
    "request_open": 409,
    "retry": 409,
    "reset_refused": 400,
    "return_url_unknown": 422,
    "second_factor_needed": 403,
    "second_factor_wrong": 400,
    "secret_before_counts": 409,
    "security_key_refused": 400,
    "set_up_over": 410,
    "shield_unusable": 409,
    "signed_attributes_refused": 422,
    "ambiguous_content_refused": 422,
    "shield_ended": 409,
    "sms_all_spent": 429,
    "charset_refused": 422,
    "sms_code_expired": 400,
    "sms_code_wrong": 400,
    "sms_daily_limit": 429,
    "sms_failed": 503,
    "sms_too_soon": 429,
    "staff_login_failed": 401,
    "staff_login_over": 400,
    "stale": 409,
    "stale_epoch": 409,
    "task_closed": 409,
    "system_alike": 409,
    "too_many_requests": 429,
    "unauthenticated": 401,
    "unavailable": 503,
    "unlock_closed": 403,
    "unshown_refused": 403,
    "view_alike": 422,
    "view_failed": 422,
    "view_outdated": 422,
    "view_required": 422,
    "view_unseen": 422,
    "view_version_wrong": 409,
    "weak_password": 422,
    "webhook_address_refused": 422,
    "webhook_url_refused": 422,
    "work_missing": 400,
    "work_wrong": 400,
    "whole_number_needed": 422,
    "wrong_client": 401,
    "wrong_own_password": 403,
    "wrong_pin": 403,
    "wrong_return_code": 403,
    "wrong_staff_token": 401,
    "wrong_status_token": 401,
}


def document(error: DomainError, status: int, request_id: str | None) -> dict[str, Any]:
    return {
        **error.extra,
        "type": f"/problems/{error.code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": error.en,
        "code": error.code,
        "zh": error.zh,
        "en": error.en,
        "faq": error.faq,
        "request_id": request_id,
    }


def problem(request: Request, error: DomainError, *, status: int | None = None) -> Response:
    """Returns the answer with the problem document of an error."""
    code = status or STATUS[error.code]
    request.scope["mshield.problem"] = error.code
    request.scope[REASON] = error.extra.get("reason")
    problem = document(error, code, request.scope.get("mshield.request_id"))
    headers = {"Cache-Control": "no-store"}
    if code == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = challenge(request.scope["path"], error.code)
    if (wait := error.extra.get("retry_after")) is not None:
        headers["Retry-After"] = str(wait)
    body = json.dumps(problem, ensure_ascii=False).encode()
    return Response(body, code, headers, media_type=MEDIA_TYPE)


class TooLarge(Exception):
    """The body is larger than its route accepts."""


class TooSlow(Exception):
    """The body didn't arrive in time."""


class TookTooLong(Exception):
    """The call wasn't answered within its time limit."""


class Refusals:
    """Converter of all errors to answers; `store_errors` maps errors of database, keys and devices to ours."""

    def __init__(self, store_errors: Mapping[type[Exception], type[DomainError]]) -> None:
        self._store_errors = store_errors

    async def __call__(self, request: Request, error: Exception) -> Response:
        """Returns the answer with the problem document; logs the error if the service is at fault."""
        if isinstance(error, TooLarge):
            return problem(request, InvalidRequest(reason="size"), status=413)
        if isinstance(error, TooSlow):
            return problem(request, InvalidRequest(reason="slow"), status=408)
        return problem(request, self.classify(request, error))

    def classify(self, request: Request, error: Exception) -> DomainError:
        """Returns the error for the caller; logs it if the service is at fault."""
        if isinstance(error, DomainError):
            return error
        if isinstance(error, ClientDisconnect):
            return InvalidRequest(reason="disconnected")  # This answer isn't read.
        if isinstance(error, TookTooLong):
            _log.error("request %s took too long", request.scope.get("mshield.request_id"))
            refusal = time_limit_of(request.scope["route"].operation_id).refusal
            return unavailable() if refusal is None else refusal()
        if (mapped := self._mapped(error)) is not None:
            if mapped is Unavailable:
                kind, cause = type(error).__name__, type(error.__cause__ or error).__name__
                _log.error("database, master key or device can't be used: %s, %s", kind, cause)
                return unavailable()
            if mapped is RecordChanged:
                _log.critical("request %s: %s", request.scope.get("mshield.request_id"), error)
                request.scope[CAUSE] = getattr(error, "code", None)
            return mapped()
        # Log the traceback without locals, because the body of a signing call must not reach a log.
        _log.error("request %s failed", request.scope.get("mshield.request_id"), exc_info=error)
        return Internal()

    def _mapped(self, error: Exception) -> type[DomainError] | None:
        return next((mapped for kind, mapped in self._store_errors.items() if isinstance(error, kind)), None)
