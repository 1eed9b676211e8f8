"""How long each table's rows are kept, what for, and what ends them: one list, from which docs/retention.md is made.

A kind is what the job `retention` erases step by step. The rest is deleted by `purge`, by the job that it belongs to,
or kept, as the row says. {NAME} is the setting `MSHIELD_KEEP_NAME`.
"""

from dataclasses import dataclass
from typing import Final

from mshield.domain.retention.kinds import Kind


@dataclass(frozen=True, slots=True)
class Kept:
    """`tables` that are kept for the same reason: what stands in them, why, how long, and what ends them (`by`)."""

    tables: tuple[str, ...]
    what: str
    why: str
    how_long: str
    by: str
    kinds: tuple[Kind, ...] = ()


_PROOF: Final = (
    "proof of signatures: 电子签名法 art. 24 has what certificates rest on kept for five years after them"
)
_FOR_PROOF: Final = "the certificate's life and {signature_years} years"
_ARCHIVE: Final = "`mshield archive`"
_KEPT: Final = "kept"

RETAINED: Final = (
    Kept(
        ("tasks",),
        "documents: M, content, title, display; the update of a PDF",
        "the content is the business system's, which has it; title, size, digests and display are in the log's entry",
        "content: {content_days} days after its request ended, twice that and two days where the result was fetched "
        "more than a day after that; of a login {request_days} days; unsigned ones {unanswered_days} days; the rest as "
        "`signatures`",
        "job `retention`",
        (Kind.CONTENTS, Kind.LATE_CONTENTS, Kind.PERSONAL, Kind.UNANSWERED, Kind.OWN_TASKS),
    ),
    Kept(
        ("requests",),
        "who asked for what and how it ended; address and browser of the PC, the way back",
        "the asker is in the log's entry; the PC's data are personal, and serve nobody once nobody disputes a login",
        "without a signature {unanswered_days} days; personal data {request_days} days; the rest as `signatures`",
        "job `retention`",
        (Kind.UNANSWERED, Kind.PERSONAL),
    ),
    Kept(
        ("signatures", "time_stamps"),
        "each signature with whose shield and certificate it was, and its time stamps",
        _PROOF,
        _FOR_PROOF,
        "`mshield archive`, `mshield archive erase`",
    ),
    Kept(
        (
            *("log_state", "log_tiles", "log_bundles", "checkpoint_stamps", "checkpoint_cosignatures"),
            "time_stamp_places",
        ),
        "the transparency log: hashes, entries of about 90 octets, the last checkpoint, stamps and cosignatures on "
        "checkpoints",
        "proofs that were given need it; it has no personal data",
        "as long as the service runs",
        _KEPT,
    ),
    Kept(
        ("acts", "certificate_events"),
        "what members of staff, legal persons and the service did; what happened to certificates",
        "they are what the log speaks of, and what the service answers for: 网络安全法 art. 21 wants six months at "
        "least, 电子签名法 art. 24 five years",
        "the certificate's life and {signature_years} years; acts in the database {act_days} days at least, those by "
        "which `log verify` goes for good",
        "`mshield archive`, `mshield archive erase`",
    ),
    Kept(
        ("sealed_changes",),
        "which rows with authority changed, and when",
        "the last change of a row says that it wasn't set back",
        "as the rows",
        _KEPT,
    ),
    Kept(
        ("certificates", "keys", "renewals", "bindings", "devices"),
        "certificates and the keys, devices and renewals behind them; names and enterprises stand in the certificates",
        _PROOF,
        "as long as the service runs (ADR 120)",
        _KEPT,
    ),
    Kept(
        ("authorities", "crls", "crl_shards", "crl_changes"),
        "the CA's own certificates and sealed keys; published lists",
        "without them nothing can be verified",
        "authorities as long as the service runs; a list until an hour after the next",
        "job `crl`",
    ),
    Kept(
        ("accounts",),
        "registered people: name, phone number, sealed id number",
        "who a certificate belongs to; of somebody who never had one nothing but their consent keeps it",
        "as `certificates`; without a certificate until they ask",
        "two people at the console, `mshield people erase`",
    ),
    Kept(
        ("policy_consents", "closings"),
        "to which version of which document an account agreed, and that its owner closed it",
        "that there was a consent is for the service to show (个人信息保护法 art. 14)",
        "as `accounts`",
        _KEPT,
    ),
    Kept(
        ("identity_proofs", "identity_requests", "identity_consents", "phone_changes", "shield_asks"),
        "how an account was tied to its person, who confirmed it, changes of phone numbers, and what operators asked "
        "their legal person about shields",
        _PROOF,
        _FOR_PROOF,
        _KEPT,
    ),
    Kept(
        ("identity_codes",),
        "hashes of activation codes",
        "each is good once",
        "until it is used or replaced",
        "its use",
    ),
    Kept(
        ("enterprises", "enterprise_words", "filed_persons"),
        "the filing: whom enterprises named as their legal person or operators",
        "it is the customs' own register, and says why a certificate was issued",
        _FOR_PROOF,
        _KEPT,
    ),
    Kept(
        ("staff", "staff_factors", "staff_tokens", "approvals", "filing_proposals", "view_files"),
        "members of staff, how they log in, what two of them decided",
        "who may and might do what: the acts name them",
        "as `acts`; drafts of views until they are decided",
        "job `purge` (drafts)",
    ),
    Kept(
        ("business_systems", "oidc_clients", "views", "unshown_allowances", "webhook_endpoints"),
        "registered business systems, their views and addresses",
        "signatures name them",
        "as `signatures`",
        _KEPT,
    ),
    Kept(
        (
            "phone_sessions",
            "unlocks",
            "portal_sessions",
            "staff_sessions",
            "staff_set_ups",
            "staff_ceremonies",
        ),
        "logins with address and browser",
        "shown to their owner; the security log says who came in, and is kept by the operator for six months at least "
        "(网络安全法 art. 21)",
        "a day after they ended",
        "job `purge`",
    ),
    Kept(
        ("oidc_authorizations", "oidc_assertions", "used_requests", "oidc_keys"),
        "logins by OpenID Connect under way; keys that sign ID tokens",
        "each counts once",
        "a day; a key a day after it signed last",
        "jobs `purge`, `oidc`",
    ),
    Kept(
        ("sms_codes", "captcha_uses", "throttles", "dpop_proofs", "values_that_succeeded"),
        "what was used or tried, so that it counts once and no more often than it may",
        "security",
        "minutes to a day",
        "job `purge`",
    ),
    Kept(
        ("signing_sessions", "attempts_under_way"),
        "sealed nonces of signatures under way",
        "they must not outlive the session (protocol.md)",
        "minutes",
        "their end, job `purge`",
    ),
    Kept(
        ("idempotency",),
        "answers kept for repeated calls, sealed",
        "a call that comes twice is carried out once",
        "a day",
        "job `purge`",
    ),
    Kept(
        ("notifications", "sms_log"),
        "notices to people; which SMS was sent when, its number masked",
        "whether somebody was told, and what the provider charges",
        "{notice_days} days after their end",
        "job `purge`",
    ),
    Kept(
        ("device_uses",),
        "for each device its owner's name for it, address and browser of its last login",
        "shown to their owner, who finds by them a device that isn't theirs",
        "until the next login there; until the account is closed, or its owner asks",
        "two people at the console, `mshield people erase`, job `closings`",
    ),
    Kept(
        ("push_subscriptions",),
        "where a phone's browser takes pushes, sealed, and which kinds its owner wants",
        "to wake the phone; the address is one of the browser's maker",
        "until the owner ends it, logs out or closes the account, the push service says it is gone, or it took nothing "
        "for 30 days",
        "their end, job `purge`",
    ),
    Kept(
        ("pushes",),
        "that a phone was to be woken, of which kind, and what its push service answered",
        "tried for minutes, a notice for up to a day",
        "a day after they ended",
        "job `purge`",
    ),
    Kept(
        ("webhook_deliveries",),
        "what business systems are told of ended requests",
        "tried for three days, then replayed by hand",
        "7 days, given up 90 days",
        "job `purge`",
    ),
    Kept(
        ("certificate_counts", "certificate_counts_place"),
        "how many certificates there are, by kind and day of their end",
        "the console's overview, without looking at each",
        "as `certificates`",
        _KEPT,
    ),
    Kept(
        ("metrics",),
        "counts of calls by hour, of nobody in particular",
        "this year beside the last",
        "{figure_days} days",
        "job `purge`",
    ),
    Kept(
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
        "it runs by them; nothing personal",
        "as long as the service runs; clocks 30 days, marks the last 10 000",
        "job `purge`",
    ),
)
"""Every table of the schema once: a test compares."""
