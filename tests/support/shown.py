"""What a phone that isn't the virtual one tells in `finish` of a document that it showed."""

from collections.abc import Mapping

import msgspec

from mshield.client.phone.document import shown_item
from mshield.client.phone.messages import Task


def told_of(task: Mapping[str, object]) -> dict[str, str]:
    """Of a task as the service told it: nothing where it isn't drawn."""
    return shown_item(msgspec.convert(task, Task), "none") if "drawn" in task else {}
