"""Filing lists over HTTP: roles, the report per line, no partial import, the recorded act."""

import asyncio
from typing import Final

import httpx
import pytest

from mshield.server.filing import import_list
from mshield.server.filing.read_list import MEDIA_TYPES
from mshield.server.staff.rules import StaffRole
from tests.support.acts import acts_on
from tests.support.application import EXAMPLES, Application
from tests.support.assertions import assert_refused
from tests.support.cases import cases
from tests.support.filed_rows import filed_rows

IMPORTS: Final = "/api/console/filing/imports"
XLSX: Final = (EXAMPLES / "filing.xlsx").read_bytes()
CSV: Final = (EXAMPLES / "filing.csv").read_bytes()
RENAMED: Final = CSV.replace("林知远".encode(), "林志远".encode())
BAD: Final = CSV.replace(b"330206197403183014", b"330206197403183015")


async def _post(
    application: Application,
    body: bytes,
    media_type: str = MEDIA_TYPES["csv"],
    *,
    token: str | None = None,
    query: str = "",
) -> httpx.Response:
    bearer = token or await application.staff_token(StaffRole.FILING_OFFICER)
    headers = {"Authorization": f"Bearer {bearer}", "Content-Type": media_type}
    return await application.http.post(IMPORTS + query, content=body, headers=headers)


@pytest.mark.parametrize(
    ("body", "media_type"), [(XLSX, MEDIA_TYPES["xlsx"]), (CSV, "Text/CSV; charset=utf-8")]
)
async def test_a_list_is_imported_with_a_report_per_line(
    application: Application, body: bytes, media_type: str
) -> None:
    answer = await _post(application, body, media_type)
    assert answer.status_code == 201, answer.text
    report = answer.json()
    assert (report["applied"], report["unchanged"], report["will_add"]) == (True, 9, 0)
    assert [line["change"] for line in report["lines"]] == ["none"] * 9
    assert b"330206199001014217" not in answer.content
    assert report["lines"][1]["id_number_masked"].count("*") >= 4


async def test_a_dry_run_changes_nothing(application: Application) -> None:
    answer = await _post(application, RENAMED, query="?dry_run=true")
    assert answer.status_code == 200
    assert (answer.json()["applied"], answer.json()["will_change"]) == (False, 1)
    again = await _post(application, CSV, query="?dry_run=true")
    assert again.json()["will_change"] == 0


async def test_progress_of_an_import_is_sent_to_its_own_member(
    application: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = await application.staff_token(StaffRole.FILING_OFFICER)
    heard: list[str] = []
    events = application.context.events
    notify = events.notify

    def listen(name: str) -> None:
        heard.append(name)
        notify(name)

    monkeypatch.setattr(events, "notify", listen)

    async def shown(by: str, name: str = "0f8fad5b-d9cb") -> object:
        headers = {"Authorization": f"Bearer {by}"}
        answer = await application.http.get(f"{IMPORTS}/{name}", headers=headers)
        assert answer.status_code == 200, answer.text
        return answer.json()

    unknown = {"phase": None, "done": 0, "total": 0}
    assert await shown(token) == unknown
    await _post(application, CSV, token=token, query="?dry_run=true&progress=0f8fad5b-d9cb")
    assert await shown(token) == {"phase": "compare", "done": 9, "total": 9}
    await _post(application, CSV, token=token, query="?progress=0f8fad5b-d9cb")
    assert await shown(token) == {"phase": "take", "done": 9, "total": 9}
    steps = [name.split(":", 3)[3] for name in heard if name.startswith("import:")]
    assert steps == [f"{phase}:{n}:9" for phase in ("compare", "compare", "take") for n in range(1, 10)]
    assert await shown(token, "another-name") == unknown
    assert await shown(await application.staff_token(StaffRole.FILING_OFFICER)) == unknown
    refused = await _post(application, CSV, token=token, query="?progress=a:b:c:d:e")
    assert refused.status_code == 422


async def test_page_reads_the_progress_during_an_import(application: Application) -> None:
    """This works on SQLite with its one writer too, by a session whose use is due to be recorded."""
    token = await application.staff_token(StaffRole.FILING_OFFICER)
    headers = {"Authorization": f"Bearer {token}"}
    people = range(8 * import_list.LINES_AT_A_TIME)
    lines = [
        f"宁波北潮进出口有限公司,91330206MA2XB7C1TW,林知远,护照,E{person:08d},操作员" for person in people
    ]
    body = "\n".join(["企业名称,统一社会信用代码,姓名,证件类型,证件号码,用户类型", *lines]).encode()
    importing = asyncio.create_task(_post(application, body, token=token, query="?progress=a-long-list"))
    seen = set()
    while not importing.done():
        step = (await application.http.get(f"{IMPORTS}/a-long-list", headers=headers)).json()
        seen.add((step["phase"], step["done"]))
        if step["phase"] and len(seen) < 3:
            application.clock.advance(seconds=61)
        await asyncio.sleep(0)  # the call may have returned without yielding to the event loop
    answer = await importing
    assert (answer.status_code, answer.json()["will_add"]) == (201, len(lines)), answer.text
    for phase in ("compare", "take"):
        assert {done for at, done in seen if at == phase and 0 < done < len(lines)}, (phase, seen)


async def test_a_dry_run_shows_old_and_new_of_each_field(application: Application) -> None:
    body = RENAMED.replace(b"13800006027", b"13900001234")
    report = (await _post(application, body, query="?dry_run=true")).json()
    kinds = [line["kind"] for line in report["lines"]]
    assert (kinds.count("changes"), kinds.count("unchanged")) == (1, 8)
    (changed,) = [line for line in report["lines"] if line["kind"] == "changes"]
    assert changed["changes"] == [
        {"field": "name", "old": "林知远", "new": "林志远"},
        {"field": "phone", "old": "138****6027", "new": "139****1234"},
    ]


async def test_bad_line_names_person_column_and_value(application: Application) -> None:
    answer = await _post(application, BAD, query="?dry_run=true")
    (bad,) = [line for line in answer.json()["lines"] if line["kind"] == "errors"]
    assert (bad["name"], bad["enterprise"]) == ("顾承岳", "宁波北潮进出口有限公司")
    (finding,) = bad["findings"]
    assert (finding["column"], finding["value"]) == ("证件号码", "330206********3015")
    assert b"330206197403183015" not in answer.content


async def test_one_bad_line_and_nothing_is_imported(application: Application) -> None:
    body = BAD.replace("林知远".encode(), "林志远".encode())
    answer = await _post(application, body)
    assert_refused(answer, "filing_lines_bad", 422)
    problem = answer.json()
    assert problem["lines"] == 1
    assert problem["report"]["applied"] is False
    bad = [line for line in problem["report"]["lines"] if line["findings"]]
    assert [(line["line"], line["findings"][0]["code"]) for line in bad] == [(2, "invalid_id_number")]
    planned = await _post(application, body, query="?dry_run=true")
    assert planned.status_code == 200
    assert planned.json() == problem["report"]
    assert (await _post(application, CSV)).json()["will_change"] == 0


async def test_an_import_leaves_an_act_with_its_actor(application: Application) -> None:
    member = await application.staff(StaffRole.FILING_OFFICER)
    token = await application.token_of(member.id, StaffRole.FILING_OFFICER)
    await _post(application, RENAMED, token=token)
    await _post(application, CSV, token=token, query="?dry_run=true")
    *_, act = await acts_on(application.context.db, subject="filing")
    assert (act.act, act.actor, act.actor_id) == ("filing.import", "staff", member.id)
    assert (act.details["added"], act.details["changed"], act.details["unchanged"]) == (0, 1, 8)


@cases(
    ("body", "media_type", "reason"),
    [
        (CSV, "application/json", "unknown_format"),
        (CSV, "", "unknown_format"),
        (CSV, MEDIA_TYPES["xlsx"], "unreadable"),
        (XLSX, MEDIA_TYPES["csv"], "encoding"),
        (b"", MEDIA_TYPES["csv"], "header"),
    ],
)
async def test_invalid_list_file_is_refused(
    application: Application, body: bytes, media_type: str, reason: str
) -> None:
    answer = await _post(application, body, media_type)
    assert_refused(answer, "filing_file_refused", 422)
    assert answer.json()["reason"] == reason


async def test_only_a_filing_officer_imports(application: Application) -> None:
    before = await filed_rows(application.context.db)
    for role in set(StaffRole) - {StaffRole.FILING_OFFICER}:
        answer = await _post(application, CSV, token=await application.staff_token(role))
        assert_refused(answer, "forbidden", 403)
    for header in ("", "Bearer", "Bearer x", "Basic eDp5", "Bearer \xe9"):
        answer = await application.http.post(
            IMPORTS, content=CSV, headers=[(b"authorization", header.encode("latin-1"))]
        )
        assert_refused(answer, "wrong_staff_token", 401)
        assert answer.headers["www-authenticate"] == 'Bearer realm="mshield"'
    assert await filed_rows(application.context.db) == before
