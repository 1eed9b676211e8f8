"""Kinds of data that the job `retention` erases, and the acts that record it."""

from enum import StrEnum
from typing import Final

RETENTION: Final = "retention.erase"
"""Act that records up to which request data may have been erased."""

OF_PERSON: Final = "people.erase"
"""Act that records whose data were erased at their request."""


class Kind(StrEnum):
    """Kind of data that the job `retention` erases; each continues where it stopped."""

    CONTENTS = "contents"
    LATE_CONTENTS = "late_contents"
    UNANSWERED = "unanswered"
    PERSONAL = "personal"
    OWN_TASKS = "own_tasks"

    @property
    def zh(self) -> str:
        """Chinese name for display."""
        return _NAMES[self][0]

    @property
    def en(self) -> str:
        """English name for display."""
        return _NAMES[self][1]


_NAMES: Final = {
    Kind.CONTENTS: ("已签文件的内容", "contents of signed documents"),
    Kind.LATE_CONTENTS: (
        "已签文件的内容（结果取得较晚的）",
        "contents of signed documents whose result was fetched late",
    ),
    Kind.UNANSWERED: ("没有签名就结束的请求", "requests that ended without a signature"),
    Kind.PERSONAL: ("已签请求里的个人信息", "personal data of signed requests"),
    Kind.OWN_TASKS: ("协议自身未签的任务", "the protocol's own tasks that nobody signed"),
}
