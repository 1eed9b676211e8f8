"""No account without consent to the current privacy policy and user agreement; an act records each consent."""

import json
from pathlib import Path

import pytest

from mshield.server.accounts.policy_consents import Agreement, Consents
from mshield.server.accounts.policy_documents import read_policies
from mshield.server.accounts.rules.policies import Policies, Policy
from mshield.server.settings.settings import Settings
from mshield.server.settings.sources import BadSettings
from mshield.testkit.demo.people import OPERATOR
from tests.support.application import Application
from tests.support.consents import AGREED, POLICIES
from tests.support.signing import fetch, statement

VERSIONS = POLICIES.versions


async def _form(application: Application) -> dict[str, object]:
    await application.ask_for_code(OPERATOR.phone)
    return {
        "name": OPERATOR.name,
        "id_type": "resident_id",
        "id_number": OPERATOR.id_number,
        "phone": OPERATOR.phone,
        "sms_code": await application.sms_code("register"),
        "password": OPERATOR.password,
    }


@pytest.mark.parametrize("path", ["/api/phone/accounts", "/api/register/accounts"])
async def test_registration_requires_each_current_consent(application: Application, path: str) -> None:
    form = await _form(application)
    wanting = [
        ({}, sorted(VERSIONS)),
        ({"consents": VERSIONS | {"sensitive": "2020-01-01"}}, ["sensitive"]),
        ({"consents": VERSIONS | {"agreement": "2020-01-01"}}, ["agreement"]),
        ({"consents": VERSIONS | {"privacy": "2020-01-01"}}, ["privacy"]),
    ]
    for consents, missing in wanting:
        answer = await application.http.post(path, json=form | consents)
        assert (answer.status_code, answer.json()["code"]) == (403, "consent_needed"), answer.text
        assert sorted(answer.json()["missing"]) == missing
    db = application.context.db
    assert (await fetch(db, "SELECT COUNT(*) AS n FROM accounts"))["n"] == 0
    assert (await fetch(db, "SELECT COUNT(*) AS n FROM policy_consents"))["n"] == 0
    assert (await application.http.post(path, json=form | AGREED)).status_code == 201
    kept = await db.all(
        statement("SELECT policy, version, digest, place FROM policy_consents ORDER BY policy")
    )
    place = "app" if "phone" in path else "register_page"
    assert [(row["policy"], row["version"], row["place"]) for row in kept] == [
        (policy, VERSIONS[policy], place) for policy in sorted(VERSIONS)
    ]
    act = await fetch(db, "SELECT actor, details FROM acts WHERE act = 'account.agree'")
    said = json.loads(str(act["details"]))["policies"]
    assert act["actor"] == "user"
    assert {row["policy"]: bytes(row["digest"]).hex() for row in kept} == {
        name: policy["sha256"] for name, policy in said.items()
    }


async def test_newer_version_is_due_until_accepted(application: Application) -> None:
    await application.registered()
    device = await application.logged_in()
    mine = (await device.call("GET", "/api/phone/consents")).json()
    assert mine["due"] == []
    assert {item["policy"] for item in mine["items"]} == set(VERSIONS)
    old = application.context.accounts.consents
    account = str((await fetch(application.context.db, "SELECT id FROM accounts"))["id"])
    newer = Consents(old.db, _own(application.context.settings, _folder(application), "2027-05-01"))
    assert await newer.due(account) == ["privacy", "agreement", "sensitive"]
    await newer.agree(account, Agreement(newer.policies.versions, "app"), now=application.clock())
    assert await newer.due(account) == []
    refused = await device.call("POST", "/api/phone/consents", {"consents": newer.policies.versions})
    assert (refused.status_code, refused.json()["code"]) == (403, "consent_needed")
    agreed = await device.call("POST", "/api/phone/consents", AGREED)
    assert agreed.status_code == 204


async def test_documents_are_readable_without_a_login(application: Application) -> None:
    answer = (await application.http.get("/api/policies")).json()
    assert answer["versions"] == VERSIONS
    privacy = next(item for item in answer["items"] if item["name"] == "privacy")
    settings = application.context.settings
    for days in (
        settings.retention.content_days,
        settings.retention.notice_days,
        settings.accounts.closing_days,
    ):
        assert f"{days} 天" in privacy["zh"]["body"]
        assert f"{days} days" in privacy["en"]["body"]
    assert "{" not in privacy["zh"]["body"] + privacy["en"]["body"]
    about = (await application.http.get("/api/about")).json()
    assert about["service_phone"] == settings.site.service_phone
    assert about["time_zone"] == {
        "name": "Asia/Shanghai",
        "zh": "中国标准时间 UTC+08:00",
        "en": "China Standard Time UTC+08:00",
    }


def test_an_operators_own_documents_are_read_and_faulty_ones_stop_the_start(tmp_path: Path) -> None:
    settings = Settings.of(policies_folder=tmp_path, operator_name="东方电子口岸", service_phone="12360")
    with pytest.raises(BadSettings):
        read_policies(settings)
    policies = _own(settings, tmp_path, "7")
    assert policies.versions == dict.fromkeys(("privacy", "agreement", "sensitive"), "7")
    assert policies.document_of(Policy.SENSITIVE).zh.body == "东方电子口岸"
    for text in (
        "version: 8\n\n# 标题\n\n只有中文改了",
        "# 没有版本\n\n正文",
        "version: 7\n\n没有标题",
        "version: 7\n\n# 标题\n\n{nobody}",
    ):
        (tmp_path / "privacy.zh.md").write_text(text, "utf-8")
        with pytest.raises(BadSettings):
            read_policies(settings)


def _folder(application: Application) -> Path:
    folder = application.context.settings.database.high_water_folder / "policies"
    folder.mkdir(parents=True)
    return folder


def _own(settings: Settings, folder: Path, version: str) -> Policies:
    for name in ("privacy", "agreement"):
        for language in ("zh", "en"):
            text = f"version: {version}\nchanges: 新\n\n# 标题 {name}\n\n{{operator}}\n"
            (folder / f"{name}.{language}.md").write_text(text, "utf-8")
    return read_policies(settings.changed(policies_folder=folder))
