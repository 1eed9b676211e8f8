"""What people at the console should look at, each with a sentence in both languages and the record that it leads to."""

from dataclasses import dataclass
from typing import Final, Literal

from mshield.domain.staff import StaffRole
from mshield.domain.times import DAY_MS, MINUTE_MS, Doubt

Page = Literal["certificates", "accounts", "systems", "jobs", "ca", "sms", "dashboard"]

MOST_NOT_ME: Final = 3
"""So many people in a day who say that they did not start a request are an alarm."""

FAILURES_IN_A_ROW: Final = 3
FEW_SMS: Final = 3
SMS_SHARE: Final = 10
"""An alarm from three failures within an hour on, if they are a tenth of all."""

JOB_LATE_MS: Final = 3 * MINUTE_MS
OBJECTED_MS: Final = 7 * DAY_MS
"""How long a stopped proof is an alarm, unless something is done about it."""

_ALL: Final = frozenset(StaffRole)
_RUNNING: Final = frozenset({StaffRole.SECURITY_OFFICER, StaffRole.AUDITOR})


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """`record` is the id of what it is about on its page; `at` is ms; only `roles` are told."""

    code: str
    severity: Literal["bad", "warn"]
    zh: str
    en: str
    page: Page
    record: str | None = None
    at: int | None = None
    roles: frozenset[StaffRole] = _ALL


def possible_copy(serial: str, number: str, *, at: int) -> Alarm:
    """A shield was stopped by the one-time value of the protocol."""
    return Alarm(
        code="clone",
        severity="bad",
        zh=f"疑似复制，已自动停用：{number}",
        en=f"Possible copy, stopped by itself: {number}",
        page="certificates",
        record=serial,
        at=at,
    )


def reported(people: int) -> Alarm:
    """Many say "I did not start this": somebody may be relaying codes."""
    return Alarm(
        code="not_me",
        severity="bad",
        zh=f"今天有 {people} 次选择“不是我发起的”，可能有人在骗取扫码",
        en=f"{people} requests were reported as not started by their holder today: codes may be passed on",
        page="dashboard",
    )


def objected(account_id: str, *, at: int) -> Alarm:
    """Two accounts say that they are the same person, and one has stopped the other's proof."""
    return Alarm(
        code="objected",
        severity="bad",
        zh="有人叫停了同一人另一个账号的身份核验，两个账号中可能有一个是冒用的",
        en="Somebody stopped the proof of another account in their name: one of the two may be an impostor's",
        page="accounts",
        record=account_id,
        at=at,
        roles=frozenset({StaffRole.CUSTOMER_SERVICE}),
    )


def clock_doubted(process: str, doubt: Doubt, *, at: int) -> Alarm:
    """A process purges, expires and issues nothing, as its clock is doubted."""
    return Alarm(
        code="clock_doubted",
        severity="bad",
        zh=f"{process}：{doubt.zh}；已停止清理和签发。时间正确时请运行 mshield clock confirm",
        en=f"{process}: {doubt.en}; it purges and issues nothing. If it is right: mshield clock confirm",
        page="jobs",
        at=at,
        roles=_RUNNING,
    )


def job_failing(name: str, failures: int, *, at: int | None) -> Alarm:
    """It keeps failing."""
    return Alarm(
        code="job_failing",
        severity="bad",
        zh=f"任务 {name} 连续失败 {failures} 次",
        en=f"The job {name} failed {failures} times in a row",
        page="jobs",
        record=name,
        at=at,
        roles=_RUNNING,
    )


def job_late(name: str, minutes: int) -> Alarm:
    """Nobody runs it."""
    return Alarm(
        code="job_late",
        severity="bad",
        zh=f"任务 {name} 应在 {minutes} 分钟前运行，没有进程在运行任务",
        en=f"The job {name} was due {minutes} minutes ago: no process runs the jobs",
        page="jobs",
        record=name,
        roles=_RUNNING,
    )


def webhooks_dead(client_id: str, name: str, number: int, *, at: int) -> Alarm:
    """A business system took none of them for three days."""
    return Alarm(
        code="webhooks_dead",
        severity="warn",
        zh=f"{name} 有 {number} 条通知没有送达，已放弃",
        en=f"{name} did not take {number} webhooks; they are given up",
        page="systems",
        record=client_id,
        at=at,
    )


def sms_failing(failed: int, sent: int) -> Alarm:
    """The gateway takes too few."""
    return Alarm(
        code="sms_failing",
        severity="bad",
        zh=f"最近一小时 {sent} 条短信中有 {failed} 条没有发出",
        en=f"{failed} of {sent} SMS of the last hour were not sent",
        page="sms",
    )


def sms_budget(spent: int, most: int) -> Alarm:
    """Few of today's SMS codes for people without a login are left: somebody may be using them up."""
    zh, en = (
        f"今天注册和重设密码的短信验证码已发 {spent} 条，共 {most} 条",
        f"{spent} of today's {most} SMS codes",
    )
    return Alarm(
        code="sms_budget",
        severity="bad" if spent >= most else "warn",
        zh=f"{zh}；发完后无法注册和重设密码" if spent < most else f"{zh}，现在无法注册和重设密码",
        en=f"{en} for registering and resetting passwords are spent"
        + ("" if spent < most else ": nobody can do either now"),
        page="sms",
    )


def of_ca(code: str, severity: Literal["bad", "warn"], zh: str, en: str, *, subject: str) -> Alarm:
    """A warning of the CA's state."""
    return Alarm(code=code, severity=severity, zh=zh, en=en, page="ca", record=subject, roles=_RUNNING)
