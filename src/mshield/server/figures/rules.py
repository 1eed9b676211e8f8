"""Alarms for the console: each has a Chinese and an English sentence and links to the record concerned."""

from collections.abc import Mapping
from typing import Final, Literal

from mshield.server.staff.rules import StaffRole
from mshield.wire.messages import AnswerMessage
from mshield.wire.times import DAY_MS, MINUTE_MS, Doubt

Page = Literal["certificates", "accounts", "systems", "jobs", "ca", "sms", "dashboard"]

MOST_NOT_ME: Final = 3
"""Number of people in a day reporting a request as not started by them, from which an alarm is raised."""

FAILURES_IN_A_ROW: Final = 3
FEW_SMS: Final = 3
SMS_SHARE: Final = 10
"""SMS alarm threshold: at least `FEW_SMS` failures within an hour, and at least one in `SMS_SHARE` SMS failed."""

JOB_LATE_MS: Final = 3 * MINUTE_MS
OBJECTED_MS: Final = 7 * DAY_MS
"""Time for which a stopped identity proof raises an alarm unless it is resolved earlier."""

_RUNNING: Final = frozenset({StaffRole.SECURITY_OFFICER, StaffRole.AUDITOR})
_READERS: Final[Mapping[Page, frozenset[StaffRole]]] = {
    "accounts": frozenset({StaffRole.CUSTOMER_SERVICE}),
    "jobs": _RUNNING,
    "ca": _RUNNING,
}
"""Roles that see a page's alarms; alarms of other pages are visible to everybody."""


class AlarmMessage(AnswerMessage, frozen=True):
    """A problem with a `page` of the console and a `record` there. `at` (ms) is when it happened."""

    code: str
    severity: Literal["bad", "warn"]
    zh: str
    en: str
    page: Page
    record: str | None
    at: int | None


def is_for(alarm: AlarmMessage, roles: frozenset[StaffRole]) -> bool:
    """Reports whether a member with these roles sees the alarm."""
    return not roles.isdisjoint(_READERS.get(alarm.page, StaffRole))


def possible_copy(serial: str, number: str, *, at: int) -> AlarmMessage:
    """Alarm for a shield put on hold because the protocol's one-time value showed a possible copy."""
    return AlarmMessage(
        code="clone",
        severity="bad",
        zh=f"疑似复制，已自动停用：{number}",
        en=f"Possible copy, put on hold automatically: {number}",
        page="certificates",
        record=serial,
        at=at,
    )


def reported(people: int) -> AlarmMessage:
    """Alarm for many "not started by me" reports: an attacker may be relaying QR codes."""
    return AlarmMessage(
        code="not_me",
        severity="bad",
        zh=f"今天有 {people} 次选择“不是我发起的”，可能有人在骗取扫码",
        en=f"{people} requests were reported today as not started by the holder: QR codes may be relayed",
        page="dashboard",
        record=None,
        at=None,
    )


def objected(account_id: str, *, at: int) -> AlarmMessage:
    """Alarm for two accounts claiming to be the same person, one of which has stopped the other's proof."""
    return AlarmMessage(
        code="objected",
        severity="bad",
        zh="有人叫停了同一人另一个账号的身份核验，两个账号中可能有一个是冒用的",
        en=(
            "The holder of an account stopped another account's proof of the same identity: one of "
            "the two may be an impostor's"
        ),
        page="accounts",
        record=account_id,
        at=at,
    )


def clock_doubted(process: str, doubt: Doubt, *, at: int) -> AlarmMessage:
    """Alarm for a process that doubts its clock and therefore purges, expires and issues nothing."""
    return AlarmMessage(
        code="clock_doubted",
        severity="bad",
        zh=f"{process}：{doubt.zh}；已停止清理和签发。时间正确时请运行 mshield clock confirm",
        en=f"{process}: {doubt.en}; it purges and issues nothing. If the clock is right: mshield clock confirm",
        page="jobs",
        record=None,
        at=at,
    )


def job_failing(name: str, failures: int, *, at: int | None) -> AlarmMessage:
    """Alarm for a job that keeps failing."""
    return AlarmMessage(
        code="job_failing",
        severity="bad",
        zh=f"任务 {name} 连续失败 {failures} 次",
        en=f"The job {name} failed {failures} times in a row",
        page="jobs",
        record=name,
        at=at,
    )


def job_late(name: str, minutes: int) -> AlarmMessage:
    """Alarm for a job that is overdue because no process runs jobs."""
    return AlarmMessage(
        code="job_late",
        severity="bad",
        zh=f"任务 {name} 应在 {minutes} 分钟前运行，没有进程在运行任务",
        en=f"The job {name} was due {minutes} minutes ago: no process runs the jobs",
        page="jobs",
        record=name,
        at=None,
    )


def webhooks_dead(client_id: str, name: str, number: int, *, at: int) -> AlarmMessage:
    """Alarm for webhooks given up because the business system accepted none of them for three days."""
    return AlarmMessage(
        code="webhooks_dead",
        severity="warn",
        zh=f"{name} 有 {number} 条通知没有送达，已放弃",
        en=f"{name} accepted none of {number} webhooks; they were given up",
        page="systems",
        record=client_id,
        at=at,
    )


def sms_failing(failed: int, sent: int) -> AlarmMessage:
    """Alarm for too many SMS failing at the gateway."""
    return AlarmMessage(
        code="sms_failing",
        severity="bad",
        zh=f"最近一小时 {sent} 条短信中有 {failed} 条没有发出",
        en=f"{failed} of {sent} SMS of the last hour were not sent",
        page="sms",
        record=None,
        at=None,
    )


def sms_budget(spent: int, most: int) -> AlarmMessage:
    """Alarm for the daily budget of SMS codes to people without a login running out.

    Somebody may be exhausting it deliberately.
    """
    zh, en = (
        f"今天注册和重设密码的短信验证码已发 {spent} 条，共 {most} 条",
        f"{spent} of today's {most} SMS codes",
    )
    return AlarmMessage(
        code="sms_budget",
        severity="bad" if spent >= most else "warn",
        zh=f"{zh}；发完后无法注册和重设密码" if spent < most else f"{zh}，现在无法注册和重设密码",
        en=f"{en} for registering and resetting passwords are used up"
        + ("" if spent < most else ": nobody can do either now"),
        page="sms",
        record=None,
        at=None,
    )


def of_ca(code: str, severity: Literal["bad", "warn"], zh: str, en: str, *, subject: str) -> AlarmMessage:
    """Alarm for a warning about the state of a CA."""
    return AlarmMessage(code=code, severity=severity, zh=zh, en=en, page="ca", record=subject, at=None)
