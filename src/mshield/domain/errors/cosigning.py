"""What the co-signing protocol refuses. All of these but retry and wrong_pin leave the PIN's counter as it was."""

from mshield.domain.errors.domain_error import DomainError


class Malformed(
    DomainError,
    code="malformed",
    zh="发来的数据无法识别，没有办理，也没有签名。使用应用的，请更新后再试；由程序调用的，请检查请求的格式",
    en="What was sent can't be read. Nothing was done or signed. Update the app and try again; a program's request "
    "has another form than the documented one",
    faq="3.1",
):
    """What isn't JSON; a missing, extra, repeated or ill-formed field of a protocol message."""


class ConfirmationMissing(
    DomainError,
    code="confirmation_missing",
    zh="对方说的和原文不一样，或手机看不到原文，须再确认一次才能签。没有签名",
    en="The asker's words differ from the content, or no phone shows it: that has to be confirmed. Nothing was signed",
    faq="3.10",
):
    """A phone signs without its person's second confirmation: `confirm` says which (`mismatch`, `unread`), of `sid`."""

    def __init__(self, *, confirm: str = "", sid: str = "") -> None:
        super().__init__(confirm=confirm, sid=sid)


class Held(
    DomainError,
    code="held",
    zh="证书已停用，没有登录，也没有签名。请联系法人处理",
    en="The certificate is on hold. Nobody was logged in and nothing was signed. Ask your legal person",
    faq="3.9",
):
    """The key isn't usable: holds, or a certificate that isn't active. `extra` may name `state` and `holds`."""


class Busy(
    DomainError,
    code="busy",
    zh="上一次操作还在进行，请稍等再试",
    en="The operation before is still running. Wait a moment and try again",
    faq="3.1",
):
    """A finish of this key was bound a moment ago."""


class Clone(
    DomainError,
    code="clone",
    zh="这个手机盾可能被复制，已停用以保护您。请法人作废后重新申请",
    en="This shield may have been copied and was stopped to protect you. Ask your legal person to revoke it, "
    "then apply again",
    faq="3.9",
):
    """The one-time value showed a second copy of the phone's data."""


class Stale(
    DomainError,
    code="stale",
    zh="这次操作来得太晚，之后已经签过名，没有重复签名。请再试一次",
    en="This came late: you have signed since. Nothing was signed again. Try again",
    faq="3.1",
):
    """An `open` from before a success of the last minutes, which something held up on its way."""


class StaleEpoch(
    DomainError,
    code="stale_epoch",
    zh="这份密钥已经更换，没有签名。请再试一次",
    en="This key share has been replaced. Nothing was signed. Try again",
    faq="3.1",
):
    """The slot's epoch is no longer in force; the phone tries its next older slot."""


class PinLocked(
    DomainError,
    code="pin_locked",
    zh="PIN 码已锁死。无法解锁，请法人作废后重新申请",
    en="PIN locked. It cannot be unlocked: ask your legal person to revoke it, then apply again",
    faq="3.7",
):
    """Five wrong PINs, for good (R10)."""


class UnlockClosed(
    DomainError,
    code="unlock_closed",
    zh="PIN 码只剩 1 次机会，留给登录和签名业务。请改用短信验证码打开手机盾",
    en="One PIN try is left, which is kept for signing. Open the app with an SMS code instead",
    faq="3.7",
):
    """Opening the app must never lock the shield."""


class PinNeeded(
    DomainError,
    code="pin_needed",
    zh="本机的手机盾可以使用，请用 PIN 码确认，短信验证码不够",
    en="This phone's shield is in use: confirm with its PIN; an SMS code is not enough",
    faq="3.7",
):
    """What ends the account asks for the stronger proof where there is one."""


class TaskClosed(
    DomainError,
    code="task_closed",
    zh="这项请求已经结束，没有签名。请重新发起",
    en="This request is closed. Nothing was signed. Start it again",
    faq="3.1",
):
    """The document is signed, declined, expired or cancelled already."""


class NoSession(
    DomainError,
    code="no_session",
    zh="等待太久，没有签名，什么都没丢。请再试一次",
    en="It took too long. Nothing was signed or lost. Try again",
    faq="3.1",
):
    """The signing session was replaced or has expired."""


class BadOpening(
    DomainError,
    code="bad_opening",
    zh="数据核对没有通过，没有签名。请再试一次",
    en="A check of the data failed. Nothing was signed. Try again",
    faq="3.1",
):
    """A commitment of the phone doesn't open."""


class BadProof(
    DomainError,
    code="bad_proof",
    zh="密钥核对没有通过，没有申请成功。请重新申请",
    en="A check of the key failed. Nothing was issued. Apply again",
    faq="3.1",
):
    """A proof of knowledge doesn't hold."""


class BadAnswer(
    DomainError,
    code="bad_answer",
    zh="服务的答复核对没有通过，已停止。请联系客服",
    en="The service's answer failed the check, so the app stopped. Contact customer service",
    faq="3.1",
):
    """On the phone: the server's answer isn't a signature of the joint key."""


class Retry(
    DomainError,
    code="retry",
    zh="没有签名，请再试一次",
    en="Nothing was signed. Try again",
    faq="3.1",
):
    """A value that occurs once in 2^256; the attempt stays counted."""


class WrongPin(
    DomainError,
    code="wrong_pin",
    zh="PIN 码不对，还可以试 {left} 次",
    en="Wrong PIN. {left:try|tries} left",
    faq="3.8",
):
    """The PIN was wrong; `left` tries remain, at least one."""

    def __init__(self, *, left: int) -> None:
        super().__init__(left=left)


class Fault(
    DomainError,
    code="fault",
    zh="服务出了故障，没有签名，次数没有减少。请稍后再试",
    en="The service failed. Nothing was signed and no try was counted. Try again later",
    faq="3.1",
):
    """The signature made didn't verify: nothing is released."""
