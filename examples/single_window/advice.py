"""Messages for users when something failed: what did not happen, and what to do next.

The SDK's errors have their own sentence in Chinese and English; what to do next depends on this system, so it is here.
"""

from dataclasses import dataclass
from typing import Final

from mshield.client import ClientError, NetworkError, VerificationError


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """What to do next, in Chinese and English; `status` is the HTTP status of the page."""

    what: tuple[str, str]
    next: tuple[str, str]
    status: int = 403


_LEGAL_PERSON: Final = (
    "请本企业法人在“三证合一”系统查看这个手机盾，解挂失或解冻后再试。",
    "Ask your legal person to look at this shield at the portal, and to lift the loss or the freeze. Then try again.",
)
_APPLY: Final = (
    "请在手机盾 App 里查看证书：已作废的可重新申请；已过期的先请法人作废，再重新申请。",
    "Check the certificate in the shield's app. If revoked, apply again; if expired, have it revoked first.",
)
_NEXT: Final[dict[str, tuple[str, str]]] = {
    "on_hold": _LEGAL_PERSON,
    "shield_unusable": (
        "请在手机盾 App 里查看证书的状态：挂失、冻结的请法人处理；已过期的请法人作废；作废后重新申请，再登录本系统。",
        "Check the app. On hold: ask your legal person. Expired: have it revoked. Revoked: apply again, then log in.",
    ),
    "revoked": _APPLY,
    "expired": _APPLY,
    "unexpected_signer": (
        "请用登录本系统的那个人的手机盾签名；备案信息变更过的，先在手机盾 App 里更新证书，再重新登录。",
        "Sign with the shield that logged in here. If the filing changed, renew the certificate and log in again.",
    ),
    "not_signed": (
        "请在手机上看完请求，输入 PIN 码，再回到这里。",
        "Read the request on the phone, enter the PIN, then come back here.",
    ),
    "inbox_full": (
        "请先在手机盾 App 的待办里签名或拒绝已有的请求，再试。",
        "Sign or decline what already waits in the shield app's inbox, then try again.",
    ),
    "too_many_requests": ("请等一分钟再试。", "Wait a minute, then try again."),
    "wrong_client": (
        "这是系统设置的问题，请联系本系统的管理员。",
        "This system is misconfigured: contact its administrator.",
    ),
}
_AGAIN: Final = (
    "请重新操作一次；仍然不行的，请联系客服。",
    "Try again. If it still fails, call customer service.",
)
_DOWN: Final = Advice(
    what=(
        "手机盾服务暂时连不上。没有登录，也没有签名，已保存的报关单都还在。",
        "The shield's service can't be reached. Nobody was logged in, nothing was signed, and what you saved is there.",
    ),
    next=("请稍等片刻再试。", "Wait a moment, then try again."),
    status=503,
)


def advice(error: ClientError) -> Advice:
    """Returns the advice for one of the SDK's errors."""
    if isinstance(error, NetworkError) or error.code == "unavailable":
        return _DOWN
    status = 403 if isinstance(error, VerificationError) else 409
    return Advice(what=(f"{error.zh}。", f"{error.en}."), next=next_step(error.code), status=status)


def what_failed(code: str) -> tuple[str, str]:
    """Returns the sentence of the error with this code, if only the code was stored."""
    error = ClientError(code)
    return f"{error.zh}。", f"{error.en}."


def next_step(code: str) -> tuple[str, str]:
    """Returns what to do after the error with this code."""
    return _NEXT.get(code, _AGAIN)
