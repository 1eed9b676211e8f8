"""More people on file, unused by other tests: each has an account and up to six devices."""

import csv
from itertools import count
from typing import Final

from mshield.testkit.demo.people import Person
from tests.support.live_service import LiveService, register

_CREDIT_CODE: Final = "91330206MA2XB7C1TW"
_ENTERPRISE: Final = "宁波北潮进出口有限公司"
_MANY: Final = 60
_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_NEXT: Final = count()


def newcomer(service: LiveService, *, pin: str = "586471") -> Person:
    """Returns the next operator on file, who has no account yet."""
    _file(service)
    return _person(next(_NEXT), pin)


def registered(service: LiveService) -> Person:
    """Returns the next operator, registered on another device."""
    person = newcomer(service)
    with service.phone(f"registers-{person.phone}") as other:
        register(service, other, person)
    return person


def _person(number: int, pin: str) -> Person:
    assert number < _MANY
    start = f"3302061989041{number // 10}{number % 10:03}7"[:17]
    return Person(
        name="许" + "安澄禾景朗清越嘉言宁"[number % 10] + "东南西北中远"[number // 10],
        id_number=start + _check(start),
        role="operator",
        credit_code=_CREDIT_CODE,
        phone=f"137000064{number:02}",
        password="Demo-newcomer-2026",  # an invented test account
        pin=pin,
    )


def _check(start: str) -> str:
    """Returns the check digit by GB 11643."""
    return "10X98765432"[sum(int(digit) * weight for digit, weight in zip(start, _WEIGHTS, strict=True)) % 11]


def _file(service: LiveService) -> None:
    listed = service.folder / "newcomers.csv"
    if listed.exists():
        return
    with listed.open("w", encoding="utf-8", newline="") as lines:
        rows = csv.writer(lines)
        rows.writerow(("企业名称", "统一社会信用代码", "姓名", "证件类型", "证件号码", "用户类型", "手机号"))
        for person in (_person(number, "") for number in range(_MANY)):
            filed = (person.name, "居民身份证", person.id_number, "操作员", person.phone)
            rows.writerow((_ENTERPRISE, _CREDIT_CODE, *filed))
    service.by_two("filing", "import", str(listed))
