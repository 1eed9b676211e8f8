"""The statement on a displayed document in `finish`, for phones other than the virtual one."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from mshield.testkit.phone.document import read_document, shown_item
from mshield.testkit.phone.messages import Task

_ABSENT: Final = frozenset({"signing_time", "update_b64", "gap"})
"""Fields that a task lacks where a vector has null."""


def phone_task(**fields: Any) -> Task:
    """Makes a task of the phone's with these fields: by default a `raw` document without lines."""
    usual = {
        "sid": "00" * 16,
        "uid": "00" * 16,
        "purpose": "sign",
        "state": "waiting",
        "message_b64": "",
        "display": (),
        "format": "raw",
        "content_b64": None,
        "size": None,
        "requester": None,
        "expires_at": 0,
        "view": None,
        "drawn": None,
    }
    given = {name: value for name, value in fields.items() if value is not None or name not in _ABSENT}
    return msgspec.convert(usual | given, Task)


def display_statement(task: Mapping[str, object]) -> dict[str, str]:
    """Returns the extra fields for a task; empty if it isn't displayed."""
    if "drawn" not in task:
        return {}
    read = msgspec.convert(task, Task)
    return shown_item(read, read_document(read).wants or "none")
