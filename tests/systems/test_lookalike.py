"""Look-alike business systems: the rule, and that one person alone can't register one."""

import asyncio
from typing import Any

import httpx
import pytest

from mshield.server.staff.rules import StaffRole
from mshield.server.systems.rules.lookalike import likeness, registrable, skeleton
from tests.support.acts import acts_on
from tests.support.application import Application
from tests.support.assertions import refusal
from tests.support.cases import cases
from tests.support.console_people import Clerk, two_at_work

NAME, DOMAIN = "国际贸易单一窗口", "singlewindow.example"


@pytest.mark.parametrize(
    ("name", "domain", "found"),
    [
        ("别的系统名称", "singlewindow.example", ("same_domain",)),
        ("别的系统名称", "singlewindow.example:8443", ("same_domain",)),
        ("别的系统名称", "login.singlewindow.example", ("same_owner",)),
        ("别的系统名称", "singlewind0w.example", ("like_domain",)),
        ("别的系统名称", "single-window.example", ("like_domain",)),
        ("别的系统名称", "singlewindows.example", ("like_domain",)),
        ("别的系统名称", "singlewindow.com.cn", ("like_domain",)),
        ("别的系统名称", "sing1ewindow.example", ("like_domain",)),
        ("别的系统名称", "xn--singlewindw-0nj.example", ("like_domain",)),
        ("国际贸易单一窗口有限公司", "other.example", ("like_name",)),
        ("国际贸易 单一窗口", "other.example", ("like_name",)),
        ("国际贸易·单一窗口。", "other.example", ("like_name",)),
        ("国际贸易单一窗囗", "other.example", ("like_name",)),
        ("国际贸易单一窗口", "other.example", ("like_name",)),
        ("口岸查询服务", "other.example", ()),
        ("单一", "o.example", ()),
    ],
)
def test_look_alikes_are_detected(name: str, domain: str, found: tuple[str, ...]) -> None:
    assert likeness(name, domain, NAME, DOMAIN) == found
    assert likeness(NAME, DOMAIN, name, domain) == found


def test_width_case_and_letters_of_other_scripts() -> None:
    assert skeleton("ＥＰＯＲＴ　Ｓervice") == skeleton("еport Servicе")
    assert skeleton("有限公司") == "有限公司"
    assert skeleton("···") == "···"


@pytest.mark.parametrize(
    ("host", "owner"),
    [
        ("a.b.example", "b.example"),
        ("a.customs.gov.cn", "customs.gov.cn"),
        ("a.port.zj.cn", "port.zj.cn"),
        ("gov.cn", "gov.cn"),
        ("localhost", "localhost"),
        ("127.0.0.1", "127.0.0.1"),
    ],
)
def test_registrable_domain_is_found(host: str, owner: str) -> None:
    assert registrable(host) == owner


one, other = two_at_work(StaffRole.SECURITY_OFFICER)


ALIKE: dict[str, Any] = {"domain": "singlewindow.example", "return_urls": []}


async def _ask(clerk: Clerk, act: str, subject: str, **details: Any) -> dict[str, Any]:
    question = {"act": act, "subject": subject, "details": details, "reason": "新系统"}
    answer = await clerk.call("POST", "/approvals", question)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def _decide(clerk: Clerk, asked: dict[str, Any]) -> httpx.Response:
    return await clerk.call("POST", f"/approvals/{asked['id']}/decision", {"decision": "approve"})


@cases(
    ("name", "domain"),
    [("别的系统", "singlewindow.example"), ("单一窗口", "else.example"), ("单 一窗口公司", "else.example")],
)
async def test_look_alike_needs_a_second_officer(
    application: Application, one: Clerk, name: str, domain: str
) -> None:
    refused = await one.call("POST", "/systems", {"name": name, "domain": domain})
    assert refusal(refused) == (409, "system_alike")
    assert [each["client_id"] for each in refused.json()["alike"]] == [application.client_id]
    assert len((await one.call("GET", "/systems")).json()["items"]) == 1


async def test_two_officers_register_a_look_alike(application: Application, one: Clerk, other: Clerk) -> None:
    asked = await _ask(one, "system.add", "单一窗口测试", **ALIKE)
    (alike,) = asked["details"]["alike"]
    assert (alike["name"], alike["domain"], alike["likeness"]) == (
        "单一窗口",
        "singlewindow.example",
        ["same_domain"],
    )
    assert refusal(await _decide(one, asked)) == (403, "own_approval")
    told = (await _decide(other, asked)).json()["told"]
    assert told.keys() == {"client_id", "client_secret"}
    (act,) = await acts_on(application.context.db, subject=told["client_id"])
    assert (act.act, act.actor_id, act.details["approval"]) == ("system.add", other.id, asked["id"])
    assert told["client_secret"] not in str(act.details)


async def test_renamed_system_is_compared_with_all_others(
    application: Application, one: Clerk, other: Clerk
) -> None:
    made = await one.call("POST", "/systems", {"name": "掌上海关", "domain": "palm.example"})
    path = f"/systems/{made.json()['system']['client_id']}"
    same = {"name": "掌上海关", "domain": "app.palm.example"}
    assert (await one.call("PUT", path, same)).status_code == 200
    alike = {"name": "单一窗口", "domain": "app.palm.example"}
    assert refusal(await one.call("PUT", path, alike)) == (409, "system_alike")
    client_id = path.rpartition("/")[2]
    asked = await _ask(one, "system.change", client_id, **alike, return_urls=[])
    assert (asked["details"]["name_before"], asked["details"]["domain_before"]) == (
        "掌上海关",
        "app.palm.example",
    )
    assert (await _decide(other, asked)).status_code == 200
    assert (await one.call("GET", path)).json()["name"] == "单一窗口"
    only_urls = alike | {"return_urls": ["palmcustoms://signed"]}
    assert (await one.call("PUT", path, only_urls)).status_code == 200
    assert application.clock()


async def test_changed_look_alikes_refuse_the_approval(
    application: Application, one: Clerk, other: Clerk
) -> None:
    """Another look-alike exists now, or the displayed one has another name."""
    asked = await _ask(one, "system.add", "单一窗口测试", **ALIKE)
    renamed = {"name": "海关统计", "domain": "singlewindow.example"}
    assert (await one.call("PUT", f"/systems/{application.client_id}", renamed)).status_code == 200
    assert refusal(await _decide(other, asked)) == (409, "conflict")
    assert len((await one.call("GET", "/systems")).json()["items"]) == 1


async def test_race_of_two_look_alikes_registers_one(one: Clerk, other: Clerk) -> None:
    new = {"name": "跨境电商平台", "domain": "ecommerce.example"}
    done = await asyncio.gather(*(who.call("POST", "/systems", new) for who in (one, other)))
    assert sorted(each.status_code for each in done) == [201, 409]
