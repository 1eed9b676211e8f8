"""What a phone that isn't the virtual one tells in `finish` of a document that it showed."""

from collections.abc import Mapping

import msgspec

from mshield.client.phone.document import read_document, shown_item
from mshield.client.phone.messages import Task


def told_of(task: Mapping[str, object]) -> dict[str, str]:
    """Of a task as the service told it: nothing where it isn't drawn."""
    if "drawn" not in task:
        return {}
    read = msgspec.convert(task, Task)
    return shown_item(read, read_document(read).wants or "none")
