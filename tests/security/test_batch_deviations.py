"""A batch is one attempt: no deviation of single items passes, and none reveals which guess was right."""

import dataclasses
from collections.abc import Sequence

import pytest

from mshield.gm.cosign import FinishItem, SessionItem
from mshield.gm.curve import N, affine_x
from mshield.gm.engine import Engine
from mshield.gm.errors import WrongPin
from tests.unit.gm.counting import CountingEngine
from tests.unit.gm.parties import Parties, digests, items_of


@pytest.fixture
def parties(engine: Engine) -> Parties:
    return Parties.enrol(engine)


def deviated(items: Sequence[FinishItem], deltas: Sequence[int]) -> list[FinishItem]:
    return [
        dataclasses.replace(item, s_prime=(item.s_prime + delta) % N)
        for item, delta in zip(items, deltas, strict=True)
    ]


def plain_sum_holds(parties: Parties, session: Sequence[SessionItem], items: Sequence[FinishItem]) -> bool:
    """The control: a check of `Σ s'·P1 = Σ Q1 + Σ r·G`, which the protocol forbids."""
    engine = parties.engine
    total, right = 0, None
    for bound, item in zip(session, items, strict=True):
        Q = engine.add(item.Q1, engine.mul(bound.k2, parties.P1))
        assert Q is not None
        r = (int.from_bytes(bound.e, "big") + affine_x(Q)) % N
        total += item.s_prime
        right = engine.add(right, engine.add(item.Q1, engine.mul_g(r)))
    return engine.mul(total % N, parties.P1) == right


@pytest.mark.parametrize("deltas", [(1, -1), (5, -3, -2), (1, 1, -2), (0, 7, -7), (N // 2, N - N // 2)])
def test_deviations_that_cancel_are_a_wrong_pin(parties: Parties, deltas: tuple[int, ...]) -> None:
    opened = parties.open(digests(len(deltas)))
    items = deviated(items_of(parties.halves(opened)), deltas)
    assert plain_sum_holds(parties, opened.session, items)
    with pytest.raises(WrongPin):
        parties.finish(opened.session, items)


def test_deviations_that_cancel_in_small_weighted_sums_are_a_wrong_pin(parties: Parties) -> None:
    """Weights that an attacker can predict, such as 1, 2, 3, would not protect either."""
    opened = parties.open(digests(3))
    with pytest.raises(WrongPin):
        parties.finish(opened.session, deviated(items_of(parties.halves(opened)), (1, -2, 1)))


def test_swapped_halves_are_a_wrong_pin(parties: Parties) -> None:
    opened = parties.open(digests(2))
    a, b = items_of(parties.halves(opened))
    swapped = [dataclasses.replace(a, s_prime=b.s_prime), dataclasses.replace(b, s_prime=a.s_prime)]
    assert plain_sum_holds(parties, opened.session, swapped)
    with pytest.raises(WrongPin):
        parties.finish(opened.session, swapped)


def test_one_guess_per_item_reveals_nothing(parties: Parties) -> None:
    """N items under N guessed PINs, one of them right: the answer is the same wherever the right one is."""
    engine = CountingEngine(parties.engine)
    watched = dataclasses.replace(parties, engine=engine)
    opened = parties.open(digests(5))
    right = items_of(parties.halves(opened))
    wrong = [items_of(parties.halves(opened, d1=guess)) for guess in range(2, 7)]
    seen = set()
    for hit in range(6):
        guesses = [right[i] if i == hit else wrong[i][i] for i in range(5)]
        engine.counts.clear()
        with pytest.raises(WrongPin) as caught:
            watched.finish(opened.session, guesses)
        seen.add((str(caught.value), caught.value.args, frozenset(engine.counts.items())))
        assert caught.value.__cause__ is None
        assert caught.value.__context__ is None
    assert len(seen) == 1
