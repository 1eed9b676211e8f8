"""State of the certificate authorities, and warnings about it. Times in ms."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from mshield.wire.messages import AnswerMessage
from mshield.wire.times import DAY_MS

_LIST_LATE_MS: Final = 600_000
"""Grace period after a revocation list's due time; the job checks each minute."""

_RESPONDER_DUE_MS: Final = 13 * DAY_MS
"""Remaining validity (ms) of a responder certificate at which its renewal is one day overdue."""

IMPORT_DUE_MS: Final = 45 * DAY_MS
"""Remaining validity (ms) of what only an offline root can renew at which the first warning appears."""

CROSS_DUE_MS: Final = 90 * DAY_MS
"""Remaining validity (ms) of a cross certificate at which a warning appears."""

Severity = Literal["bad", "warn"]
CaStanding = Literal["issuing", "former", "revoked", "expired", "root"]


class WarningMessage(AnswerMessage, frozen=True):
    """A warning: a stable code, the subject, and a sentence in each language."""

    code: str
    severity: Severity
    subject: str
    zh: str
    en: str


class ListStateMessage(AnswerMessage, frozen=True):
    """A published revocation list; the next one is published by `renew_at`. Times in ms."""

    number: int
    this_update: int
    next_update: int
    renew_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CaState:
    """State of the root or of a generation of the issuing CA. `responder_until` is the end of its OCSP responder.

    `elsewhere`: the root's key isn't here, so its list and responder are imported. `unlisted`: issuing CAs that
    are revoked here but not yet on the imported list.
    """

    name: str
    generation: int | None
    standing: CaStanding
    not_after: int
    crl: ListStateMessage | None
    responder_until: int | None
    elsewhere: bool = False
    unlisted: tuple[str, ...] = ()


def cross_warning(ca: str, root: str, *, not_after: int, now: int) -> WarningMessage | None:
    """Returns the warning about a certificate of `ca` by another root, if it ends soon or has ended."""
    if not_after - now >= CROSS_DUE_MS:
        return None
    return WarningMessage(
        "cross_ends",
        "warn",
        ca,
        f"{root} 为 {ca} 签发的交叉证书还剩 {max(0, _days(not_after, now))} 天。请用 mshield ca cross 更换或移除",
        f"The cross certificate of {ca} by {root} has {max(0, _days(not_after, now))} days left. Replace or remove "
        "it: mshield ca cross",
    )


def warnings_of(cas: Sequence[CaState], *, leaf_days: int, now: int) -> tuple[WarningMessage, ...]:
    """Returns the warnings, the most severe first."""
    warnings = list(_missing(cas))
    for ca in cas:
        if ca.standing != "expired" and ca.elsewhere:
            warnings += [*_ends(ca, leaf_ms=leaf_days * DAY_MS, now=now), *_imported(ca, now=now)]
        elif ca.standing != "expired":
            warnings += [
                *_ends(ca, leaf_ms=leaf_days * DAY_MS, now=now),
                *_lists(ca, now=now),
                *_answers(ca, now=now),
            ]
    return tuple(sorted(warnings, key=lambda warning: warning.severity != "bad"))


def _missing(cas: Sequence[CaState]) -> Iterator[WarningMessage]:
    if not any(ca.standing == "issuing" for ca in cas):
        yield WarningMessage(
            "no_issuing_ca",
            "bad",
            "issuing",
            "没有可用的签发机构，无法签发和更新证书。请运行 mshield ca renew-issuing 建立新一代",
            "There is no issuing CA, so nothing is issued or renewed. Create the next one: mshield ca renew-issuing",
        )


def _ends(ca: CaState, *, leaf_ms: int, now: int) -> Iterator[WarningMessage]:
    left, days = ca.not_after - now, max(0, (ca.not_after - now) // DAY_MS)
    if ca.standing == "issuing" and left < leaf_ms:
        yield WarningMessage(
            "issuing_ca_ends",
            "warn",
            ca.name,
            f"{ca.name} 还剩 {days} 天，短于证书的有效期，新证书会提前到期。请运行 mshield ca renew-issuing",
            f"{ca.name} has {days} days left, less than a certificate's life: new certificates end early. "
            "Run mshield ca renew-issuing",
        )
    if ca.standing == "root" and left < 2 * leaf_ms:
        yield WarningMessage(
            "root_ca_ends",
            "warn",
            ca.name,
            f"根证书还剩 {days} 天，请准备新的根",
            f"The root has {days} days left. Prepare a new root",
        )


def _lists(ca: CaState, *, now: int) -> Iterator[WarningMessage]:
    if ca.crl is None:
        yield WarningMessage(
            "crl_missing",
            "warn",
            ca.name,
            f"{ca.name} 还没有发布吊销列表。任务 crl 每分钟检查一次，请看它是否在运行",
            f"{ca.name} has published no revocation list yet. The job crl runs every minute: check whether it does",
        )
    elif now >= ca.crl.next_update:
        yield WarningMessage(
            "crl_over",
            "bad",
            ca.name,
            f"{ca.name} 的吊销列表已过期，对方可能不再接受证书。请看任务 crl",
            f"The revocation list of {ca.name} has expired, so verifiers may reject all certificates. "
            f"Check the job crl",
        )
    elif now >= ca.crl.renew_at + _LIST_LATE_MS:
        yield WarningMessage(
            "crl_late",
            "warn",
            ca.name,
            f"{ca.name} 的吊销列表早该更新，任务 crl 可能没有运行",
            f"The revocation list of {ca.name} should have been renewed. The job crl may not be running",
        )


def _imported(ca: CaState, *, now: int) -> Iterator[WarningMessage]:
    """Yields what a root whose key is elsewhere has to make soon; each takes a visit to that key."""
    if ca.crl is None or now >= ca.crl.next_update:
        yield WarningMessage(
            "root_crl_over",
            "bad",
            ca.name,
            "根的吊销列表已过期，对方可能不再接受证书。请由根签发新列表，再运行 mshield ca import-crl",
            "The root's revocation list has expired, so verifiers may reject all certificates. Have the root "
            "make the next one, then run mshield ca import-crl",
        )
    elif ca.crl.next_update - now < IMPORT_DUE_MS:
        yield WarningMessage(
            "root_crl_due",
            "warn",
            ca.name,
            f"根的吊销列表还剩 {_days(ca.crl.next_update, now)} 天。请由根签发新列表，再运行 mshield ca import-crl",
            f"The root's revocation list ends in {_days(ca.crl.next_update, now)} days. Have the root make "
            "the next one, then run mshield ca import-crl",
        )
    if ca.responder_until is None or now >= ca.responder_until:
        yield WarningMessage(
            "root_responder_over",
            "bad",
            ca.name,
            "根的 OCSP 响应证书已过期，存证无法生成。请运行 mshield ca request root_ocsp，由根签发后导入",
            "The OCSP responder's certificate of the root has expired, so no evidence can be made. Run mshield ca "
            "request root_ocsp, have the root sign it, import it",
        )
    elif ca.responder_until - now < IMPORT_DUE_MS:
        yield WarningMessage(
            "root_responder_due",
            "warn",
            ca.name,
            f"根的 OCSP 响应证书还剩 {_days(ca.responder_until, now)} 天。"
            "请运行 mshield ca request root_ocsp，由根签发后导入",
            f"The OCSP responder's certificate of the root ends in {_days(ca.responder_until, now)} days. Run "
            "mshield ca request root_ocsp, have the root sign it, import it",
        )
    for name in ca.unlisted:
        yield WarningMessage(
            "root_crl_lacks",
            "bad",
            name,
            f"{name} 已在此吊销，但根的吊销列表中还没有。请由根吊销它并签发新列表，再运行 mshield ca import-crl",
            f"{name} is revoked here, but not on the root's list. Have the root revoke it and make the next list, "
            "then run mshield ca import-crl",
        )


def _days(until: int, now: int) -> int:
    return (until - now) // DAY_MS


def _answers(ca: CaState, *, now: int) -> Iterator[WarningMessage]:
    if ca.responder_until is None or ca.not_after <= ca.responder_until:
        return
    if now >= ca.responder_until:
        yield WarningMessage(
            "ocsp_over",
            "bad",
            ca.name,
            f"{ca.name} 的 OCSP 响应证书已过期，查询会自动换新；如果一直如此，请看服务日志",
            f"The OCSP responder's certificate of {ca.name} has expired. The next OCSP request renews "
            f"it; if not, see the log",
        )
    elif ca.responder_until - now < _RESPONDER_DUE_MS:
        yield WarningMessage(
            "ocsp_due",
            "warn",
            ca.name,
            f"{ca.name} 的 OCSP 响应证书快到期，下一次查询会自动换新",
            f"The OCSP responder's certificate of {ca.name} ends soon. The next OCSP request renews it",
        )
