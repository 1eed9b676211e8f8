"""Logins with accounts of outside systems, step by step: by password, and at their page and back (R2)."""

from mshield.testkit.demo.people import Person
from tests.fault.case import Case
from tests.support.outside_systems import PASSWORD


def is_a_user_outside(case: Case) -> None:
    case.around.office.users = {"wang": _told(case.person)}
    case.around.provider.person = {
        **_told(case.person), "sub": case.person.phone, "phone_number": case.person.phone,
    }  # fmt: skip


def _told(person: Person) -> dict[str, str]:
    return {
        "external_id": person.phone,
        "name": person.name,
        "id_type": "resident_id",
        "id_number": person.id_number,
        "phone": person.phone,
    }


def log_in_by_password(case: Case) -> None:
    answer = case.service.get(f"/dev/captchas/{case.captcha}")["answer"]
    case.phone.login(
        account="wang", password=PASSWORD, captcha_id=case.captcha, captcha=answer, source="single-window"
    )


def open_the_page(case: Case) -> None:
    """Logs in at the outside page, and the browser returns."""
    begun = case.phone.begin_outside_login("customs")
    case.seen["code"], case.seen["state"] = case.around.provider.log_in_at(begun.address)


def come_back_from_the_page(case: Case) -> None:
    case.phone.finish_outside_login(case.seen["state"], case.seen["code"])


def is_logged_in_with_one_account(case: Case) -> None:
    assert case.phone.me().account.name == case.person.name
    accounts = case.service.count("SELECT COUNT(*) AS n FROM accounts WHERE phone = $1", case.person.phone)
    assert accounts == 1
