"""What a check of the log may find: each a stable code, where it is, and a Chinese and an English sentence."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

TEXTS: Final[Mapping[str, tuple[str, str]]] = {
    "no_log": ("数据库中没有透明日志", "there is no log in this database"),
    "bad_checkpoint": (
        "检查点无效，或不是本日志所签",
        "the checkpoint is not of its form, or not signed by this log",
    ),
    "wrong_size": ("检查点的条目数与记录不符", "the checkpoint's size is not the one that is recorded"),
    "row_changed": ("数据行与日志条目不符", "the row is not the one that was logged"),
    "row_missing": ("日志条目对应的数据行不存在", "no row has this place: it was deleted or moved"),
    "row_doubled": ("两行数据占用同一日志位置", "several rows have this place"),
    "row_outside": ("数据行的日志位置超出日志范围", "the row has a place that the log does not have"),
    "entry_changed": ("日志条目与其哈希不符", "the entry is not the one in the tree"),
    "bundle_missing": ("日志条目缺失", "entries of the log are missing"),
    "tile_changed": ("日志哈希与其下层不符", "a tile is not what the one below makes it"),
    "tile_missing": ("日志哈希缺失", "a tile is missing or too short"),
    "tile_outside": (
        "存在超出日志范围的哈希或条目",
        "a tile or bundle has a place that the log does not have",
    ),
    "wrong_width": (
        "哈希块或条目块的宽度与其内容或日志大小不符",
        "a tile or bundle is not as wide as its content, or as the log makes it",
    ),
    "edge_damaged": (
        "日志末端的哈希或条目与最后签名的检查点不符，日志无法继续写入",
        "the end of the tree is not that of the checkpoint signed last: nothing can be added to the log",
    ),
    "bad_row": (
        "待写入日志的数据行格式无效，日志无法继续写入",
        "a row that waits for its place is not of its form: nothing can be added to the log",
    ),
    "wrong_root": ("日志的根与签名检查点不符", "the log's root is not the one in its signed checkpoint"),
    "unexplained": (
        "证书状态没有对应的事件记录",
        "no event explains how the certificate stands",
    ),
    "certificate_missing": (
        "事件记录所属的证书不存在",
        "there are events of a certificate that is not there",
    ),
    "authority_changed": (
        "签发机构与其管理操作记录不符",
        "an authority is not as the acts on it leave it",
    ),
    "authority_missing": (
        "管理操作记录所述的签发机构不存在",
        "there are acts on an authority that is not there",
    ),
    "seal_broken": (
        "记录被服务以外的程序改动过",
        "the row is not as this service wrote it",
    ),
    "sealed_row_set_back": (
        "记录被退回到它以前的状态，或没有写入日志",
        "the row was set back to an older state of its own, or its change was never recorded",
    ),
    "sealed_row_missing": ("已记入日志的记录不存在", "a row that was recorded is not there"),
    "sealed_again": (
        "数据库被再次整体加封：此前的改动可能因此看不出来",
        "all rows were sealed a second time: what had been changed before may not show",
    ),
    "schema_added_to": (
        "数据库中有不属于本系统的触发器、规则、函数或视图：写入的记录可能被它改动",
        "there is a trigger, rule, function or view that is not the schema's: it may change what is written or read",
    ),
    "content_gone": (
        "已签文件的内容不在了，而本系统没有删除它",
        "the content of a signed document is gone, and the service hasn't erased it",
    ),
    "key_changed": (
        "公钥不是其注册时生成的，或与其证书不符",
        "the public key is not the one that was made in its enrolment, or not that of its certificate",
    ),
    "bad_archive": (
        "归档文件缺失，或与写入时、与日志不符",
        "an archive is missing, or not as it was written and logged",
    ),
    "bad_since": (
        "所给的旧检查点无效",
        "the earlier checkpoint is not of its form, or not signed by this log",
    ),
    "truncated": ("日志比旧检查点短，已被截断", "the log is shorter than at the earlier checkpoint"),
    "rewritten": (
        "日志与旧检查点不一致，已被改写",
        "the log does not begin as it stood at the earlier checkpoint",
    ),
}


def shown(key: object) -> str:
    """A row's key as text; what can't be printed is escaped, as an intruder may have written anything."""
    if isinstance(key, bytes):
        return key.hex()
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode() for char in str(key)
    )


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong; `table` and `row` name a row where there is one, `index` a place in the log."""

    code: str
    table: str | None = None
    row: str | None = None
    index: int | None = None
    detail: str | None = None

    @property
    def zh(self) -> str:
        """The sentence in Chinese."""
        return TEXTS[self.code][0]

    @property
    def en(self) -> str:
        """The sentence in English."""
        return TEXTS[self.code][1]
