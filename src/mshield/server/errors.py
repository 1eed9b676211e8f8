"""Base class of the errors and their registry by code."""

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import ClassVar, Final

from mshield.wire.times import wait_en, wait_zh

Json = str | int | float | bool | None | list["Json"] | dict[str, "Json"]

_BY_CODE: Final[dict[str, type["DomainError"]]] = {}
# All errors by code, for the problem pages, the documentation and the tests.
BY_CODE: Final[Mapping[str, type["DomainError"]]] = MappingProxyType(_BY_CODE)


class DomainError(Exception):
    """A refusal. `extra` is sent to the client as it is, so it must hold nothing secret.

    Subclasses set their code and sentences as class arguments. `{name}` in a sentence is `extra["name"]`;
    `{name:try|tries}` is a count with its noun, `{retry_after}` a time in s, formatted in words.
    """

    code: ClassVar[str]
    faq: ClassVar[str | None]
    zh_text: ClassVar[str]
    en_text: ClassVar[str]

    def __init_subclass__(cls, *, code: str, zh: str, en: str, faq: str | None = None) -> None:
        if code in _BY_CODE:
            raise TypeError(f"two errors with the code {code}")
        cls.code, cls.faq, cls.zh_text, cls.en_text = code, faq, zh, en
        _BY_CODE[code] = cls

    def __init__(self, **extra: Json) -> None:
        self.extra: Mapping[str, Json] = MappingProxyType(extra)
        super().__init__(self.en)

    @property
    def zh(self) -> str:
        """The Chinese sentence."""
        return self.zh_text.format_map(_format_values(self.extra, wait_zh))

    @property
    def en(self) -> str:
        """The English sentence."""
        return self.en_text.format_map(_format_values(self.extra, wait_en))


class _Count(int):
    def __format__(self, spec: str) -> str:
        one, bar, many = spec.partition("|")
        return f"{int(self)} {one if self == 1 else many}" if bar else format(int(self), spec)


def _format_values(extra: Mapping[str, Json], wait: Callable[[int], str]) -> dict[str, object]:
    values: dict[str, object] = {
        name: _Count(value) if isinstance(value, int) else value for name, value in extra.items()
    }
    if isinstance(seconds := extra.get("retry_after"), int):
        values["retry_after"] = wait(seconds)
    return values


class InvalidRequest(
    DomainError,
    code="invalid_request",
    zh="填写的内容有误，请检查后再试",
    en="Something in the request is invalid. Check it and try again",
    faq="3.3",
):
    """A field is missing, unknown or out of bounds. `extra` has `field` or `fields`."""


class Unauthenticated(
    DomainError,
    code="unauthenticated",
    zh="登录已失效，请重新登录",
    en="You are no longer logged in. Log in again",
    faq="3.4",
):
    """The credentials are missing or no longer valid."""


class InvalidProof(
    DomainError,
    code="invalid_proof",
    zh="无法确认是本机发出的请求。请核对手机时间后再试",
    en="This phone could not prove that the request is its own. Check the phone's time and try again",
    faq="3.1",
):
    """The DPoP proof (RFC 9449) is missing or invalid."""


class ClockSkewed(
    DomainError,
    code="clock_skewed",
    zh="手机与服务的时间相差太大，没有执行。请核对手机的时间；手机时间正确时，请稍后再试",
    en="The times of phone and service differ too much. Nothing was done. Check the phone's time; if it "
    "is right, try again later",
    faq="3.1",
):
    """The proof's time is too far from the service's clock, which the service trusts.

    `service_time` is that clock (ms); `seconds` is the lead of the proof's time over it, negative if behind.
    The client decides whose clock is wrong.
    """


class ClockDoubted(
    DomainError,
    code="clock_doubted",
    zh="服务的时钟有误，没有执行，问题不在您这边。请 {retry_after}后再试",
    en="The service's clock is wrong, which is not your fault. Nothing was done. Try again in {retry_after}",
    faq="3.1",
):
    """The service doesn't trust its own clock, so it issues nothing that contains a time.

    `retry_after` in whole seconds.
    """

    def __init__(self, *, retry_after: int = 30) -> None:
        super().__init__(retry_after=retry_after)


class Forbidden(
    DomainError,
    code="forbidden",
    zh="您没有权限做这项操作",
    en="You are not allowed to do this",
    faq="3.4",
):
    """The caller is authenticated, but not permitted to do this."""


class NotFound(
    DomainError,
    code="not_found",
    zh="没有找到，可能已经过期",
    en="Not found. It may have expired",
    faq="3.1",
):
    """The object doesn't exist, or this caller may not see it."""


class Conflict(
    DomainError,
    code="conflict",
    zh="状态刚刚有变化，这次没有执行。请刷新后再试",
    en="The state has just changed, so nothing was done. Reload and try again",
    faq="3.1",
):
    """A guarded update found another state."""


class IdempotencyMismatch(
    DomainError,
    code="idempotency_mismatch",
    zh="这个请求编号已用于不同的内容，没有执行",
    en="This idempotency key was already used for other content. Nothing was done",
    faq="3.1",
):
    """The Idempotency-Key was used with another body before."""


class AnswerShownOnce(
    DomainError,
    code="answer_shown_once",
    zh="这项操作已经完成。密码、编码或链接只显示一次，不再重复显示；如果没有收到，请重新生成",
    en="This was already done. Its secret is shown only once and is not shown again. If you did not receive it, "
    "create a new one",
    faq="3.1",
):
    """A repeat of a call whose answer held a secret, which isn't stored."""


class InProgress(
    DomainError,
    code="in_progress",
    zh="同一个操作还在进行，请 {retry_after}后再看结果",
    en="The same operation is still running. Ask again in {retry_after}",
    faq="3.1",
):
    """A call with the same Idempotency-Key is still being processed; `extra` has `retry_after` (s)."""


class TooManyRequests(
    DomainError,
    code="too_many_requests",
    zh="操作太频繁，请 {retry_after}后再试",
    en="Too many requests. Try again in {retry_after}",
    faq="3.1",
):
    """A rate limit is reached; `retry_after` in whole seconds."""

    def __init__(self, *, retry_after: int) -> None:
        super().__init__(retry_after=retry_after)


class Unavailable(
    DomainError,
    code="unavailable",
    zh="网络不稳定，数据没有丢失，请再试一次",
    en="The connection failed. Nothing was lost. Try again",
    faq="3.1",
):
    """A part of the service can't be reached at the moment."""


class ReadOnly(
    DomainError,
    code="read_only",
    zh="系统维护中，现在只能查看，没有执行。请 {retry_after}后再试",
    en="The service is under maintenance and read-only. Nothing was done. Try again in {retry_after}",
    faq="3.1",
):
    """The service is read-only for maintenance. `retry_after` in whole seconds."""

    def __init__(self, *, retry_after: int = 60) -> None:
        super().__init__(retry_after=retry_after)


class NotBuilt(
    DomainError,
    code="not_built",
    zh="这台服务器没有安装网页和手机盾应用，请联系系统管理员",
    en="Pages and app are not installed on this server. Contact its administrator",
    faq="3.1",
):
    """The service runs from sources whose front end was not built."""


class Internal(
    DomainError,
    code="internal",
    zh="服务出了故障，我们会尽快处理。请稍后再试",
    en="The service failed, and we will look into it. Try again later",
    faq="3.1",
):
    """A defect of the service. Operations find it in the logs by the request id."""


class RecordChanged(
    DomainError,
    code="record_changed",
    zh="这项操作所依据的记录与服务保存的不一致，为了安全没有执行，已通知运维。请联系客服",
    en="A record that this depends on is not as the service left it. Nothing was done, for safety, and the operators "
    "have been alerted. Contact customer service",
    faq="3.1",
):
    """Somebody changed a row of the database outside of the service, so no decision relies on it."""


class ListTooLong(
    DomainError,
    code="list_too_long",
    zh="符合条件的记录太多，没有导出。请缩小时间或范围，分几次导出",
    en="Too many records match, so nothing was exported. Narrow the time or the search, and export in parts",
):
    """The result exceeds the limit of an export, or the search matches too many people."""


_ZH: Final = {"source": "外部系统", "phone_masked": "另一个号码", "url": "", "uri": "", "expected": "下一个"}
_EN: Final = {
    "limit": "several",
    "source": "the other system",
    "phone_masked": "another number",
    "url": "",
    "uri": "",
    "expected": "the next one",
}
_BEGINNING: Final = re.compile(r"(?:^|(?<=\. ))[a-z]")
_PLACE: Final = re.compile(r"( ?)\{(\w+)(?::[^|}]*\|([^}]*))?\}( ?)")


def in_general(kind: type[DomainError]) -> tuple[str, str]:
    """Returns the Chinese and English sentence with general words in place of numbers and names."""
    chinese = kind.zh_text.replace(" {retry_after}后", "稍后")
    english = kind.en_text.replace("The system {source}", "The other system")
    english = english.replace(" in {retry_after}", " later")
    english = _PLACE.sub(_english, english)
    return _PLACE.sub(lambda place: _ZH.get(place[2], "几"), chinese), _BEGINNING.sub(
        lambda beginning: beginning[0].upper(), english
    )


def _english(place: re.Match[str]) -> str:
    before, name, noun, after = place.groups()
    words = " ".join(text for text in (_EN.get(name, "some"), noun) if text)
    return f"{before}{words}{after}" if words else before or after
