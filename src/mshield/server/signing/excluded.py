"""Documents of a batch that the person excludes, with a reason, while other documents of the request are signed.

`finish` names them, so that they are declined in the same transaction that releases the signatures, or not at
all.
"""

from collections.abc import Iterable, Mapping

from mshield.gm.sm3 import sm3
from mshield.server.signing.errors import Malformed, TaskClosed
from mshield.server.signing.rows.exclusions import Exclusion
from mshield.server.signing.rows.rows import TaskRow
from mshield.server.values.lines import checked_line

Tasks = dict[bytes, TaskRow]


def checked_reasons(excluded: Iterable[tuple[bytes, str]]) -> dict[bytes, str]:
    """Returns the reasons by sid, with normalised spacing. Raises: Malformed (sid named twice, or not a valid line)."""
    refusal = Malformed(field="excluded")
    reasons: dict[bytes, str] = {}
    for sid, reason in excluded:
        if sid in reasons:
            raise refusal
        reasons[sid] = checked_line(reason, refusal=refusal)
    return reasons


def bound_to(fb: bytes, excluded: Mapping[bytes, str]) -> bytes:
    """Extends the hash of a `finish` body with its exclusions; unchanged if there are none."""
    if not excluded:
        return fb
    texts = ((sid, excluded[sid].encode()) for sid in sorted(excluded))
    return sm3(b"excluded" + fb + b"".join(sid + len(text).to_bytes(2) + text for sid, text in texts))


def split_excluded(tasks: Tasks, excluded: Mapping[bytes, str]) -> tuple[Tasks, Tasks]:
    """Splits the tasks into those to sign and those excluded."""
    excluded_tasks = {sid: task for sid, task in tasks.items() if sid in excluded}
    return {sid: task for sid, task in tasks.items() if sid not in excluded}, excluded_tasks


def require_excludable(tasks: Tasks, left_out: Tasks, excluded: Mapping[bytes, str], *, now: int) -> None:
    """Checks that the documents in `left_out` may be excluded.

    Raises: TaskClosed (not this key's, or no longer open), Malformed (not requested by a business system, or
    no other document of its request is signed: that would decline the whole request, which has a call of its
    own).
    """
    if len(left_out) != len(excluded):
        raise TaskClosed
    signed_beside = {task.request_id for task in tasks.values()}
    for task in left_out.values():
        if task.request_id is None or task.purpose != "sign" or task.request_id not in signed_beside:
            raise Malformed(field="excluded")
        if task.state != "waiting" or task.expires_at <= now:
            raise TaskClosed


def exclusions_of(
    left_out: Tasks, excluded: Mapping[bytes, str], finished: Iterable[str | None]
) -> list[Exclusion]:
    """Returns the exclusions to record, only those of requests in `finished`, which had a document signed."""
    signed_beside = set(finished) - {None}
    return [
        Exclusion(sid, task.request_id, excluded[sid])
        for sid, task in left_out.items()
        if task.request_id is not None and task.request_id in signed_beside
    ]
