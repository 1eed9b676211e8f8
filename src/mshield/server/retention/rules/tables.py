"""Retention of each table's rows: purpose, period and deletion, in one list from which docs/retention.md is made.

Kinds are erased step by step by the job `retention`. Other rows are deleted by `purge` or by the job they
belong to, or kept, as stated. {NAME} is the setting `MSHIELD_KEEP_NAME`.
"""

from dataclasses import dataclass
from typing import Final

from mshield.server.retention.rules.kinds import Kind


@dataclass(frozen=True, slots=True)
class Table:
    """Group of `tables` with the same purpose: contents, purpose, retention period, and what deletes them (`by`)."""

    tables: tuple[str, ...]
    what: str
    why: str
    how_long: str
    by: str
    kinds: tuple[Kind, ...] = ()


_PROOF: Final = "proof of signatures: 电子签名法 art. 24 requires five years after the certificate's end"
_FOR_PROOF: Final = "the certificate's life and {signature_years} years"
_KEPT: Final = "kept"

RETAINED: Final = (
    Table(
        ("tasks",),
        "documents: M, content, title, display, the lines drawn by a view; the update of a PDF",
        "the business system has the content; the log's entry covers title, size, digests and display",
        "content: {content_days} days after its request ended, twice that and two days if the result was fetched more "
        "than a day later; of a login {request_days} days; unsigned {unanswered_days} days; the rest as `signatures`",
        "job `retention`",
        (Kind.CONTENTS, Kind.LATE_CONTENTS, Kind.PERSONAL, Kind.UNANSWERED, Kind.OWN_TASKS),
    ),
    Table(
        ("requests",),
        "requester, content and outcome; the PC's address and browser, the return address",
        "the log's entry covers the requester; the PC's data are personal and serve only disputes about a login",
        "without a signature {unanswered_days} days; personal data {request_days} days; the rest as `signatures`",
        "job `retention`",
        (Kind.UNANSWERED, Kind.PERSONAL),
    ),
    Table(
        ("signatures", "time_stamps"),
        "signatures with their shield, certificate and time stamps",
        _PROOF,
        _FOR_PROOF,
        "`mshield archive`, `mshield archive erase`",
    ),
    Table(
        (
            *("log_state", "log_tiles", "log_bundles", "checkpoint_stamps", "checkpoint_cosignatures"),
            "time_stamp_places",
        ),
        "the transparency log: hashes, entries, the last checkpoint, its stamps and cosignatures",
        "existing proofs need it; it has no personal data",
        "as long as the service runs",
        _KEPT,
    ),
    Table(
        ("acts", "certificate_events"),
        "acts of staff, legal representatives and the service; events of certificates",
        "the log covers them: 网络安全法 art. 21 requires six months, 电子签名法 art. 24 five years",
        "the certificate's life and {signature_years} years; acts in the database at least {act_days} days, those that "
        "`log verify` needs permanently",
        "`mshield archive`, `mshield archive erase`",
    ),
    Table(
        ("sealed_changes",),
        "changes of rows with authority, with their times",
        "the last change proves that a row wasn't rolled back",
        "as the rows",
        _KEPT,
    ),
    Table(
        ("certificates", "ca_submissions", "keys", "renewals", "bindings", "devices"),
        "certificates (with name and enterprise), their requests at outside CAs, and their keys, devices and renewals",
        _PROOF,
        "as long as the service runs",
        _KEPT,
    ),
    Table(
        ("authorities", "authority_requests", "cross_certificates", "crls", "crl_shards", "crl_changes"),
        "the CA's own certificates, requests and sealed keys; published lists",
        "without them nothing can be verified",
        "authorities as long as the service runs; a list until an hour after the next",
        "job `crl`",
    ),
    Table(
        ("accounts",),
        "registered people: name, phone number, sealed id number",
        "identifies the owner of a certificate; without a certificate, only the person's consent",
        "as `certificates`; without a certificate until they request erasure",
        "two people at the console, `mshield people erase`",
    ),
    Table(
        ("policy_consents", "closings"),
        "consents to documents by version; closings of accounts",
        "the service must prove consent (个人信息保护法 art. 14)",
        "as `accounts`",
        _KEPT,
    ),
    Table(
        (
            *("identity_proofs", "identity_requests", "identity_consents"),
            *("phone_changes", "filed_phone_changes", "shield_asks"),
        ),
        "what ties an account to its person; changes of phone numbers; operators' requests to the legal representative",
        _PROOF,
        _FOR_PROOF,
        _KEPT,
    ),
    Table(
        ("identity_codes",),
        "hashes of activation codes",
        "each is valid once",
        "until it is used or replaced, 7 days at most",
        "its use, job `purge`",
    ),
    Table(
        ("enterprises", "enterprise_words", "filed_persons"),
        "filing records: legal representatives and operators of enterprises",
        "the register by which certificates are issued",
        _FOR_PROOF,
        _KEPT,
    ),
    Table(
        ("staff", "staff_factors", "staff_tokens", "approvals", "filing_proposals", "view_files"),
        "staff, their logins, and decisions by two of them",
        "the acts name them",
        "as `acts`, without the person's data once their account is erased; drafts of views until they are decided",
        "job `purge` (drafts)",
    ),
    Table(
        ("business_systems", "oidc_clients", "views", "unshown_allowances", "webhook_endpoints"),
        "registered business systems, their views and addresses",
        "signatures name them",
        "as `signatures`",
        _KEPT,
    ),
    Table(
        (
            "phone_sessions",
            "unlocks",
            "portal_sessions",
            "staff_sessions",
            "staff_set_ups",
            "staff_ceremonies",
        ),
        "logins with address and browser",
        "shown to their owner; the operator keeps the security log for six months (网络安全法 art. 21)",
        "a day after they ended",
        "job `purge`",
    ),
    Table(
        ("oidc_authorizations", "oidc_assertions", "used_requests", "oidc_keys"),
        "OpenID Connect logins in progress; keys that sign ID tokens",
        "each is valid once",
        "a day; a key a day after its last use",
        "jobs `purge`, `oidc`",
    ),
    Table(
        ("sms_codes", "captcha_uses", "throttles", "dpop_proofs", "values_that_succeeded"),
        "used values and counted tries",
        "security",
        "minutes to a day",
        "job `purge`",
    ),
    Table(
        ("signing_sessions", "attempts_under_way"),
        "sealed nonces of signatures in progress",
        "they must not outlive the session (protocol.md)",
        "minutes",
        "their end, job `purge`",
    ),
    Table(
        ("idempotency",),
        "stored answers for repeated calls, sealed",
        "a repeated call is executed once",
        "a day",
        "job `purge`",
    ),
    Table(
        ("notifications", "sms_log"),
        "notices; times of SMS, with masked numbers",
        "whether somebody was notified, and what the provider charges",
        "{notice_days} days after their end",
        "job `purge`",
    ),
    Table(
        ("readings",),
        "who of staff read or searched whose data, with masked numbers",
        "misuse of access is found (个人信息保护法 art. 51); at most 2 000 per member of staff and hour",
        "180 days",
        "job `purge`",
    ),
    Table(
        ("device_uses",),
        "a device's name, and address and browser of its last login",
        "lets owners recognise a device that isn't theirs",
        "until the next login there, the account is closed, or its owner requests erasure",
        "two people at the console, `mshield people erase`, job `closings`",
    ),
    Table(
        ("push_subscriptions",),
        "push addresses, sealed, and the selected kinds",
        "to wake the phone",
        "until the owner ends it, logs out or closes the account, the push service reports that it "
        "has ended, or nothing was accepted for 30 days",
        "their end, job `purge`",
    ),
    Table(
        ("pushes",),
        "pushes: kind and the push service's answer",
        "tried for minutes, a notice for up to a day",
        "a day after they ended",
        "job `purge`",
    ),
    Table(
        ("webhook_deliveries",),
        "webhooks about ended requests",
        "tried for three days, then replayed by hand",
        "7 days; dead ones 90 days",
        "job `purge`",
    ),
    Table(
        ("certificate_counts", "certificate_counts_place"),
        "numbers of certificates by kind and day of their end",
        "the console's overview",
        "as `certificates`",
        _KEPT,
    ),
    Table(
        ("metrics",),
        "counts of calls by hour, of no person",
        "comparison with last year",
        "{figure_days} days",
        "job `purge`",
    ),
    Table(
        (
            "secrets",
            "jobs",
            "retention",
            "archives",
            "high_water",
            "high_water_marks",
            "clock_marks",
            "clock_doubts",
        ),
        "the service's own sealed keys, jobs, marks and clocks",
        "operation; nothing personal",
        "as long as the service runs; clocks 30 days, marks the last 10 000",
        "job `purge`",
    ),
)
"""Every table of the schema exactly once, as a test checks."""
