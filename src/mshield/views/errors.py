"""The error of views: a stable code, where in the view it arose, and what it says to people."""

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
    "other_document": ("内容不是这种单据", "the content is another kind of document"),
    "missing": ("内容缺少规则要求的值", "the content lacks a value that the view asks for"),
    "duplicate": ("内容在只应有一个值的地方有多个值", "the content has several values where one belongs"),
    "value": ("内容的值不合规则要求的格式", "a value of the content is not of the view's format"),
    "code": ("代码不在规则的代码表里", "a code is not in the view's list"),
    "currency": ("币种无法识别", "a currency is none that is known"),
    "unlisted": ("内容有规则没有列出的部分", "the content has something that the view doesn't list"),
    "limit": ("要展示的内容超过上限", "there is too much to draw"),
}


class ViewError(Exception):
    """A view or content that is refused; `at` is a JSON Pointer into the view, empty for one that can't be read."""

    def __init__(self, code: ErrorCode, at: str = "") -> None:
        super().__init__(f"{code} at {at}" if at else code)
        self.code: ErrorCode = code
        self.at = at
        zh, en = _SENTENCES[code]
        self.zh = f"{zh}（{at}）" if at else zh
        self.en = f"{en} ({at})" if at else en

    @property
    def answer(self) -> dict[str, str]:
        """The answer in place of drawn lines."""
        return {"at": self.at, "error": self.code}
