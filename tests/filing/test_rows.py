"""Rows of a filing list become records, or findings that say what to correct."""

import dataclasses

import pytest

from mshield.server.filing.rules import FilingRecord, FilingRow, check_row, check_rows
from mshield.server.values.names import IdType
from mshield.wire.identity import Role

GOOD = FilingRow(
    line=3,
    enterprise="宁波北潮进出口有限公司",
    credit_code="91330206MA2XB7C1TW",
    name="林知远",
    id_type="居民身份证",
    id_number="330206199001014217",
    role="操作员",
)
OTHER = dataclasses.replace(GOOD, line=4, name="顾承岳", id_number="330206197403183014", role="法人")


def _codes(row: FilingRow) -> list[tuple[str | None, str]]:
    found = check_row(row)
    assert isinstance(found, list)
    return [(finding.field, finding.code) for finding in found]


def test_a_good_row_becomes_a_record() -> None:
    assert check_row(GOOD) == FilingRecord(
        line=3,
        enterprise="宁波北潮进出口有限公司",
        credit_code="91330206MA2XB7C1TW",
        name="林知远",
        id_type=IdType.RESIDENT_ID,
        id_number="330206199001014217",
        role=Role.OPERATOR,
    )


@pytest.mark.parametrize(
    ("role", "meant"),
    [("法人", Role.LEGAL_PERSON), ("法定代表人", Role.LEGAL_PERSON), ("Legal Person", Role.LEGAL_PERSON),
     ("operator", Role.OPERATOR), ("企业操作员", Role.OPERATOR), ("legal_person", Role.LEGAL_PERSON)],
)  # fmt: skip
def test_all_spellings_of_roles_are_accepted(role: str, meant: Role) -> None:
    record = check_row(dataclasses.replace(GOOD, role=role))
    assert isinstance(record, FilingRecord)
    assert record.role is meant


@pytest.mark.parametrize(
    "id_type", ["身份证", "居民 身份证", "resident_id", "Resident identity card", "resident id"]
)
def test_all_spellings_of_id_types_are_accepted(id_type: str) -> None:
    record = check_row(dataclasses.replace(GOOD, id_type=id_type))
    assert isinstance(record, FilingRecord)
    assert record.id_type is IdType.RESIDENT_ID


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("id_number", "330206199001014218", "invalid_id_number"),
        ("credit_code", "91330206MA2XB7C1TX", "invalid_credit_code"),
        ("role", "会计", "unknown_role"),
        ("id_type", "驾驶证", "unknown_id_type"),
        ("name", "林1", "invalid_name"),
        ("name", "", "missing"),
        ("name", "=HYPERLINK(1)", "formula"),
        ("enterprise", "+1234", "formula"),
        ("enterprise", "12345", "invalid_enterprise"),
        ("enterprise", "宁波\x1b[2J", "invalid_enterprise"),
        ("enterprise", "长" * 65, "invalid_enterprise"),
        ("id_number", "@SUM(A1)", "formula"),
        ("phone", "=1380000", "formula"),
        ("phone", "-13800006027", "formula"),
        ("phone", "+SUM(A1)", "invalid_phone"),
        ("phone", "0574-55501802", "invalid_phone"),
        ("phone", "1380000602", "invalid_phone"),
        ("phone", "12800006027", "invalid_phone"),
        ("phone", "13800006027、13800006028", "invalid_phone"),
    ],
)
def test_each_fault_is_named_with_its_field(field: str, value: str, code: str) -> None:
    row = dataclasses.replace(GOOD, **{field: value})  # type: ignore[arg-type]  # fields by name
    assert _codes(row) == [(field, code)]


def test_all_faults_of_a_row_are_named_in_the_order_of_the_columns() -> None:
    assert _codes(
        FilingRow(
            line=9,
            enterprise="北潮",
            credit_code="",
            name="",
            id_type="",
            role="会计",
            id_number="1",
            faults={"name": "formula"},
        )
    ) == [
        ("credit_code", "missing"),
        ("name", "formula"),
        ("id_type", "missing"),
        ("role", "unknown_role"),
    ]


def test_findings_speak_both_languages() -> None:
    found = check_row(dataclasses.replace(GOOD, id_number="330206199001014218"))
    assert isinstance(found, list)
    assert (found[0].line, found[0].zh, found[0].en) == (
        3,
        "证件号码有误，请按证件核对",
        "id number is invalid; check it against the document",
    )


@pytest.mark.parametrize(
    ("text", "phone"),
    [
        (None, None),
        ("", ""),
        (" \t", ""),
        ("13800006027", "13800006027"),
        (" 138 0000-6027 ", "13800006027"),
        ("+86 13800006027", "13800006027"),
        ("１３８００００６０２７", "13800006027"),
    ],
)
def test_a_phone_number_may_be_left_out(text: str | None, phone: str | None) -> None:
    record = check_row(dataclasses.replace(GOOD, phone=text))
    assert isinstance(record, FilingRecord)
    assert record.phone == phone


def test_a_phone_number_that_is_wrong_is_named_beside_other_faults() -> None:
    row = dataclasses.replace(GOOD, role="会计", phone="1")
    assert _codes(row) == [("role", "unknown_role"), ("phone", "invalid_phone")]
    assert _codes(dataclasses.replace(GOOD, faults={"phone": "formula"})) == [("phone", "formula")]
    found = check_row(dataclasses.replace(GOOD, phone="1"))
    assert isinstance(found, list)
    assert (found[0].zh, found[0].en) == (
        "手机号有误，请填 11 位手机号",
        "phone number is invalid; enter the 11 digits of a mobile number",
    )


def test_two_people_may_have_one_phone_number() -> None:
    rows = [dataclasses.replace(row, phone="13800006027") for row in (GOOD, OTHER)]
    assert check_rows(rows)[1] == []


def test_valid_list_has_no_findings() -> None:
    records, findings = check_rows([GOOD, OTHER])
    assert [record.line for record in records] == [3, 4]
    assert not findings


def test_repeated_record_is_reported() -> None:
    records, findings = check_rows(
        [GOOD, OTHER, dataclasses.replace(GOOD, line=9, id_number="330206 19900101 4217")]
    )
    assert [record.line for record in records] == [3, 4]
    assert [(found.line, found.field, found.code) for found in findings] == [(9, None, "duplicate")]
    assert findings[0].zh == "本行与第 3 行重复"


def test_the_same_person_in_both_roles_is_two_records() -> None:
    records, findings = check_rows([GOOD, dataclasses.replace(GOOD, line=4, role="法人")])
    assert len(records) == 2
    assert not findings


def test_second_name_for_a_credit_code_is_reported() -> None:
    _, findings = check_rows([GOOD, dataclasses.replace(OTHER, enterprise="宁波南潮有限公司")])
    assert [(found.line, found.field, found.code) for found in findings] == [
        (4, "enterprise", "enterprise_differs")
    ]


def test_second_name_for_an_id_number_is_reported() -> None:
    other = dataclasses.replace(
        GOOD,
        line=7,
        name="林志远",
        enterprise="青岛云栈国际货运代理有限公司",
        credit_code="91370203MA3YK2D9RF",
    )
    _, findings = check_rows([GOOD, other])
    assert [(found.line, found.field, found.code) for found in findings] == [(7, "name", "person_differs")]
