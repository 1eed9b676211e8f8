"""Error of views: a stable code, its position in the view, and sentences for users."""

from typing import Final, Literal

ErrorCode = Literal[
    "bad_view",
    "content",
    "other_document",
    "missing",
    "duplicate",
    "value",
    "code",
    "currency",
    "unlisted",
    "limit",
]

_SENTENCES: Final[dict[ErrorCode, tuple[str, str]]] = {
    "bad_view": ("展示规则不合语法", "the view breaks a rule of its grammar"),
    "content": ("内容格式不正确或超过上限", "the content is not well-formed, or over a limit"),
    "other_document": ("内容不是这种单据", "the content is a different kind of document"),
    "missing": ("内容缺少规则要求的值", "the content lacks a value that the view requires"),
    "duplicate": ("内容在只应有一个值的地方有多个值", "the content has several values where one is expected"),
    "value": ("内容的值不合规则要求的格式", "a value of the content doesn't match the view's format"),
    "code": ("代码不在规则的代码表里", "a code is not in the view's list"),
    "currency": ("币种无法识别", "unknown currency"),
    "unlisted": ("内容有规则没有列出的部分", "the content has parts not listed by the view"),
    "limit": ("要展示的内容超过上限", "there is too much to draw"),
}


class ViewError(Exception):
    """A refused view or content; `at` is a JSON Pointer into the view, empty if the view can't be parsed."""

    def __init__(self, code: ErrorCode, at: str = "") -> None:
        super().__init__(f"{code} at {at}" if at else code)
        self.code: ErrorCode = code
        self.at = at
        zh, en = _SENTENCES[code]
        self.zh = f"{zh}（{at}）" if at else zh
        self.en = f"{en} ({at})" if at else en

    @property
    def answer(self) -> dict[str, str]:
        """The answer that replaces rendered lines."""
        return {"at": self.at, "error": self.code}
