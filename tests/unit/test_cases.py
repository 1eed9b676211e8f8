"""Several cases in one test (tests/support/cases.py): all are tried, and the test names each that fails."""

import pytest

from tests.support.cases import cases


def _failing(*numbers: int) -> list[int]:
    tried: list[int] = []

    @cases("number", [1, 2, pytest.param(3, id="the third")])
    def judge(number: int) -> None:
        tried.append(number)
        assert number not in numbers

    judge()
    return tried


def test_each_case_is_run() -> None:
    assert _failing() == [1, 2, 3]


def test_every_failing_case_is_named() -> None:
    with pytest.raises(BaseExceptionGroup, match="2 cases fail") as group:
        _failing(1, 3)
    assert [note for failure in group.value.exceptions for note in failure.__notes__] == [
        "case: {'number': 1}",
        "case: the third",
    ]


async def test_asynchronous_case_fails_if_nothing_is_raised() -> None:
    @cases(("error", "text"), [(ValueError, "x"), (ValueError, "1")], ids=["no number", "a number"])
    async def judge(error: type[Exception], text: str, *, base: int) -> None:
        with pytest.raises(error):
            int(text, base)

    with pytest.raises(BaseExceptionGroup, match="1 cases fail") as group:
        await judge(base=10)
    assert group.value.exceptions[0].__notes__ == ["case: a number"]


def test_empty_case_list_is_an_error() -> None:
    with pytest.raises(AssertionError, match="no case"):
        cases("number", [])(print)


@cases("number", [4, 5])
def test_the_other_arguments_are_fixtures(number: int, tmp_path_factory: pytest.TempPathFactory) -> None:
    assert tmp_path_factory.mktemp(str(number)).is_dir()
