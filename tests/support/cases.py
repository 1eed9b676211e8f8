"""Runs cases of one test with the same fixtures, for refusals or read-only calls, so that one database suffices.

Use it like `pytest.mark.parametrize`. All cases are one test, which reports each failing case.
"""

import functools
import inspect
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

import pytest
from _pytest.mark.structures import ParameterSet

_FAILURES: Final = (Exception, pytest.fail.Exception)

Test = Callable[..., Any]


def cases(
    names: str | tuple[str, ...],
    values: Iterable[Any],
    *,
    ids: Callable[[Any], str] | Sequence[str] | None = None,
) -> Callable[[Test], Test]:
    """Runs the test for each of `values` in turn; raises all failures together at the end."""
    several = () if isinstance(names, str) else names
    rows: list[tuple[str, dict[str, Any]]] = []
    for number, value in enumerate(values):
        given, label = (value.values, value.id) if isinstance(value, ParameterSet) else (value, None)
        if not several:
            assert isinstance(names, str)
            row = {names: given[0] if isinstance(value, ParameterSet) else given}
        else:
            row = dict(zip(several, given, strict=True))
        if label is None and ids is not None:
            label = ids(value) if callable(ids) else ids[number]
        rows.append((str(label or row), row))
    assert rows, "no case"

    def decorated(test: Test) -> Test:
        if inspect.iscoroutinefunction(test):

            @functools.wraps(test)
            async def run(**fixtures: Any) -> None:
                failures = _Failures()
                for label, row in rows:
                    with failures.of(label):
                        await test(**fixtures, **row)
                failures.tell()

        else:

            @functools.wraps(test)
            def run(**fixtures: Any) -> None:
                failures = _Failures()
                for label, row in rows:
                    with failures.of(label):
                        test(**fixtures, **row)
                failures.tell()

        signature = inspect.signature(test)
        asked = [at for name, at in signature.parameters.items() if name not in rows[0][1]]
        run.__signature__ = signature.replace(parameters=asked)  # type: ignore[attr-defined]  # pytest reads it
        return run

    return decorated


class _Failures:
    def __init__(self) -> None:
        self._failures: list[BaseException] = []

    @contextmanager
    def of(self, label: str) -> Iterator[None]:
        try:
            yield
        except _FAILURES as failure:
            failure.add_note(f"case: {label}")
            self._failures.append(failure)

    def tell(self) -> None:
        if self._failures:
            raise BaseExceptionGroup(f"{len(self._failures)} cases fail", self._failures)
