"""Errors of the stored log; each has a stable code, and a sentence in Chinese and English."""


class LogDamaged(Exception):
    """The stored log doesn't match its own signed checkpoint; nothing more is added or signed."""

    code = "log_damaged"
    zh = "存储的透明日志与其签名检查点不符，已停止写入：请运行 mshield log verify"

    def __init__(self, seen: str) -> None:
        self.en = f"the stored log does not match its signed checkpoint ({seen}); run `mshield log verify`"
        super().__init__(self.en)


class NotLogged(Exception):
    """The log has no such entry (yet)."""

    code = "not_logged"
    zh = "日志中没有此条目，或尚未写入（约一秒后写入）"
    en = "the log has no such entry (new entries appear after about a second)"
