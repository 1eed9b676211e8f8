"""People with a phone and a certificate, and two business systems: `python -m drill.phones FOLDER COUNT`.

It runs in the client's node against a service in demo mode, whose outbox holds the SMS codes.
"""

import csv
import json
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

import httpx

from drill.plan import ORIGIN
from mshield.client.errors import ClientError
from mshield.testkit.phone import VirtualPhone

T = TypeVar("T")

PIN: Final = "271828"
ROUNDS: Final = 1000
"""Rounds of a PIN's hash; the number costs time only on the phone."""

_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK_DIGITS: Final = "10X98765432"
_FAMILY: Final = "赵钱孙李周吴郑王冯陈"
_PERSONAL: Final = "明华国建文军平志伟东"
_COMPANY: Final = "宁波北潮进出口有限公司"
_CREDIT_CODE: Final = "91330206MA2XB7C1TW"
_HEAD: Final = ("企业名称", "统一社会信用代码", "姓名", "证件类型", "证件号码", "用户类型", "手机号")
_AT_ONCE: Final = 4
_PAUSES: Final = (0.5, 1.0, 2.0, 4.0)
_PASSING: Final = frozenset({"network", "unavailable", "in_progress"})


@dataclass(frozen=True, slots=True)
class Person:
    """An invented operator."""

    number: int

    @property
    def name(self) -> str:
        """Returns a name of three characters made from the digits of the number."""
        tens, ones = divmod(self.number, 10)
        return _FAMILY[ones] + _PERSONAL[tens % 10] + _PERSONAL[(ones * 3 + 1) % 10]

    @property
    def id_number(self) -> str:
        """Returns an id number with a valid check digit."""
        n = self.number
        body = f"33020619{70 + n % 25:02d}{1 + n % 12:02d}{1 + n % 28:02d}{n * 37 % 1000:03d}"
        check = sum(int(digit) * weight for digit, weight in zip(body, _WEIGHTS, strict=True))
        return body + _CHECK_DIGITS[check % 11]

    @property
    def phone(self) -> str:
        """Returns the phone number."""
        return f"1380001{self.number:04d}"

    @property
    def password(self) -> str:
        """Returns the password of the account."""
        return f"Drill-pass-{self.number:04d}-x"


def write_filing(path: Path, count: int) -> None:
    """Writes the filing records of this many people."""
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(_HEAD)
        for person in map(Person, range(count)):
            rows.writerow(
                (_COMPANY, _CREDIT_CODE, person.name, "居民身份证", person.id_number, "操作员", person.phone)
            )


def _development(path: str) -> Any:
    return httpx.get(ORIGIN + path).raise_for_status().json()


def _code(purpose: str, number: str) -> str:
    sent = _development("/dev/sms.json")
    return next(
        str(m["code"]) for m in sent if m["phone"] == number and m["purpose"] == purpose and m["code"]
    )


def _patiently(call: Callable[[], T]) -> T:
    """Repeats a call that a busy machine didn't answer, as a person would, and returns its result."""
    for pause in _PAUSES:
        try:
            return call()
        except ClientError as error:
            if error.code not in _PASSING:
                raise
        time.sleep(pause)
    return call()


def enrol(folder: Path, person: Person) -> None:
    """Creates a phone with account, login and certificate."""
    with VirtualPhone(folder / str(person.number), ORIGIN, pin_rounds=ROUNDS) as phone:
        _patiently(lambda: phone.request_sms_code("register", phone=person.phone))
        _patiently(lambda: _register(phone, person))
        _patiently(lambda: _log_in(phone, person))
        _patiently(lambda: phone.request_sms_code("apply"))
        _patiently(lambda: _apply(phone, person))


def _register(phone: VirtualPhone, person: Person) -> None:
    phone.register(
        name=person.name,
        id_type="resident_id",
        id_number=person.id_number,
        phone=person.phone,
        sms_code=_code("register", person.phone),
        password=person.password,
    )


def _log_in(phone: VirtualPhone, person: Person) -> None:
    captcha = phone.captcha()
    answer = _development(f"/dev/captchas/{captcha.captcha_id}")["answer"]
    phone.login(account=person.phone, password=person.password, captcha_id=captcha.captcha_id, captcha=answer)


def _apply(phone: VirtualPhone, person: Person) -> None:
    phone.apply(
        name=person.name,
        id_number=person.id_number,
        user_type="operator",
        credit_code=_CREDIT_CODE,
        sms_code=_code("apply", person.phone),
        pin=PIN,
    )


def main() -> None:
    """Enrols everyone, several at a time."""
    folder, count = Path(sys.argv[1]), int(sys.argv[2])
    folder.mkdir(exist_ok=True)
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        list(pool.map(lambda person: enrol(folder, person), map(Person, range(count))))
    print(json.dumps({"phones": count}))


if __name__ == "__main__":
    main()
