"""Everything the service records has a text on the console's pages, in both languages."""

import ast
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Final, get_args

from mshield.server.acts.rows.readings import ReadingKind
from mshield.server.jobs import JOBS
from mshield.server.legal_person.asks import Kind
from mshield.server.notices.external.sms import SmsNotice, SmsPurpose
from mshield.server.notices.rules.notices import NoticeKind
from mshield.wire.identity import Way
from mshield.wire.portal import AskAnswer
from mshield.wire.webhooks import EventType
from tests.support.sources import SERVER

_ROOT: Final = Path(__file__).parents[2]
_WORDS: Final = _ROOT / "frontend" / "apps" / "console" / "src" / "words"
_SOURCES: Final = [
    path
    for path in sorted(SERVER.rglob("*.py"))
    if path.relative_to(SERVER).parts[0] not in {"commands", "content", "http", "settings", "values"}
    and not {"external", "rules", "tracing", "migrations"} & set(path.parts)
]
_ACT: Final = re.compile(r"[a-z]+\.[a-z][a-z0-9_]*[a-z0-9]")
_NO_ACTS: Final = {
    "mshield.server.content",  # a module name
    "mshield.security",  # a logger name
    "mshield.server",  # a package name
    "seals.has_rows",  # a query name
    "toast.autovacuum_vacuum_scale_factor",  # a PostgreSQL setting
    "toast.autovacuum_vacuum_threshold",
    *get_args(EventType),  # kinds of webhooks
}
_EVENTS: Final = SERVER / "runtime" / "security_log" / "events.py"
"""Events of the security log, which no page shows."""


def test_each_job_has_words_in_both_languages() -> None:
    _assert_worded("jobs", "what", {job.name for job in JOBS})


def test_each_purpose_of_an_sms_has_words_in_both_languages() -> None:
    _assert_worded("sms", "purposes", {*get_args(SmsPurpose), *get_args(SmsNotice), *NoticeKind})


def test_each_kind_of_reading_has_words_in_both_languages() -> None:
    _assert_worded("readings", "kinds", set(get_args(ReadingKind)))


def test_each_act_and_its_area_have_words_in_both_languages() -> None:
    names = set(_act_names())
    approvable = set(_approvable())
    assert {"shield.ask", "account.log_out_others", "staff.disable"} <= names
    assert {"ca.revoke", "people.erase"} <= approvable
    acts = names - (approvable - _worded("audit", "acts")[0])
    _assert_worded("audit", "acts", {name.replace(".", "_") for name in acts})
    _assert_worded("audit", "areas", {name.split(".")[0] for name in acts})
    _assert_worded("detail_codes", "act", {name.replace(".", "_") for name in approvable})


def test_each_detail_of_an_act_has_a_name_in_both_languages() -> None:
    fields = set(_fields())
    assert {"kind", "ask", "logins_ended", "policies"} <= fields
    _assert_worded("details", "field", fields)


def test_the_codes_in_details_have_words_in_both_languages() -> None:
    _assert_worded("detail_codes", "kind", {*Kind, "totp", "webauthn"})
    _assert_worded("detail_codes", "answer", set(get_args(AskAnswer)))
    _assert_worded("../../../../packages/look/vue/proof_words", "", set(Way))


def _assert_worded(file: str, group: str, names: set[str]) -> None:
    for language in _worded(file, group):
        assert names <= language, sorted(names - language)


def _worded(file: str, group: str) -> list[set[str]]:
    """Returns the keys of a group in both languages; without a name, of the first group."""
    text = (_WORDS / f"{file}.ts").read_text("utf-8")
    head = rf"\b{group}" if group else r"\b(?:zh|en)"
    groups = re.findall(rf"{head}: \{{(.*?)\n? *\}}", text, re.DOTALL)
    assert len(groups) >= 2, (file, group)
    return [set(re.findall(r'(?:^|[{,])\s*"?([\w-]+)"?: ', one, re.MULTILINE)) for one in groups[:2]]


def _act_names() -> Iterator[str]:
    """Yields strings that look like act names in modules that record acts, so that new ones are included."""
    for path in _SOURCES:
        if path != _EVENTS:
            yield from _names_in(path)


def _names_in(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        text = node.value if isinstance(node, ast.Constant) else None
        if isinstance(text, str) and _ACT.fullmatch(text) and text not in _NO_ACTS:
            yield text


def _approvable() -> Iterator[str]:
    """Yields the names of acts that take two; if the name is a loop variable, every act name in its module."""
    for path in _SOURCES:
        text = path.read_text("utf-8")
        for call in ast.walk(ast.parse(text)) if "ApprovableAct(" in text else ():
            if (
                isinstance(call, ast.Call)
                and isinstance(call.func, ast.Name)
                and call.func.id == "ApprovableAct"
            ):
                name = call.args[0]
                value = name.value if isinstance(name, ast.Constant) else _value(path, ast.unparse(name))
                yield from _names_in(path) if value is None else (str(value),)


def _value(path: Path, name: str) -> object:
    """Returns the value of a name in the module, or None."""
    module = path.relative_to(_ROOT / "src").with_suffix("")
    return getattr(import_module(".".join(module.parts)), name, None)


def _fields() -> Iterator[str]:
    """Yields the keys of recorded details of acts."""
    for path in _SOURCES:
        text = path.read_text("utf-8")
        if "acts.record(" in text:
            for node in ast.walk(ast.parse(text)):
                for value in _recorded(node):
                    yield from (str(key.value) for key in value.keys if isinstance(key, ast.Constant))


def _recorded(node: ast.AST) -> Iterator[ast.Dict]:
    """Yields the details dictionaries in this statement or call."""
    values: list[ast.expr | None] = []
    if isinstance(node, ast.Assign | ast.AnnAssign):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        if any(isinstance(one, ast.Name) and one.id in ("details", "recorded") for one in targets):
            values.append(node.value)
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "record":
        values += [keyword.value for keyword in node.keywords if keyword.arg == "details"]
    yield from (value for value in values if isinstance(value, ast.Dict))
