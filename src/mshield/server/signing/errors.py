"""Errors of the co-signing protocol. All except `retry` and `wrong_pin` leave the PIN counter unchanged."""

from mshield.server.errors import DomainError


class Malformed(
    DomainError,
    code="malformed",
    zh="发来的数据无法识别，没有办理，也没有签名。使用应用的，请更新后再试；由程序调用的，请检查请求的格式",
    en="The request can't be read. Nothing was done or signed. Update the app and try again; a program's"
    " request doesn't have the documented form",
    faq="3.1",
):
    """The message is not JSON, or a field of it is missing, unknown, repeated or ill-formed."""


class ConfirmationMissing(
    DomainError,
    code="confirmation_missing",
    zh="对方说明与原文不一致，或手机看不到原文，须再确认一次才能签。没有签名",
    en="The requester's description differs from the content, or the phone can't show it, which you have"
    " to confirm. Nothing was signed",
    faq="3.10",
):
    """The person's second confirmation is missing.

    `confirm` states the reason (`mismatch`, `unread`), `sid` the task.
    """

    def __init__(self, *, confirm: str = "", sid: str = "") -> None:
        super().__init__(confirm=confirm, sid=sid)


class Held(
    DomainError,
    code="held",
    zh="证书已停用，没有登录，也没有签名。请联系法人处理",
    en="The certificate is on hold. You were not logged in and nothing was signed. Contact your legal "
    "representative",
    faq="3.9",
):
    """The key isn't usable: on hold, or its certificate isn't active. `extra` may have `state` and `holds`."""


class Busy(
    DomainError,
    code="busy",
    zh="上一次操作还在进行，请稍等再试",
    en="The previous operation is still running. Wait a moment and try again",
    faq="3.1",
):
    """Another `finish` of this key is still being processed."""


class Clone(
    DomainError,
    code="clone",
    zh="这个手机盾可能被复制，已停用以保护您。请法人作废后重新申请",
    en="This shield may have been copied and is on hold to protect you. Ask your legal representative to"
    " revoke it, then apply again",
    faq="3.9",
):
    """The one-time value revealed a second copy of the phone's data."""


class Stale(
    DomainError,
    code="stale",
    zh="这次操作来得太晚，之后已经签过名，没有重复签名。请再试一次",
    en="This came too late: you have signed something since. Nothing was signed again. Try again",
    faq="3.1",
):
    """An `open` was delayed and arrived after a later signature of the last minutes."""


class StaleEpoch(
    DomainError,
    code="stale_epoch",
    zh="这份密钥已经更换，没有签名。请再试一次",
    en="This key share has been replaced. Nothing was signed. Try again",
    faq="3.1",
):
    """The slot's epoch is no longer in force, so the phone tries its next older slot."""


class PinLocked(
    DomainError,
    code="pin_locked",
    zh="PIN 码已锁死。无法解锁，请法人作废后重新申请",
    en="The PIN is locked and can't be unlocked. Ask your legal representative to revoke the shield, "
    "then apply again",
    faq="3.7",
):
    """The PIN is locked permanently after five wrong PINs in a row or fifty in all (R10)."""


class UnlockClosed(
    DomainError,
    code="unlock_closed",
    zh="PIN 码只剩 1 次机会，要留给签名和业务登录。请改用短信验证码打开手机盾",
    en="One PIN try is left, which is reserved for signing and for logging in to business systems."
    " Open the app with an SMS code instead",
    faq="3.7",
):
    """One try is left, so the PIN no longer opens the app: opening the app must never lock the shield."""


class PinNeeded(
    DomainError,
    code="pin_needed",
    zh="本机的手机盾可以使用，请用 PIN 码确认，短信验证码不够",
    en="This phone's shield is in use: confirm with its PIN; an SMS code is not enough",
    faq="3.7",
):
    """Critical acts on one's account, such as closing it, need the PIN of a usable shield instead of an SMS code."""


class TaskClosed(
    DomainError,
    code="task_closed",
    zh="这项请求已经结束，没有签名。请重新发起",
    en="This request has ended. Nothing was signed. Start it again",
    faq="3.1",
):
    """The document is signed, declined, expired or cancelled already."""


class NoSession(
    DomainError,
    code="no_session",
    zh="等待太久，没有签名，数据没有丢失。请再试一次",
    en="It took too long. Nothing was signed or lost. Try again",
    faq="3.1",
):
    """The signing session was replaced or has expired."""


class BadOpening(
    DomainError,
    code="bad_opening",
    zh="数据核对没有通过，没有签名。请再试一次",
    en="The data failed a check. Nothing was signed. Try again",
    faq="3.1",
):
    """A commitment of the phone doesn't match its opening."""


class BadProof(
    DomainError,
    code="bad_proof",
    zh="密钥核对没有通过，没有申请成功。请重新申请",
    en="The key failed a check. No certificate was issued. Apply again",
    faq="3.1",
):
    """A proof of knowledge is invalid."""


class BadAnswer(
    DomainError,
    code="bad_answer",
    zh="服务的答复核对没有通过，已停止。请联系客服",
    en="The service's answer failed a check, so the app stopped. Contact customer service",
    faq="3.1",
):
    """On the phone: the server's answer isn't a signature by the joint key."""


class Retry(
    DomainError,
    code="retry",
    zh="没有签名，请再试一次",
    en="Nothing was signed. Try again",
    faq="3.1",
):
    """A value occurred that has a probability of 2^-256; the attempt remains counted."""


class WrongPin(
    DomainError,
    code="wrong_pin",
    zh="PIN 码不正确，还可以试 {left} 次",
    en="Wrong PIN. {left:try|tries} left",
    faq="3.8",
):
    """The PIN is wrong; `left` tries remain, at least one."""

    def __init__(self, *, left: int) -> None:
        super().__init__(left=left)


class Fault(
    DomainError,
    code="fault",
    zh="服务出了故障，没有签名，次数没有减少。请稍后再试",
    en="The service failed. Nothing was signed and no try was counted. Try again later",
    faq="3.1",
):
    """The computed signature is invalid, so nothing is released."""
