"""What any call may meet: its form, its caller, its repetition, limits, and the service's own failures."""

from mshield.domain.errors.domain_error import DomainError


class InvalidRequest(
    DomainError,
    code="invalid_request",
    zh="填写的内容有误，请检查后再试",
    en="Something in the request is not right. Check it and try again",
    faq="3.3",
):
    """A field is missing, extra or out of bounds. `extra` names `field` or `fields`."""


class Unauthenticated(
    DomainError,
    code="unauthenticated",
    zh="登录已失效，请重新登录",
    en="You are no longer logged in. Log in again",
    faq="3.4",
):
    """No credentials, or ones that aren't valid now."""


class InvalidProof(
    DomainError,
    code="invalid_proof",
    zh="无法确认是本机发出的请求。请核对手机时间后再试",
    en="This phone could not prove that the request is its own. Check the phone's clock and try again",
    faq="3.1",
):
    """The DPoP proof (RFC 9449) is missing or doesn't fit."""


class ClockSkewed(
    DomainError,
    code="clock_skewed",
    zh="手机与服务的时间相差太大，没有执行。请核对手机的时间；手机时间正确时，请稍后再试",
    en="The phone and the service show different times. Nothing was done. Check the phone's; if it is right, try later",
    faq="3.1",
):
    """The proof's time is too far from the service's clock, which isn't doubted here.

    `service_time` is that clock (ms), `seconds` by how much the proof's is ahead of it, below 0 where it is behind.
    Whose clock is wrong the caller judges by what it knows.
    """


class ClockDoubted(
    DomainError,
    code="clock_doubted",
    zh="服务的时钟有误，没有执行，问题不在您这边。请 {retry_after} 秒后再试",
    en="The service's clock is wrong. Nothing was done, and you are not at fault. Try again in {retry_after} s",
    faq="3.1",
):
    """The service doubts its own clock: nothing that states a time is made. `retry_after` in whole seconds."""

    def __init__(self, *, retry_after: int = 30) -> None:
        super().__init__(retry_after=retry_after)


class Forbidden(
    DomainError,
    code="forbidden",
    zh="您没有权限做这项操作",
    en="You are not allowed to do this",
    faq="3.4",
):
    """Known, but not permitted."""


class NotFound(
    DomainError,
    code="not_found",
    zh="没有找到，可能已经过期",
    en="Not found. It may have expired",
    faq="3.1",
):
    """No such thing, or none that this caller may see."""


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
    en="This idempotency key was used for other content. Nothing was done",
    faq="3.1",
):
    """The same Idempotency-Key with another body."""


class InProgress(
    DomainError,
    code="in_progress",
    zh="同一个操作还在进行，请 {retry_after} 秒后再看结果",
    en="The same operation is still under way. Ask again in {retry_after} s",
    faq="3.1",
):
    """A call with an Idempotency-Key came again while the first was not answered; its extra is `retry_after`."""


class TooManyRequests(
    DomainError,
    code="too_many_requests",
    zh="操作太频繁，请 {retry_after} 秒后再试",
    en="Too many requests. Try again in {retry_after:second|seconds}",
    faq="3.1",
):
    """A limit is reached; `retry_after` in whole seconds."""

    def __init__(self, *, retry_after: int) -> None:
        super().__init__(retry_after=retry_after)


class Unavailable(
    DomainError,
    code="unavailable",
    zh="网络不稳定，什么都没丢，请再试一次",
    en="The connection failed. Nothing was lost. Try again",
    faq="3.1",
):
    """A part of the service can't be reached now."""


class ReadOnly(
    DomainError,
    code="read_only",
    zh="系统维护中，现在只能查看，没有执行。请 {retry_after} 秒后再试",
    en="Under maintenance: for now you can only look, and nothing was done. Try again in {retry_after} s",
    faq="3.1",
):
    """The service only reads, for maintenance. `retry_after` in whole seconds."""

    def __init__(self, *, retry_after: int = 60) -> None:
        super().__init__(retry_after=retry_after)


class NotBuilt(
    DomainError,
    code="not_built",
    zh="这台服务器没有安装网页和手机盾应用，请联系系统管理员",
    en="This server has neither its pages nor the app installed. Ask its administrator",
    faq="3.1",
):
    """The service runs from sources whose front end was not built."""


class Internal(
    DomainError,
    code="internal",
    zh="服务出了故障，我们会尽快处理。请稍后再试",
    en="The service failed and we will look into it. Try again later",
    faq="3.1",
):
    """A defect. The request id leads operations to it."""


class ListTooLong(
    DomainError,
    code="list_too_long",
    zh="符合条件的记录太多，没有导出。请缩小时间或范围，分几次导出",
    en="Too many records fit, so nothing was exported. Narrow the time or what is asked for, and export in parts",
):
    """More fits than a file has, or more people than are looked at."""
