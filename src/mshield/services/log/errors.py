"""What can be wrong with the stored log; each with a stable code and a Chinese and an English sentence."""


class LogDamaged(Exception):
    """The stored log doesn't fit its own signed checkpoint: nothing is added to it, nothing signed."""

    code = "log_damaged"
    zh = "存储的透明日志与其签名检查点不符，已停止写入：请运行 mshield log verify"

    def __init__(self, seen: str) -> None:
        self.en = f"the stored log does not fit its signed checkpoint ({seen}); run `mshield log verify`"
        super().__init__(self.en)


class NotLogged(Exception):
    """There is no such entry, or not yet."""

    code = "not_logged"
    zh = "日志中没有此条目，或尚未写入（约一秒后写入）"
    en = "the log has no such entry, or not yet (it takes about a second)"
