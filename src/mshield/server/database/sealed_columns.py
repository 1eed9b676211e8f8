"""Columns covered by the row seals of each table with authority, the primary key first.

These are names, phone numbers, roles, states: everything that determines who somebody is, what they are
allowed to do, or how often a PIN may be tried. Sealed boxes are not included, since each is already bound to
its row.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

SEALED_COLUMNS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "accounts": (
            *("id", "phone", "password_hash", "name", "id_type", "id_number_hash"),
            *("state", "source", "external_id"),
        ),
        "enterprises": ("credit_code", "name", "version"),
        "filed_persons": (
            *(
                "id",
                "credit_code",
                "name",
                "id_type",
                "id_number_hash",
                "role",
                "phone",
                "version",
                "ended_at",
            ),
        ),
        "identity_proofs": (
            *("id", "account_id", "person_id", "way", "proven_at", "counts_from", "ended_at", "ended_reason"),
        ),
        "identity_codes": ("code_hash", "person_id", "actor", "actor_id", "expires_at"),
        "identity_requests": (
            *("id", "account_id", "person_id", "address", "browser", "asked_at", "expires_at"),
        ),
        "identity_consents": ("request_id", "account_id", "person_id", "phone", "refused_at"),
        "portal_sessions": ("token_hash", "account_id", "expires_at", "ended_at"),
        "staff": ("id", "name", "roles", "state", "password_hash"),
        "staff_tokens": (
            *("id", "staff_id", "roles", "scopes", "token_hash", "expires_at", "ended_at", "next_id"),
        ),
        "staff_sessions": (
            "id",
            "token_hash",
            "staff_id",
            "created_at",
            "expires_at",
            "ended_at",
            "confirmed_at",
        ),
        "staff_factors": ("id", "staff_id", "kind", "credential_id", "public_key"),
        "staff_set_ups": ("code_hash", "staff_id", "expires_at", "ended_at"),
        "staff_ceremonies": ("token_hash", "staff_id", "purpose", "challenge", "expires_at", "ended_at"),
        "approvals": ("id", "act", "subject", "details", "asked_by", "expires_at", "state", "decided_by"),
        "shield_asks": (
            *("id", "account_id", "credit_code", "shield_number", "kind", "note", "asked_at", "expires_at"),
        ),
        "closings": ("id", "account_id", "asked_at", "due_at", "state"),
        "phone_changes": (
            *("id", "account_id", "approval_id", "old_phone", "new_phone", "details"),
            *("approved_at", "effective_at", "state"),
        ),
        "filed_phone_changes": (
            *("id", "person_id", "account_id", "approval_id", "old_phone", "new_phone", "details"),
            *("approved_at", "effective_at", "state"),
        ),
        "filing_proposals": ("id", "approval_id", "line", "record_hash", "before_hash", "state"),
        "business_systems": (
            *("client_id", "name", "domain", "secret_hash", "state", "return_urls"),
            *("previous_hash", "previous_until"),
        ),
        "views": (
            *("id", "client_id", "view_id", "version", "digest", "approval_id", "asked_by", "approved_by"),
            "withdrawn_at",
        ),
        "unshown_allowances": (
            *("client_id", "approval_id", "asked_by", "approved_by", "allowed_at", "ended_at"),
        ),
        "oidc_clients": (
            *("client_id", "redirect_uris", "logout_uris", "auth_method", "jwks", "par_required"),
        ),
        "keys": (
            *("uid", "account_id", "device_id", "person_id", "filing_version", "subject"),
            *("failures", "wrong_total", "otp_hash", "otp_prev_hash", "rn_prev_hash", "otp_open"),
        ),
        "certificates": (
            *("serial", "uid", "account_id", "device_id", "person_id", "filing_version", "shield_number"),
            *("organisation", "credit_code", "role", "common_name", "issuer", "not_before", "not_after"),
        ),
        "ca_submissions": (
            *("handle", "key", "ca", "p10", "state"),
            *("answer", "chain", "issuer_serial", "ca_serial", "code"),
        ),
        "oidc_authorizations": (
            *("id", "client_id", "parameters", "fresh_ms", "browser_hash", "request_id"),
        ),
        "renewals": (
            *(
                "sid",
                "uid",
                "old_serial",
                "account_id",
                "device_id",
                "person_id",
                "filing_version",
                "subject",
                "ca",
            ),
        ),
        "requests": ("id", "client_id", "kind", "asker_name", "asker_domain"),
        "webhook_endpoints": ("id", "client_id", "url"),
        "signatures": ("sid", "uid", "key_version"),
        "tasks": ("sid", "request_id", "purpose", "message", "media_type", "title", "display", "format"),
    }
)
