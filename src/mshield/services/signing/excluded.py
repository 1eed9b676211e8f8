"""Documents of a batch that the person leaves out, with a reason, while the others of their request are signed.

A `finish` names them, so that they are left out in the transaction that releases the signatures, or not at all.
"""

from collections.abc import Iterable, Mapping

from mshield.domain import errors
from mshield.domain.lines import checked_line
from mshield.gm.sm3 import sm3
from mshield.store.signing.exclusions import Exclusion
from mshield.store.signing.rows import TaskRow

Tasks = dict[bytes, TaskRow]


def checked_reasons(excluded: Iterable[tuple[bytes, str]]) -> dict[bytes, str]:
    """The reasons by sid, in one spacing. Raises Malformed for a document that is named twice, or no such line."""
    refusal = errors.Malformed(field="excluded")
    reasons: dict[bytes, str] = {}
    for sid, reason in excluded:
        if sid in reasons:
            raise refusal
        reasons[sid] = checked_line(reason, refusal=refusal)
    return reasons


def bound_to(fb: bytes, excluded: Mapping[bytes, str]) -> bytes:
    """The hash of a `finish` that also names these: other ones make it another body. As it was where none are named."""
    if not excluded:
        return fb
    texts = ((sid, excluded[sid].encode()) for sid in sorted(excluded))
    return sm3(b"excluded" + fb + b"".join(sid + len(text).to_bytes(2) + text for sid, text in texts))


def parted(tasks: Tasks, excluded: Mapping[bytes, str]) -> tuple[Tasks, Tasks]:
    """Those to sign, and those that are left out."""
    left_out = {sid: task for sid, task in tasks.items() if sid in excluded}
    return {sid: task for sid, task in tasks.items() if sid not in excluded}, left_out


def require_excludable(tasks: Tasks, left_out: Tasks, excluded: Mapping[bytes, str], *, now: int) -> None:
    """Raises TaskClosed for one that isn't this key's, or not to be signed any more.

    Malformed for one beside which no document of its request is signed: that would be a refusal of the request, which
    has a call of its own; and for what no business system asked to have signed.
    """
    if len(left_out) != len(excluded):
        raise errors.TaskClosed
    signed_beside = {task.request_id for task in tasks.values()}
    for task in left_out.values():
        if task.request_id is None or task.purpose != "sign" or task.request_id not in signed_beside:
            raise errors.Malformed(field="excluded")
        if task.state != "waiting" or task.expires_at <= now:
            raise errors.TaskClosed


def exclusions_of(
    left_out: Tasks, excluded: Mapping[bytes, str], finished: Iterable[str | None]
) -> list[Exclusion]:
    """What to record where documents of the requests `finished` were signed: where none was, nothing is left out."""
    signed_beside = set(finished) - {None}
    return [
        Exclusion(sid, task.request_id, excluded[sid])
        for sid, task in left_out.items()
        if task.request_id is not None and task.request_id in signed_beside
    ]
