"""Notices (通知): SMS notices: kinds, wording, and the recipients for each event.

A text contains no secret and no whole number: of a shield number the last four digits, of a person nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final, Literal

from mshield.server.certificates.rules.states import CertificateEvent
from mshield.wire.times import DAY_MS, MINUTE_MS

Language = Literal["zh", "en"]
GIVE_UP_MS: Final = DAY_MS
"""Time after which an unsent notice is given up."""

MOST_UNANSWERED: Final = 3
"""Maximum number of attempts with an unknown outcome: repeating a notice that may have arrived annoys its
recipient.
"""

_FIRST_SILENCE_MS: Final = 1_800_000
_LONGEST_WAIT_MS: Final = 7_200_000


class NoticeKind(StrEnum):
    """Subject of a notice; also the name of its template at the SMS provider."""

    NEW_DEVICE = "new_device"
    NEW_CERTIFICATE = "new_certificate"
    CERTIFICATE_ISSUED = "certificate_issued"
    APPLIED_AFTER_RESET = "applied_after_reset"
    LOST = "lost"
    LOSS_LIFTED = "loss_lifted"
    FROZEN = "frozen"
    UNFROZEN = "unfrozen"
    DUPLICATE = "duplicate"
    CLONE = "clone"
    CLONE_LIFTED = "clone_lifted"
    PIN_LOCKED = "pin_locked"
    REVOKED = "revoked"
    CA_REVOKED = "ca_revoked"
    CA_REFUSED = "ca_refused"
    CA_REFUSED_RENEWAL = "ca_refused_renewal"
    RENEWAL_ISSUED = "renewal_issued"
    RENEWAL_ENDING = "renewal_ending"
    RENEWAL_FILING = "renewal_filing"
    EXPIRED = "expired"
    ACCOUNT_DISABLED = "account_disabled"
    ACCOUNT_ENABLED = "account_enabled"
    PHONE_BOUND = "phone_bound"
    PASSWORD_RESET = "password_reset"  # noqa: S105  # a notice's name
    NEEDS_REVOCATION = "needs_revocation"
    SECOND_ACCOUNT = "second_account"
    CONFIRM_IDENTITY = "confirm_identity"
    VOUCHED = "vouched"
    VOUCHED_FOR = "vouched_for"
    IDENTITY_DECIDED = "identity_decided"
    IDENTITY_OBJECTED = "identity_objected"
    IDENTITY_ENDED = "identity_ended"
    FILED_PHONE_DIFFERS = "filed_phone_differs"
    FILED_PHONE_WAITS = "filed_phone_waits"
    FILED_PHONE_ENDS = "filed_phone_ends"
    FILED_PHONE_STOPPED = "filed_phone_stopped"
    SUSPENDED = "suspended"
    RESUMED = "resumed"
    REVOKED_BY_STAFF = "revoked_by_staff"
    STAFF_ACTED = "staff_acted"
    PHONE_ASKED = "phone_asked"
    PHONE_WAITS = "phone_waits"
    PHONE_STOPPED = "phone_stopped"
    PHONE_CHANGED = "phone_changed"
    SOURCE_CHANGED = "source_changed"
    CLOSING_ASKED = "closing_asked"
    ACCOUNT_CLOSED = "account_closed"
    REQUEST_WAITING = "request_waiting"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105  # a notice's name
    DISOWNED = "disowned"
    SHIELD_DISOWNED = "shield_disowned"
    SHIELD_ASKED = "shield_asked"
    SHIELD_ANSWERED = "shield_answered"


@dataclass(frozen=True, slots=True)
class Wording:
    """Text of a notice in both languages; `parameters` are the names in braces, in the order of the template."""

    zh: str
    en: str
    parameters: tuple[str, ...] = ()


_K: Final = NoticeKind
WORDINGS: Final[Mapping[NoticeKind, Wording]] = MappingProxyType(
    {
        _K.NEW_DEVICE: Wording(
            "您的手机盾账号在一台新设备上登录。如非本人操作，请立即修改密码并联系客服。",
            "Your account was logged in on a new device. If it was not you, change your password and call us.",
        ),
        _K.NEW_CERTIFICATE: Wording(
            "您尾号 {tail} 的手机盾证书已签发。如非本人申请，请立即联系企业法人。",
            "The certificate of your shield ending in {tail} was issued. If you did not apply for it, tell your legal "
            "representative at once.",
            ("tail",),
        ),
        _K.CERTIFICATE_ISSUED: Wording(
            "{holder}（{role}）领到了新手机盾，尾号 {tail}。如不知情，请立即登录三证合一系统冻结。",
            "{holder} ({role}) received a new shield, ending in {tail}. If you don't know about it, "
            "freeze it in the portal at once.",
            ("holder", "role", "tail"),
        ),
        _K.APPLIED_AFTER_RESET: Wording(
            "贵企业一位人员重设密码后，在另一台设备上申请手机盾，已暂缓。请向本人核实：手机遗失的，请挂失其手机盾；非本人操作的，请联系客服。",
            "Somebody of your enterprise reset their password and then applied for a shield on another device, "
            "which has to wait. Ask them: if the phone is lost, report its shield; if it was not them, call us.",
        ),
        _K.LOST: Wording(
            "您尾号 {tail} 的手机盾已由企业法人挂失，暂停使用。",
            "Your shield ending in {tail} was reported lost by your legal representative and can't be used for now.",
            ("tail",),
        ),
        _K.LOSS_LIFTED: Wording(
            "您尾号 {tail} 的手机盾已由企业法人解挂失。",
            "The report of loss of your shield ending in {tail} was lifted by your legal representative.",
            ("tail",),
        ),
        _K.FROZEN: Wording(
            "您尾号 {tail} 的手机盾已由企业法人冻结，暂停使用。",
            "Your shield ending in {tail} was frozen by your legal representative and can't be used for now.",
            ("tail",),
        ),
        _K.UNFROZEN: Wording(
            "您尾号 {tail} 的手机盾已由企业法人解冻结。",
            "Your shield ending in {tail} was unfrozen by your legal representative.",
            ("tail",),
        ),
        _K.DUPLICATE: Wording(
            "您尾号 {tail} 的手机盾因在本机重复申请已停用，须由企业法人作废后重新申请。",
            "Your shield ending in {tail} is stopped, since a certificate was applied for again on the same phone. "
            "Your legal representative has to revoke it; then apply again.",
            ("tail",),
        ),
        _K.CLONE: Wording(
            "您尾号 {tail} 的手机盾疑似被复制，已停用，须由企业法人作废后重新申请。",
            "Your shield ending in {tail} seems to have been copied and is stopped. Your legal "
            "representative has to revoke it; then apply again.",
            ("tail",),
        ),
        _K.CLONE_LIFTED: Wording(
            "您尾号 {tail} 的手机盾因系统故障被误判为疑似复制，现已恢复使用。给您带来不便，敬请谅解。",
            "Your shield ending in {tail} was mistaken for a copy because of our error. It works again; we apologise.",
            ("tail",),
        ),
        _K.PIN_LOCKED: Wording(
            "您尾号 {tail} 的手机盾 PIN 码已锁死，无法解锁，须由企业法人作废后重新申请。"
            "如非本人操作，请立即告知企业法人。",
            "The PIN of your shield ending in {tail} is permanently locked. Your legal representative "
            "has to revoke the shield; then apply again. If it was not you, tell your legal representative at once.",
            ("tail",),
        ),
        _K.REVOKED: Wording(
            "您尾号 {tail} 的手机盾证书已由企业法人作废。",
            "The certificate of your shield ending in {tail} was revoked by your legal representative.",
            ("tail",),
        ),
        _K.CA_REVOKED: Wording(
            "您尾号 {tail} 的手机盾证书已失效，因为签发机构停用了这一代证书。请在手机盾中重新申请。",
            "The certificate of your shield ending in {tail} is no longer valid, since its CA was revoked. Apply for "
            "a new one in the app.",
            ("tail",),
        ),
        _K.CA_REFUSED: Wording(
            "您尾号 {tail} 的手机盾证书申请没有通过。请打开手机盾查看原因，再重新申请。",
            "The certificate of your shield ending in {tail} was not issued. Open the shield's app to see why, and "
            "apply again.",
            ("tail",),
        ),
        _K.CA_REFUSED_RENEWAL: Wording(
            "您尾号 {tail} 的手机盾证书更新没有通过，原证书继续有效。请打开手机盾查看原因，再重新更新。",
            "The certificate of your shield ending in {tail} was not renewed, and stays in use. Open the shield's app "
            "to see why, and renew again.",
            ("tail",),
        ),
        _K.RENEWAL_ISSUED: Wording(
            "您尾号 {tail} 的手机盾新证书已签发。请尽快打开手机盾，输入 PIN 码启用。",
            "The new certificate of your shield ending in {tail} has been issued. Open the shield's app and enter "
            "the PIN to put it in use.",
            ("tail",),
        ),
        _K.RENEWAL_ENDING: Wording(
            "您尾号 {tail} 的手机盾证书将于 {date} 到期，请在此之前用手机盾更新。过期后只能作废并重新申请。",
            "The certificate of your shield ending in {tail} ends on {date}. Renew it in the app "
            "before then; after that it must be revoked and applied for again.",
            ("tail", "date"),
        ),
        _K.RENEWAL_FILING: Wording(
            "您的备案信息有变化，请用手机盾更新尾号 {tail} 的证书，否则登录或签名可能失败。",
            "Your filing has changed. Renew the certificate of your shield ending in {tail} in the app, or logins and "
            "signatures may fail.",
            ("tail",),
        ),
        _K.EXPIRED: Wording(
            "您尾号 {tail} 的手机盾证书已过期，不能再用，请企业法人作废后重新申请。",
            "The certificate of your shield ending in {tail} has expired. Ask your legal "
            "representative to revoke it; then apply again.",
            ("tail",),
        ),
        _K.ACCOUNT_DISABLED: Wording(
            "您的手机盾账号已由客服停用，此前的登录均已退出。如有疑问，请联系客服。",
            "Your account was disabled by customer service, and all its logins have ended. If you don't know why, "
            "call us.",
        ),
        _K.ACCOUNT_ENABLED: Wording(
            "您的手机盾账号已由客服重新启用，可以登录。如非本人申请，请立即联系客服。",
            "Your account was enabled again by customer service: you can log in. If you did not ask for it, call us.",
        ),
        _K.PHONE_BOUND: Wording(
            "您的手机盾账号已由客服改为绑定本手机号，请用本号码重新登录。",
            "Your account is now bound to this phone number. Log in again with it.",
        ),
        _K.PASSWORD_RESET: Wording(
            "您的手机盾账号已重设密码，此前的登录均已退出。如非本人操作，请立即联系客服。",
            "The password of your account was reset, and all its logins have ended. If it was not you, call us.",
        ),
        _K.NEEDS_REVOCATION: Wording(
            "贵企业尾号 {tail} 的手机盾因{reason}停用，须由您登录三证合一系统作废后方可重新申请。",
            "A shield of your enterprise, ending in {tail}, is stopped ({reason}). Log in to the portal and revoke it; "
            "only then can a new one be applied for.",
            ("tail", "reason"),
        ),
        _K.SECOND_ACCOUNT: Wording(
            "有人用您的姓名和证件号码核验了另一个手机盾账号。如非本人操作，请立即打开手机盾叫停，或联系客服，并告知企业法人。",
            "Another account with your name and id number was proven to be yours. If it was not you, "
            "stop it in the app or call us, and tell your legal representative at once.",
        ),
        _K.CONFIRM_IDENTITY: Wording(
            "贵企业有一位操作员等您确认身份，请登录三证合一系统，在“待确认的申请”中核对。请先问过本人。",
            "An operator of your enterprise is waiting for you to confirm their identity. Log in to "
            "the portal and look at the applications to confirm. Ask the person first.",
        ),
        _K.VOUCHED: Wording(
            "贵企业法人刚在三证合一系统确认了一位操作员的身份，或制作了激活码。如非本人操作，请立即联系客服。",
            "At the portal somebody has just confirmed an operator of your enterprise in the legal "
            "representative's name, or made an activation code. If it was not you, call us at once.",
        ),
        _K.VOUCHED_FOR: Wording(
            "贵企业法人刚确认了您的手机盾账号，或为您制作了激活码。如您没有申请，请立即告知企业法人。",
            "Your legal representative has just confirmed an account as yours, or made an activation "
            "code for you. If you did not ask for it, tell them at once.",
        ),
        _K.IDENTITY_DECIDED: Wording(
            "企业法人已答复您的身份核验，请打开手机盾查看。",
            "Your legal representative has answered your request to confirm your identity. Open the app to see it.",
        ),
        _K.IDENTITY_OBJECTED: Wording(
            "同一姓名和证件号码的另一个手机盾账号叫停了您的身份核验。如是您本人，请联系客服。",
            "Another account of the same name and id number has stopped the proof of your identity. If it is you, call "
            "us.",
        ),
        _K.IDENTITY_ENDED: Wording(
            "手机盾客服结束了您的一项身份核验，用它不能再申请证书。如有疑问，请联系客服。",
            "Customer service has ended one of the proofs of your identity; you can't use it to apply any more. If you "
            "don't know why, call us.",
        ),
        _K.FILED_PHONE_DIFFERS: Wording(
            "备案的手机号与您手机盾账号的不同，凭它的身份核验已结束。申请证书、法人登录门户须重新核验：办法见手机盾，或联系客服。",
            "The number on file isn't your account's. To apply or use the portal, prove your "
            "identity again: see the app.",
        ),
        _K.FILED_PHONE_WAITS: Wording(
            "您的备案手机号将在 {hours} 小时后改为尾号 {tail} 的手机号。"
            "如非本人要求，请立即打开手机盾叫停，或联系客服。",
            "In {hours} hours your phone number on file becomes the one ending in {tail}. If you did not ask for it, "
            "stop it in the app or call us at once.",
            ("tail", "hours"),
        ),
        _K.FILED_PHONE_ENDS: Wording(
            "您的备案手机号将在 {hours} 小时后删除。如非本人要求，请立即打开手机盾叫停，或联系客服。",
            "In {hours} hours your phone number is removed from the file. If you did not ask for it, stop it in the "
            "app or call us at once.",
            ("hours",),
        ),
        _K.FILED_PHONE_STOPPED: Wording(
            "更改您备案手机号的申请已叫停，备案手机号没有更改。如有疑问，请联系客服。",
            "The change of your phone number on file was stopped; the number stays as it is. If you don't know why, "
            "call us.",
        ),
        _K.SUSPENDED: Wording(
            "您尾号 {tail} 的手机盾已由手机盾客服暂停使用（两人办理）。如有疑问，请联系客服。",
            "Your shield ending in {tail} was suspended by two members of our staff and can't be used for now. If you "
            "don't know why, call us.",
            ("tail",),
        ),
        _K.RESUMED: Wording(
            "您尾号 {tail} 的手机盾已由手机盾客服恢复使用。",
            "Your shield ending in {tail} is no longer suspended by our staff.",
            ("tail",),
        ),
        _K.REVOKED_BY_STAFF: Wording(
            "您尾号 {tail} 的手机盾证书已由手机盾客服作废（两人办理）。如有疑问，请联系客服。",
            "The certificate of your shield ending in {tail} was revoked by two members of our staff. If you don't "
            "know why, call us.",
            ("tail",),
        ),
        _K.STAFF_ACTED: Wording(
            "贵企业尾号 {tail} 的手机盾已由手机盾客服{act}（两人办理）。经过请见三证合一系统，如有疑问，请联系客服。",
            "Two members of our staff have {act} a shield of your enterprise, ending in {tail}. The "
            "portal states the reason; if you don't agree, call us.",
            ("tail", "act"),
        ),
        _K.PHONE_ASKED: Wording(
            "有人要求客服把您的手机盾账号改绑到另一个手机号，正等第二位工作人员批准。如非本人要求，请立即联系客服。",
            "Somebody asked customer service to bind your account to another phone number; it waits for a second "
            "member of staff. If it was not you, call us at once.",
        ),
        _K.PHONE_WAITS: Wording(
            "您的手机盾账号将在 {hours} 小时后由客服改绑到尾号 {tail} 的手机号。"
            "如非本人要求，请立即打开手机盾叫停，或联系客服。",
            "In {hours} hours customer service will bind your account to the phone number ending in "
            "{tail}. If you did not ask for it, stop it in the app or call us at once.",
            ("tail", "hours"),
        ),
        _K.PHONE_STOPPED: Wording(
            "把手机盾账号改绑到另一个手机号的申请已叫停，手机号没有更改。如有疑问，请联系客服。",
            "The change of the account's phone number was stopped; the number stays as it is. If you don't know why, "
            "call us.",
        ),
        _K.PHONE_CHANGED: Wording(
            "您的手机盾账号已由客服改为绑定另一个手机号。如非本人申请，请立即联系客服。",
            "Your account was bound to another phone number by customer service. If you did not ask for it, call us "
            "at once.",
        ),
        _K.SOURCE_CHANGED: Wording(
            "您手机盾账号的姓名或手机号已按其所属外部系统的资料更改，原有的身份核验不再有效。如非本人更改，请立即联系客服。",
            "The name or phone number of your account was changed in the outside system that it "
            "belongs to; the proofs of your identity have ended. If you did not change it, call us at once.",
        ),
        _K.CLOSING_ASKED: Wording(
            "您的手机盾账号已申请注销，{days} 天后生效，届时手机盾作废。"
            "如非本人操作，请立即登录手机盾撤销，或联系客服。",
            "You asked to close your account. It will be closed in {days} days, and its shields "
            "revoked. If it was not you, log in and undo it, or call us, at once.",
            ("days",),
        ),
        _K.SHIELD_ASKED: Wording(
            "贵企业一位操作员请您{what}尾号 {tail} 的手机盾。请登录三证合一系统，"
            "在“操作员的请求”中办理。请先问过本人。",
            "An operator of your enterprise sent you a request about the shield ending in {tail} "
            "({what}). Log in to the portal and look at the operators' requests. Ask the person first.",
            ("tail", "what"),
        ),
        _K.SHIELD_ANSWERED: Wording(
            "企业法人已答复您关于尾号 {tail} 的手机盾的请求，请打开手机盾查看。",
            "Your legal representative has answered your request about your shield ending in {tail}. "
            "Open the app to see it.",
            ("tail",),
        ),
        _K.ACCOUNT_CLOSED: Wording(
            "您的手机盾账号已注销，手机盾已作废，法律不要求保留的个人信息已删除。",
            "Your account is closed, its shields are revoked, and your data are erased except what "
            "the law requires us to keep.",
        ),
        _K.PASSWORD_CHANGED: Wording(
            "您的手机盾账号密码已修改，其他设备上的登录均已退出。如非本人操作，请立即用“忘记密码”重设并联系客服。",
            "The password of your account was changed, and its other logins have ended. If it was not you, reset it "
            "at once and call us.",
        ),
        _K.DISOWNED: Wording(
            "您在另一台设备上表示尾号 {tail} 的手机盾不是您的，它已挂失停用。如非本人操作，请立即联系企业法人和客服。",
            "On another device you reported that the shield ending in {tail} is not yours, so it is "
            "now on hold as lost. If it was not you, tell your legal representative and call us at once.",
            ("tail",),
        ),
        _K.SHIELD_DISOWNED: Wording(
            "贵企业一位持有人表示尾号 {tail} 的手机盾不在本人手中，已挂失。请核实后登录三证合一系统解挂失或作废。",
            "Somebody of your enterprise reported that they don't have their shield ending in "
            "{tail}: it is now on hold as lost. Ask them, then lift the loss or revoke it at the portal.",
            ("tail",),
        ),
        _K.REQUEST_WAITING: Wording(
            "有一个请求在您的手机盾待办里，请打开手机盾查看。不是您要办的，请不要签。",
            "A request waits in your shield's inbox. Open the app to see it. If you don't expect it, don't sign it.",
        ),
    }
)

REASONS: Final[Mapping[NoticeKind, tuple[str, str]]] = {
    _K.PIN_LOCKED: (" PIN 码锁死", "PIN locked"),
    _K.DUPLICATE: ("重复申请", "applied again"),
    _K.CLONE: ("疑似复制", "copy suspected"),
}
"""Reasons for which the legal person is notified too: by the manual only they can proceed (2.3.1.3, 3.7)."""

STAFF_ACTS: Final[Mapping[NoticeKind, tuple[str, str]]] = {
    _K.SUSPENDED: ("暂停使用", "suspended"),
    _K.RESUMED: ("恢复使用", "resumed"),
    _K.REVOKED_BY_STAFF: ("作废", "revoked"),
}
"""Acts of staff on a shield, in words: the enterprise's legal person, if any, is notified of each."""

OF_EVENT: Final[Mapping[CertificateEvent, NoticeKind]] = {
    CertificateEvent.ACTIVATE: _K.NEW_CERTIFICATE,
    CertificateEvent.LOCK_PIN: _K.PIN_LOCKED,
    CertificateEvent.REVOKE: _K.REVOKED,
    CertificateEvent.FIND_CLONE: _K.CLONE,
    CertificateEvent.LIFT_CLONE: _K.CLONE_LIFTED,
    CertificateEvent.APPLY_AGAIN: _K.DUPLICATE,
    CertificateEvent.REPORT_LOSS: _K.LOST,
    CertificateEvent.LIFT_LOSS: _K.LOSS_LIFTED,
    CertificateEvent.FREEZE: _K.FROZEN,
    CertificateEvent.UNFREEZE: _K.UNFROZEN,
    CertificateEvent.SUSPEND: _K.SUSPENDED,
    CertificateEvent.RESUME: _K.RESUMED,
}
"""Notice to the holder for each certificate event. A superseded certificate has its successor's notice."""


def tail(shield_number: str) -> str:
    """Returns the last four digits of a shield number, the only part that a notice contains."""
    return shield_number[-4:]


def staff_act_of(kind: NoticeKind, language: Language) -> str | None:
    """Returns the staff act that the legal person is notified of; None if the notice is no staff act."""
    return STAFF_ACTS[kind][0 if language == "zh" else 1] if kind in STAFF_ACTS else None


def reason_of(kind: NoticeKind, language: Language) -> str | None:
    """Returns the reason given to the legal person; None if they aren't notified."""
    return REASONS[kind][0 if language == "zh" else 1] if kind in REASONS else None


def text(kind: NoticeKind, details: Mapping[str, str], language: Language) -> str:
    """Returns the notice's text without the sender's name. Raises: KeyError (missing parameter)."""
    return (WORDINGS[kind].zh if language == "zh" else WORDINGS[kind].en).format_map(details)


def wait_ms(attempts: int) -> int:
    """Returns the delay in ms after this many attempts: 1, 2, 4 … minutes, up to two hours."""
    return min(MINUTE_MS << min(attempts - 1, 16), _LONGEST_WAIT_MS)


def silent_ms(unanswered: int) -> int:
    """Returns the delay in ms after this many attempts without an answer: half an hour, then two hours."""
    return _FIRST_SILENCE_MS << 2 * (unanswered - 1)
