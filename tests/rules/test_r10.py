"""R10: weak PINs are refused with a reason; settings choose the rules. (Attempts: tests/signing.)"""

import datetime as dt
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mshield.server.settings.settings import Settings, load_settings, read_settings
from mshield.server.settings.signing import PIN_BLOCK_LIST, PIN_RULES
from mshield.server.settings.sources import BadSettings
from mshield.wire.pin import REASONS, Holder, PinPolicy, PinRule, birth_dates, birthday_forms, weakness

DEFAULT = PinPolicy(rules=frozenset(PinRule), blocked=frozenset(PIN_BLOCK_LIST))
NOBODY = Holder()
OPERATOR = Holder.of_id_number("330206199003054217")

pins = st.integers(0, 999_999).map("{:06d}".format)
dates = st.dates(dt.date(1900, 1, 1), dt.date(2099, 12, 31))


@pytest.mark.parametrize(
    ("pin", "reason"),
    [
        ("000000", PinRule.SAME),
        ("777777", PinRule.SAME),
        ("123456", PinRule.RUN),
        ("987654", PinRule.RUN),
        ("890123", PinRule.RUN),
        ("210987", PinRule.RUN),
        ("121212", PinRule.REPEATED),
        ("112233", PinRule.REPEATED),
        ("884422", PinRule.REPEATED),
        ("123123", PinRule.REPEATED),
        ("900305", PinRule.BIRTHDAY),
        ("050390", PinRule.BIRTHDAY),
        ("030590", PinRule.BIRTHDAY),
        ("199003", PinRule.BIRTHDAY),
        ("031990", PinRule.BIRTHDAY),
        ("199035", PinRule.BIRTHDAY),
        ("531990", PinRule.BIRTHDAY),
        ("330206", PinRule.ID_NUMBER),
        ("054217", PinRule.ID_NUMBER),
        ("147258", PinRule.BLOCKED),
        ("271828", None),
        ("135790", None),
        ("908172", None),
    ],
)
def test_r10_weak_pins_are_refused_with_the_reason(pin: str, reason: PinRule | None) -> None:
    assert weakness(pin, DEFAULT, OPERATOR) is reason


def test_r10_by_birth_date_and_masked_number_all_but_the_region_is_judged() -> None:
    known = Holder.of_end(frozenset({dt.date(1990, 3, 5)}), "**************4217")
    judged = [weakness(pin, DEFAULT, known) for pin in ("054217", "305421", "199003", "330206")]
    assert judged == [PinRule.ID_NUMBER, PinRule.ID_NUMBER, PinRule.BIRTHDAY, None]
    assert Holder.of_end(frozenset(), "**************4217").id_number == ""
    assert Holder.of_end(frozenset({dt.date(1990, 3, 5)}), "*******78").id_number == ""


@pytest.mark.parametrize("pin", ["", "12345", "1234567", "12345a", "１２３４５６", " 12345"])
def test_r10_a_pin_is_six_digits(pin: str) -> None:
    with pytest.raises(ValueError, match="six digits"):
        weakness(pin, DEFAULT, NOBODY)


@given(pin=pins, off=st.sets(st.sampled_from(PinRule)))
def test_r10_a_rule_that_is_off_refuses_nothing(pin: str, off: set[PinRule]) -> None:
    policy = PinPolicy(rules=frozenset(PinRule) - off, blocked=DEFAULT.blocked)
    found = weakness(pin, policy, OPERATOR)
    assert found not in off
    # A PIN is accepted if only disabled rules would refuse it.
    refusing = {
        rule
        for rule in PinRule
        if weakness(pin, PinPolicy(rules=frozenset({rule}), blocked=DEFAULT.blocked), OPERATOR)
    }
    assert (found is None) == (refusing <= off)


@given(digit=st.integers(0, 9), step=st.sampled_from([1, -1]))
def test_r10_all_runs_up_and_down(digit: int, step: int) -> None:
    pin = "".join(str((digit + step * place) % 10) for place in range(6))
    assert weakness(pin, DEFAULT, NOBODY) is PinRule.RUN


@given(a=st.integers(0, 9), b=st.integers(0, 9), c=st.integers(0, 9))
def test_r10_all_repetitions_are_refused(a: int, b: int, c: int) -> None:
    for pin in (f"{a}{b}" * 3, f"{a}{b}{c}" * 2, f"{a}{a}{b}{b}{c}{c}"):
        assert weakness(pin, DEFAULT, NOBODY) in {PinRule.REPEATED, PinRule.SAME}


def test_r10_by_their_form_alone_few_are_refused() -> None:
    formal = PinPolicy(rules=frozenset({PinRule.SAME, PinRule.RUN, PinRule.REPEATED}))
    refused = sum(weakness(f"{pin:06d}", formal, NOBODY) is not None for pin in range(0, 1_000_000, 17))
    assert refused / (1_000_000 / 17) < 0.003


@given(date=dates)
def test_r10_birthday_forms_are_six_digits_of_the_date(date: dt.date) -> None:
    forms = birthday_forms(date)
    assert all(len(form) == 6 and form.isdecimal() for form in forms)
    assert f"{date:%y%m%d}" in forms
    assert all(
        weakness(form, PinPolicy(), Holder(birth_dates=frozenset({date}))) is not None for form in forms
    )


@given(date=dates, tail=st.integers(0, 999), check=st.sampled_from("0123456789X"))
def test_r10_birthday_is_read_from_the_id_number(date: dt.date, tail: int, check: str) -> None:
    assert birth_dates(f"330206{date:%Y%m%d}{tail:03d}{check}") == {date}


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        ("CHN310290031501", {"1990-03-15", "2090-03-15"}),
        ("937276198604090027", {"1986-04-09"}),
        ("３３０２０６１９９００３０５４２１７", {"1990-03-05"}),
        ("330206 19900305 421x", {"1990-03-05"}),
        ("330206199002304217", set()),
        ("Z4827193", set()),
        ("H01234567", set()),
        ("06573218", set()),
        ("", set()),
    ],
)
def test_r10_birth_dates_are_read_from_all_documents(number: str, expected: set[str]) -> None:
    assert {date.isoformat() for date in Holder.of_id_number(number).birth_dates} == expected


def test_r10_each_reason_has_its_sentences() -> None:
    assert REASONS.keys() == set(PinRule)
    for zh, en in REASONS.values():
        assert en.isascii()
        assert not en.endswith(".")
        assert not zh.endswith("。")


def test_r10_a_holder_does_not_show_themselves() -> None:
    assert "1990" not in repr(OPERATOR)


def test_r10_the_settings_name_the_domains_rules() -> None:
    assert tuple(rule.value for rule in PinRule) == PIN_RULES
    assert Settings().signing.pin_rules == PIN_RULES
    assert len(set(PIN_BLOCK_LIST)) == len(PIN_BLOCK_LIST)
    formal = PinPolicy(rules=frozenset({PinRule.SAME, PinRule.RUN, PinRule.REPEATED}))
    superfluous = [pin for pin in PIN_BLOCK_LIST if weakness(pin, formal, NOBODY)]
    assert not superfluous


def test_r10_rules_and_block_list_are_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MSHIELD_PIN_RULES", "same, run")
    monkeypatch.setenv("MSHIELD_PIN_BLOCK_LIST", "")
    settings = read_settings()
    assert settings.signing.pin_rules == ("same", "run")
    assert settings.signing.pin_block_list == ()
    monkeypatch.setenv("MSHIELD_PIN_RULES", "")
    assert read_settings().signing.pin_rules == ()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PIN_RULES", "same,sane"),
        ("PIN_BLOCK_LIST", "12345"),
        ("PIN_BLOCK_LIST", "12345٦"),
        ("TIME_ZONE", "Asia/Nowhere"),
    ],
)
def test_r10_settings_that_cannot_be_stop_the_start(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(f"MSHIELD_{name}", value)
    load_settings.cache_clear()
    with pytest.raises(BadSettings, match=name):
        load_settings()


def test_r10_no_two_rules_are_alike() -> None:
    shown = [
        weakness(pin, DEFAULT, OPERATOR)
        for pin in ("111111", "123456", "112233", "900305", "330206", "110110")
    ]
    assert shown[:5] == [PinRule.SAME, PinRule.RUN, PinRule.REPEATED, PinRule.BIRTHDAY, PinRule.ID_NUMBER]
    assert all(one is not other for one, other in itertools.pairwise(shown[:5]))
