"""A declaration from form input to signed XML: each field's rule, and XML that states exactly what was stored."""

import contextlib
import copy
import string
from decimal import Decimal
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from single_window.document import as_document, to_send
from single_window.fields import HEAD, LINE, Wrong
from single_window.form import EXAMPLE, MOST_LINES, empty_form, form_of, read_form, shown_price, typed_total
from single_window.sessions import Person

BY = Person(
    name="林知远",
    organisation="宁波北潮进出口有限公司",
    credit_code="91330206MA2XB7C1TW",
    role="operator",
    shield_number="MS12345678901",
)


def typed(**changed: str) -> dict[str, Any]:
    """Returns the form data of the example, with some inputs changed."""
    head = {each.key: EXAMPLE[each.key] for each in HEAD}
    lines = {
        f"lines-{number}-{each.key}": line[each.key]
        for number, line in enumerate(EXAMPLE["lines"])
        for each in LINE
    }
    return {**head, **lines, "lines": "2", **changed}


def test_example_is_valid_and_stored_unchanged() -> None:
    form = read_form(typed())
    assert form.check(), form.errors
    assert form.checked == EXAMPLE
    assert form_of(form.checked).lines == form.lines


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("direction", "transit", "请从列表中选择"),
        ("customs", "", "请选择"),
        ("date", "2026-02-30", "请填日期，例如 2026-11-20"),
        ("date", "20 Nov", "请填日期，例如 2026-11-20"),
        ("abroad", " ", "请填写"),
        ("abroad", "x" * 101, "最多 100 个字，现在 101 个"),
        ("abroad", "Muster\u202egnp.exe", "含有看不见的字符，请重新输入"),
        ("abroad", "Muster\x00", "含有看不见的字符，请重新输入"),
        ("bill", "MSTR/1", "4 到 32 位字母和数字"),
        ("bill", "ＭＳＴＲ１２３４", "4 到 32 位字母和数字"),
        ("packages", "1.5", "须为整数"),
        ("packages", "0", "须大于 0"),
        ("packages", "1234567", "数字太大"),
        ("gross", "NaN", "须大于 0"),
        ("gross", "Infinity", "须大于 0"),
        ("gross", "1e9", None),
        ("gross", "1e99", "数字太大"),
        ("gross", "three", "请填数字，例如 3150.00"),
        ("gross", "3260.123456", "最多 5 位小数"),
        ("net", "3260.001", "净重不能大于毛重"),
        ("net", "3260", None),
        ("remarks", "", None),
        ("lines-1-hs", "841350202", "须为 10 位数字"),
        ("lines-1-hs", "8413 5020 20", None),
        ("lines-1-hs", "٨٤١٣٥٠٢٠٢٠", "须为 10 位数字"),
        ("lines-1-price", "-1", "须大于 0"),
        ("lines-1-price", "1,234.50", None),
        ("lines-1-price", "1.00001", "最多 4 位小数"),
        ("lines-1-currency", "USD", "与第 1 项的币制不同，一份报关单只用一种币制"),
        ("lines-1-unit", "999", "请从列表中选择"),
    ],
)
def test_each_rule_at_its_field(name: str, value: str, said: str | None) -> None:
    form = read_form(typed(**{name: value}))
    right = form.check()
    assert {each: wrong.zh for each, wrong in form.errors.items()} == ({} if said is None else {name: said})
    assert right is (said is None)
    for wrong in form.errors.values():
        assert wrong.en.isascii()
    for each in form.errors:
        assert all(form.where(each))


def test_an_empty_form_names_each_field_once() -> None:
    form = empty_form()
    assert not form.check()
    optional = {each.key for each in HEAD if each.optional}
    assert form.errors.keys() == ({each.key for each in HEAD} - optional - {"direction"}) | {
        f"lines-0-{each.key}" for each in LINE
    }


@pytest.mark.parametrize("count", ["", "x", "0", "-1", "9999", "1" * 50, "٣"])
def test_invalid_number_of_lines_is_handled(count: str) -> None:
    assert 1 <= len(read_form(typed(lines=count)).lines) <= MOST_LINES


def test_totals_as_they_are_typed() -> None:
    assert typed_total({"quantity": "1,000", "price": "2.5"}) == "2,500.00"
    assert typed_total({"quantity": "3", "price": "0.005"}) == "0.02"  # rounded half up to the cent
    assert typed_total({"quantity": "3"}) == ""
    assert [shown_price({"price": each}) for each in ("90", "1234.5", "0.1234")] == [
        "90.00",
        "1,234.50",
        "0.1234",
    ]


_TEXT = st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=40)


@given(_TEXT, _TEXT, st.decimals(Decimal("0.01"), Decimal(10**6), places=2))
def test_stored_declaration_is_what_is_signed(abroad: str, name: str, price: Decimal) -> None:
    form = read_form(typed(abroad=abroad, **{"lines-0-name": name, "lines-0-price": str(price)}))
    assume(form.check())
    declared = copy.deepcopy(form.checked)
    sent = to_send(0, 1, "I20261126000000001", declared, BY)
    root = ET.fromstring(sent.content)  # noqa: S314  # our own
    assert root.findtext("表头/境外收发货人") == declared["abroad"]
    assert root.findtext("商品/商品名称") == declared["lines"][0]["name"]
    amount = (Decimal(40) * price + Decimal("10380.00")).quantize(Decimal("0.01"))
    assert root.findtext("申报总价") == str(amount)
    assert dict(sent.display)["申报总价"] == f"{amount} 欧元"
    document = as_document(sent)
    assert document == as_document(to_send(0, 1, "I20261126000000001", declared, BY))
    assert len(document.display_digest(None)) == 32


@given(st.text(max_size=60))
def test_rules_accept_their_own_output(text: str) -> None:
    for each in (*HEAD, *LINE):
        with contextlib.suppress(Wrong):
            kept = each.rule(text)
            assert each.rule(kept) == kept
            assert not set(kept) & set(string.whitespace.replace(" ", ""))
