"""Every error of `mshield.client`: a stable `code`, a Chinese and an English sentence, the FAQ entry that helps.

Refusals by the service are `ProblemError`, failures on the way `NetworkError`, refusals by this side
`ProtocolError`, `PhoneError` or (in `verify`) `VerificationError`.
"""

from collections.abc import Mapping
from typing import Final

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
