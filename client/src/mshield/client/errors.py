"""Errors of `mshield.client`: a stable `code`, a Chinese and an English sentence, and the helpful FAQ entry.

`ProblemError`: the service refused. `NetworkError`: the transport failed. `ProtocolError`, `PhoneError` or
(in `verify`) `VerificationError`: this side refused.
"""

from collections.abc import Mapping
from typing import Final, Literal, Self

import msgspec

from mshield.client.texts import TEXTS
from mshield.gm.errors import GmError


class ClientError(Exception):
    """Base of all errors: `code` is stable; `zh` and `en` are for users; `faq` is a FAQ entry of the manual or None."""

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
        """Takes the code and optional texts; missing texts come from `mshield.client.texts`."""
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
    """The request or response was lost, or a gateway responded instead: whether the call had an effect is unknown."""

    def __init__(self, detail: str) -> None:
        """Takes a description of the failure for the log."""
        super().__init__("network", detail)


class ProtocolError(ClientError):
    """The other side violated the protocol: `malformed`, `bad_proof`, `bad_answer`, `bad_task` and similar codes."""

    @classmethod
    def of(cls, error: GmError) -> "ProtocolError":
        """Converts an error of `mshield.gm`, keeping its code."""
        return cls(error.code, str(error) or None)


class PhoneError(ClientError):
    """The phone itself refused: nothing was signed, and no PIN attempt was used."""


class ProblemError(ClientError):
    """The service refused, with a problem document (RFC 9457); `status` is the HTTP status, `extra` has e.g. `left`."""

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
        """Takes the members of the problem document."""
        super().__init__(code, detail, zh=zh, en=en, faq=faq, extra=extra)
        self.status = status

    @property
    def left(self) -> int | None:
        """PIN attempts left, or None if the error doesn't state them."""
        left = self.extra.get("left")
        return left if isinstance(left, int) and not isinstance(left, bool) else None


Whose = Literal["phone", "service", "unknown"]

CLOCKS: Final[Mapping[Whose, tuple[str, str]]] = {
    "phone": (
        "手机的时间不准，比服务{0}。没有执行。请在手机设置中打开“自动设置时间”，再试一次",
        (
            "This phone's clock is wrong: it is {0}. Nothing was done. Have it set its time by "
            "itself, then try again"
        ),
    ),
    "service": (
        "服务的时间不准，不是手机的问题。没有执行，请稍后再试",
        "The service's clock is wrong; your phone is not at fault. Nothing was done. Try again later",
    ),
    "unknown": (
        "手机时间比服务器{0}，本次操作未执行。请开启“自动设置时间”后重试；若时间无误，请稍后再试",
        (
            "Beside the service's, this phone's clock is {0}. Nothing was done. Look at the "
            "phone's time: if it is wrong, have the phone set it by itself; if it is right, the "
            "service is at fault: try again later"
        ),
    ),
}
"""Sentences for each wrong clock, in Chinese and English; the app uses the same."""


class ClockError(ProblemError):
    """Refused because of the time, without effect: `whose` clock is wrong, if known.

    The code is `clock_doubted` if it is the service's clock, else `clock_skewed`. The phone's clock is
    `seconds` ahead of the service's.
    """

    whose: Whose
    seconds: int

    @classmethod
    def of(cls, error: ProblemError, whose: Whose, seconds: int) -> Self:
        """Converts a refusal, replacing its sentences by those for that clock."""
        zh, en = CLOCKS[whose]
        clock_error = cls(
            "clock_doubted" if whose == "service" else "clock_skewed",
            error.status,
            error.detail,
            zh=zh.format(length_zh(seconds)),
            en=en.format(length_en(seconds)),
            faq="3.1",
            extra={**error.extra, "whose": whose},
        )
        clock_error.whose, clock_error.seconds = whose, seconds
        return clock_error


def length_zh(seconds: int) -> str:
    """Describes how far a clock is ahead, or behind if negative, in Chinese."""
    return f"{'快' if seconds > 0 else '慢'}了 {_length(seconds, ('天', '小时', '分钟', '秒'))}"


def length_en(seconds: int) -> str:
    """Describes how far a clock is ahead, or behind if negative, in English."""
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
    """Reports whether to retry an idempotent call: network error, unavailable service, or the first try still running.

    `sms_failed` isn't retried: the code's prerequisite (such as a captcha) is used up, and the next code must
    wait.
    """
    if isinstance(error, ProblemError) and error.code != "sms_failed":
        return error.status in _PASSING or error.code == "in_progress"
    return isinstance(error, NetworkError)


_OWN_MEMBERS: Final = frozenset({"type", "title", "status", "detail", "code", "zh", "en", "faq"})


def problem_of(status: int, content_type: str, body: bytes) -> ClientError:
    """Converts a response other than 2xx to an error.

    A gateway's 502, 503 or 504 gives a `NetworkError`; any other response without a problem document a
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
        en=f"The service answered {status} without a reason",
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
