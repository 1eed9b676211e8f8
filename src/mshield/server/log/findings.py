"""Findings of a log check: each has a stable code, a place, and a sentence in Chinese and English."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

TEXTS: Final[Mapping[str, tuple[str, str]]] = {
    "no_log": ("数据库中没有透明日志", "there is no log in this database"),
    "bad_checkpoint": (
        "检查点无效，或不是本日志所签",
        "the checkpoint is malformed, or not signed by this log",
    ),
    "wrong_size": ("检查点的条目数与记录不符", "the checkpoint's size differs from the recorded one"),
    "row_changed": ("数据行与日志条目不符", "the row differs from the logged one"),
    "row_missing": ("日志条目对应的数据行不存在", "no row has this index: it was deleted or moved"),
    "row_doubled": ("两行数据占用同一日志位置", "several rows have this index"),
    "row_outside": ("数据行的日志位置超出日志范围", "the row has an index that the log does not have"),
    "entry_changed": ("日志条目与其哈希不符", "the entry differs from the one in the tree"),
    "bundle_missing": ("日志条目缺失", "entries of the log are missing"),
    "tile_changed": ("日志哈希与其下层不符", "a tile does not follow from the level below"),
    "tile_missing": ("日志哈希缺失", "a tile is missing or too short"),
    "tile_outside": (
        "存在超出日志范围的哈希或条目",
        "a tile or bundle has an index that the log does not have",
    ),
    "wrong_width": (
        "哈希块或条目块的宽度与其内容或日志大小不符",
        "the recorded width of a tile or bundle differs from its content, or from the log's size",
    ),
    "edge_damaged": (
        "日志末端的哈希或条目与最后签名的检查点不符，日志无法继续写入",
        "the end of the tree does not match the last signed checkpoint: nothing can be added to the log",
    ),
    "bad_row": (
        "待写入日志的数据行格式无效，日志无法继续写入",
        "a row waiting to be logged is malformed: nothing can be added to the log",
    ),
    "wrong_root": (
        "日志的根与签名检查点不符",
        "the log's root differs from the one in its signed checkpoint",
    ),
    "unexplained": (
        "证书状态没有对应的事件记录",
        "the certificate's events do not explain its state",
    ),
    "certificate_missing": (
        "事件记录所属的证书不存在",
        "there are events of a certificate that is missing",
    ),
    "authority_changed": (
        "签发机构与其管理操作记录不符",
        "the state of an authority does not follow from the acts on it",
    ),
    "authority_missing": (
        "管理操作记录所述的签发机构不存在",
        "there are acts on an authority that is missing",
    ),
    "seal_broken": (
        "记录被服务以外的程序改动过",
        "the row was changed outside of the service",
    ),
    "sealed_row_set_back": (
        "记录被退回到它以前的状态，或没有写入日志",
        "the row was rolled back to an older state, or its change was never recorded",
    ),
    "sealed_row_missing": ("已记入日志的记录不存在", "a recorded row is missing"),
    "schema_added_to": (
        "数据库中有不属于本系统的触发器、规则、函数或视图：写入的记录可能被它改动",
        "a trigger, rule, function or view was added to the schema: it may change data when they are written or read",
    ),
    "content_gone": (
        "已签文件的内容不在了，而本系统没有删除它",
        "the content of a signed document is missing, but the service has not erased it",
    ),
    "key_changed": (
        "公钥不是其注册时生成的，或与其证书不符",
        "the public key differs from the one generated in its enrolment, or from its certificate's",
    ),
    "bad_archive": (
        "归档文件缺失，或与写入时、与日志不符",
        "an archive is missing, or differs from what was written and logged",
    ),
    "bad_since": (
        "所给的旧检查点无效",
        "the earlier checkpoint is malformed, or not signed by this log",
    ),
    "truncated": ("日志比旧检查点短，已被截断", "the log is shorter than at the earlier checkpoint"),
    "rewritten": (
        "日志与旧检查点不一致，已被改写",
        "the log does not begin with its state at the earlier checkpoint",
    ),
}


def shown(key: object) -> str:
    """Formats a row's key as text; unprintable characters are escaped, since an intruder may have written anything."""
    if isinstance(key, bytes):
        return key.hex()
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode() for char in str(key)
    )


@dataclass(frozen=True, slots=True)
class Finding:
    """A fault; `table` and `row` name the row, if any, `index` the place in the log."""

    code: str
    table: str | None = None
    row: str | None = None
    index: int | None = None
    detail: str | None = None

    @property
    def zh(self) -> str:
        """Sentence in Chinese."""
        return TEXTS[self.code][0]

    @property
    def en(self) -> str:
        """Sentence in English."""
        return TEXTS[self.code][1]
