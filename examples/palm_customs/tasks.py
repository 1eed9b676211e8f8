"""The tasks: a few invented ones of customs, the same for each enterprise."""

from typing import Final

from mshield.client import Document

from .store import Lines, Store, Task

_EXAMPLES: Final[tuple[tuple[str, Lines], ...]] = (
    (
        "税款缴纳确认",
        (
            ("税单号", "310420261000118473-A01"),
            ("报关单号", "310420261000118473"),
            ("税款合计", "151372.80 人民币"),
            ("进口关税", "12600.00 人民币"),
            ("进口增值税", "138772.80 人民币"),
            ("缴款期限", "2026-12-09"),
        ),
    ),
    (
        "查验预约",
        (
            ("报关单号", "310420261000118473"),
            ("查验地点", "北仑海关第三查验场"),
            ("预约时间", "2026-11-27 09:30"),
            ("集装箱", "2 个，40 英尺"),
            ("陪同人", "林知远"),
        ),
    ),
    (
        "汇总征税担保变更",
        (
            ("担保编号", "GB-3104-2026-00417"),
            ("担保额度", "2000000.00 人民币"),
            ("有效期至", "2027-11-30"),
            ("变更原因", "进口业务量增加"),
        ),
    ),
)


def offer_tasks(store: Store, credit_code: str) -> None:
    """Creates an enterprise's tasks, unless they exist."""
    for title, lines in _EXAMPLES:
        store.offer(credit_code, title, lines)


def document_of(task: Task) -> Document:
    """Returns the document to sign: the task's lines as text, and the same lines for the phone."""
    text = "".join(f"{label}：{value}\n" for label, value in (("事项", task.title), *task.lines))
    return Document(
        title=task.title, media_type="text/plain", content=text.encode(), display=task.lines, format="cms"
    )
