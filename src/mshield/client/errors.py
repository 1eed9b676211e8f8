"""Every error of `mshield.client`: a stable `code`, a Chinese and an English sentence, the FAQ entry that helps.

Refusals by the service are `ProblemError`, failures on the way `NetworkError`, refusals by this side
`ProtocolError`, `PhoneError` or (in `verify`) `VerificationError`.
"""

from collections.abc import Mapping
from typing import Final, Literal, Self

import msgspec

from mshield.client.texts import TEXTS
from mshield.gm.errors import GmError


class ClientError(Exception):
    """Base of all: `code` is stable; `zh` and `en` are for people; `faq` is an entry of the manual's FAQ or None."""

    def __init__(
        self,
        code: str,
        detail: str | None = None,
        *,
        zh: str | None = None,
        en: str | None = None,
        faq: str | None = None,
        extra: Mapping[str, object] | None = None,
    ) -> None:
        """Texts that are not given come from `mshield.client.texts`."""
        texts = TEXTS.get(code)
        self.code = code
        self.detail = detail
        self.zh = zh or (texts[0] if texts else code)
        self.en = en or (texts[1] if texts else code)
        self.faq = faq or (texts[2] if texts else None)
        self.extra: Mapping[str, object] = dict(extra or {})
        more = f": {detail}" if detail and detail != self.en else ""
        super().__init__(f"{self.en} [{code}]{more}")


class NetworkError(ClientError):
    """The request or its answer was lost, or a gateway answered for the service: whether it had effect is not known."""

    def __init__(self, detail: str) -> None:
        """`detail` says what failed, for a log."""
        super().__init__("network", detail)


class ProtocolError(ClientError):
    """The other side broke the protocol: `malformed`, `bad_proof`, `bad_answer`, `bad_task` and their like."""

    @classmethod
    def of(cls, error: GmError) -> "ProtocolError":
        """The same refusal as `mshield.gm` raised it, under its code."""
        return cls(error.code, str(error) or None)


class PhoneError(ClientError):
    """The phone itself refuses: nothing was signed, no PIN attempt was spent."""


class ProblemError(ClientError):
    """The service refused with a problem document (RFC 9457); `status` is the HTTP status, `extra` has e.g. `left`."""

    def __init__(
        self,
        code: str,
        status: int,
        detail: str | None,
        *,
        zh: str | None = None,
        en: str | None = None,
        faq: str | None = None,
        extra: Mapping[str, object] | None = None,
    ) -> None:
        """All as the document has it."""
        super().__init__(code, detail, zh=zh, en=en, faq=faq, extra=extra)
        self.status = status

    @property
    def left(self) -> int | None:
        """PIN attempts left, where the refusal says it."""
        left = self.extra.get("left")
        return left if isinstance(left, int) and not isinstance(left, bool) else None


Whose = Literal["phone", "service", "unknown"]

CLOCKS: Final[Mapping[Whose, tuple[str, str]]] = {
    "phone": (
        "手机的时间不对，比服务{0}。没有执行。请在手机设置中打开“自动设置时间”，再试一次",
        (
            "This phone's clock is wrong: it is {0}. Nothing was done. Have it set its time by "
            "itself, then try again"
        ),
    ),
    "service": (
        "服务的时间不对，不是手机的问题。没有执行，请稍后再试",
        "The service's clock is wrong; your phone is not at fault. Nothing was done. Try again later",
    ),
    "unknown": (
        "手机的时间比服务{0}，没有执行。请看手机的时间：不对，请打开“自动设置时间”；对，就是服务的问题，请稍后再试",
        (
            "Beside the service's, this phone's clock is {0}. Nothing was done. Look at the "
            "phone's time: if it is wrong, have the phone set it by itself; if it is right, the "
            "service is at fault: try again later"
        ),
    ),
}
"""Whose clock is wrong, in Chinese and English; the app says the same."""


class ClockError(ProblemError):
    """Refused for the time: `whose` clock is wrong, where that is known; nothing was done.

    Code `clock_skewed`, and `clock_doubted` where it is the service's. The phone's is `seconds` ahead of the service's.
    """

    whose: Whose
    seconds: int

    @classmethod
    def of(cls, error: ProblemError, whose: Whose, seconds: int) -> Self:
        """The refusal, with the sentences for that."""
        zh, en = CLOCKS[whose]
        judged = cls(
            "clock_doubted" if whose == "service" else "clock_skewed",
            error.status,
            error.detail,
            zh=zh.format(length_zh(seconds)),
            en=en.format(length_en(seconds)),
            faq="3.1",
            extra={**error.extra, "whose": whose},
        )
        judged.whose, judged.seconds = whose, seconds
        return judged


def length_zh(seconds: int) -> str:
    """By how much a clock is ahead, or behind where that is below 0."""
    return f"{'快' if seconds > 0 else '慢'}了 {_length(seconds, ('天', '小时', '分钟', '秒'))}"


def length_en(seconds: int) -> str:
    """By how much a clock is ahead, or behind where that is below 0."""
    return (
        f"{_length(seconds, ('days', 'hours', 'minutes', 'seconds'))} {'ahead' if seconds > 0 else 'behind'}"
    )


def _length(seconds: int, units: tuple[str, str, str, str]) -> str:
    for length, unit in zip((86_400, 3600, 60), units, strict=False):
        if abs(seconds) >= 2 * length:
            return f"{abs(seconds) // length} {unit}"
    return f"{abs(seconds)} {units[3]}"


_PASSING: Final = frozenset({502, 503, 504})


def is_passing(error: ClientError) -> bool:
    """Whether to repeat a repeatable call: the network failed, something is unavailable, or its first try goes on.

    Not after `sms_failed`: what the code was asked with is spent by then, and the next code is a while away.
    """
    if isinstance(error, ProblemError) and error.code != "sms_failed":
        return error.status in _PASSING or error.code == "in_progress"
    return isinstance(error, NetworkError)


_OWN_MEMBERS: Final = frozenset({"type", "title", "status", "detail", "code", "zh", "en", "faq"})


def problem_of(status: int, content_type: str, body: bytes) -> ClientError:
    """The error for an answer that is not 2xx.

    A gateway's 502, 503 or 504 is a `NetworkError`; any other answer without a problem document a
    `ProblemError` with the code `unexpected_answer`.
    """
    members = _members(body) if content_type.partition(";")[0].strip() == "application/problem+json" else None
    if members is not None and isinstance(code := members.get("code"), str):
        return ProblemError(
            code,
            status,
            _text(members, "detail"),
            zh=_text(members, "zh"),
            en=_text(members, "en") or _text(members, "title"),
            faq=_text(members, "faq"),
            extra={name: value for name, value in members.items() if name not in _OWN_MEMBERS},
        )
    if status in _PASSING:
        return NetworkError(f"a gateway answered {status}")
    return ProblemError(
        "unexpected_answer",
        status,
        f"HTTP {status} without a problem document",
        zh=f"服务返回了意外的状态 {status}",
        en=f"The service answered {status} without saying why",
        faq="3.1",
    )


def _members(body: bytes) -> dict[str, object] | None:
    try:
        return msgspec.json.decode(body, type=dict[str, object])
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def _text(members: Mapping[str, object], name: str) -> str | None:
    value = members.get(name)
    return value if isinstance(value, str) and value else None
