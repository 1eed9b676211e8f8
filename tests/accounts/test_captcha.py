"""Captchas: picture, sound and work, one use, two minutes, one deed, limits; harder after failures alone."""

import asyncio
import base64
import io
import json
import wave
from dataclasses import replace
from typing import Any

import altcha
import msgspec
import pytest
from PIL import Image

from mshield.client.work import solved
from mshield.domain import errors
from mshield.keys.keyring import Keyring
from mshield.keys.secrets import LookupKey
from mshield.services.accounts.captcha.captchas import Captcha, Captchas, Shown, answer_of
from mshield.services.accounts.captcha.deeds import Deed
from mshield.services.accounts.captcha.picture import ALPHABET, LENGTH, SIZE
from mshield.settings import Settings
from mshield.store.database.interface import Database
from tests.support.cases import cases
from tests.support.clock import Clock

ADDRESS, ELSEWHERE = "192.0.2.7", "198.51.100.1"
LOGIN, CODE = Deed.PHONE_LOGIN, Deed.PHONE_CODE


def _made(db: Database, keyring: Keyring, **settings: int) -> Captchas:
    given = {"captcha_work": 4, **settings}
    return Captchas(db, keyring, LookupKey(bytes(32)), Settings.model_validate(given))


@pytest.fixture
def captchas(db: Database, keyring: Keyring) -> Captchas:
    return _made(db, keyring)


def _work(captcha: Captcha) -> str:
    return solved(msgspec.json.encode(captcha.challenge))


async def _new(captchas: Captchas, clock: Clock, deed: Deed = LOGIN, **wanted: Any) -> Shown:
    made = await captchas.new(deed, address=wanted.pop("address", ADDRESS), now=clock(), **wanted)
    answer = None if made.image is None else answer_of(captchas.keyring, made.id, now=clock())
    return Shown(id=made.id, answer=answer, work=_work(made))


async def _use(
    captchas: Captchas, clock: Clock, shown: Shown, deed: Deed = LOGIN, address: str = ELSEWHERE
) -> None:
    await captchas.use(shown, deed, address=address, now=clock())


async def test_a_picture_whose_id_hides_the_answer(captchas: Captchas, clock: Clock) -> None:
    made = await captchas.new(LOGIN, address=ADDRESS, now=clock())
    assert made.image is not None
    with Image.open(io.BytesIO(made.image)) as image:
        assert (image.format, image.size) == ("PNG", SIZE)
    answer = answer_of(captchas.keyring, made.id, now=clock())
    assert len(answer) == LENGTH
    assert set(answer) <= set(ALPHABET)
    assert answer.encode() not in base64.urlsafe_b64decode(made.id + "=" * (-len(made.id) % 4))
    assert len(made.id) <= 200


async def test_answers_and_ids_differ(captchas: Captchas, clock: Clock) -> None:
    made = [await _new(captchas, clock) for _ in range(20)]
    assert len({shown.id for shown in made}) == 20
    assert len({shown.answer for shown in made}) > 15


async def test_a_sound(captchas: Captchas, clock: Clock) -> None:
    shown = await _new(captchas, clock)
    sound = await captchas.audio(shown.id or "", address=ADDRESS, now=clock())
    with wave.open(io.BytesIO(sound)) as file:
        assert file.getnframes() > file.getframerate()
    await _use(captchas, clock, shown)


async def test_either_case_and_blanks_around(captchas: Captchas, clock: Clock) -> None:
    for change in (str.lower, str.upper, lambda text: f" {text}\n"):
        shown = await _new(captchas, clock)
        await _use(captchas, clock, replace(shown, answer=change(shown.answer or "")))


async def test_one_use_right_or_wrong(captchas: Captchas, clock: Clock) -> None:
    shown = await _new(captchas, clock)
    await _use(captchas, clock, shown)
    with pytest.raises(errors.CaptchaWrong):
        await _use(captchas, clock, shown)
    shown = await _new(captchas, clock)
    for given in ("????", shown.answer):
        with pytest.raises(errors.CaptchaWrong):
            await _use(captchas, clock, replace(shown, answer=given))


async def test_used_in_parallel_it_serves_once(captchas: Captchas, clock: Clock) -> None:
    shown = await _new(captchas, clock)
    uses = (_use(captchas, clock, shown, address=f"203.0.{each}.1") for each in range(20))
    results = await asyncio.gather(*uses, return_exceptions=True)
    assert results.count(None) == 1


async def test_another_process_with_the_same_keys_takes_it(
    captchas: Captchas, db: Database, keyring: Keyring, clock: Clock
) -> None:
    shown = await _new(captchas, clock)
    other = _made(db, keyring)
    assert (
        await other.challenge(shown.id or "", address=ADDRESS, now=clock())
        == json.loads(base64.b64decode(shown.work or ""))["challenge"]
    )
    await _use(other, clock, shown)
    with pytest.raises(errors.CaptchaWrong):
        await _use(captchas, clock, shown)


async def test_another_spelling_of_the_id_is_the_same_captcha(captchas: Captchas, clock: Clock) -> None:
    shown = await _new(captchas, clock)
    await _use(captchas, clock, shown)
    spelled = shown.id or ""
    for other in (spelled + "=", spelled + "==", spelled[:-1] + chr(ord(spelled[-1]) + 1)):
        with pytest.raises(errors.CaptchaWrong):
            await _use(captchas, clock, replace(shown, id=other))


async def test_two_minutes(captchas: Captchas, clock: Clock) -> None:
    shown = await _new(captchas, clock)
    clock.advance(seconds=120)
    with pytest.raises(errors.CaptchaWrong):
        await _use(captchas, clock, shown)
    with pytest.raises(errors.NotFound):
        answer_of(captchas.keyring, shown.id or "", now=clock())
    with pytest.raises(errors.NotFound):
        await captchas.audio(shown.id or "", address=ADDRESS, now=clock())


@cases("captcha_id", ["", "x", "AAAA", "A" * 200, "A" * 100_000, "中文", "\ud800", "a\x00", "%00", "=="])
async def test_made_up_ids(captchas: Captchas, clock: Clock, captcha_id: str) -> None:
    with pytest.raises(errors.CaptchaWrong):
        await _use(captchas, clock, Shown(id=captcha_id, answer="ABCD", work="x"))
    with pytest.raises(errors.NotFound):
        await captchas.audio(captcha_id, address=ADDRESS, now=clock())
    with pytest.raises(errors.NotFound):
        await captchas.challenge(captcha_id, address=ADDRESS, now=clock())


async def test_boxes_of_another_purpose_are_no_captchas(captchas: Captchas, clock: Clock) -> None:
    box = captchas.keyring.seal(bytes(8) + b"\0\0ABCD", purpose="other", context=b"")
    captcha_id = base64.urlsafe_b64encode(box).rstrip(b"=").decode()
    with pytest.raises(errors.CaptchaWrong):
        await _use(captchas, clock, Shown(id=captcha_id, answer="ABCD", work="x"))


async def test_so_many_a_minute_from_one_address_and_its_network(
    db: Database, keyring: Keyring, clock: Clock
) -> None:
    captchas = _made(db, keyring, captchas_per_address=3, captcha_audios_per_address=1)
    shown = await _new(captchas, clock)
    await captchas.audio(shown.id or "", address=ADDRESS, now=clock())
    with pytest.raises(errors.TooManyRequests):
        await captchas.audio(shown.id or "", address=ADDRESS, now=clock())
    for _ in range(2):
        await _new(captchas, clock)
    with pytest.raises(errors.TooManyRequests):
        await _new(captchas, clock)
    for number in range(27):
        await _new(captchas, clock, address=f"192.0.2.{100 + number // 3}")
    with pytest.raises(errors.TooManyRequests):
        await _new(captchas, clock, address="192.0.2.250")
    await _new(captchas, clock, address="192.0.3.1")
    clock.advance(seconds=60)
    await _new(captchas, clock)


async def test_the_right_characters_without_the_work_are_not_enough(captchas: Captchas, clock: Clock) -> None:
    shown = await _new(captchas, clock)
    with pytest.raises(errors.WorkMissing):
        await _use(captchas, clock, replace(shown, work=None))
    with pytest.raises(errors.WorkWrong):
        await _use(captchas, clock, replace(shown, work=(await _new(captchas, clock)).work))
    with pytest.raises(errors.CaptchaWrong):
        await _use(captchas, clock, shown)


async def test_the_work_of_a_captcha_is_bound_to_it_and_to_its_signature(
    captchas: Captchas, clock: Clock
) -> None:
    shown = await _new(captchas, clock, CODE)
    document = json.loads(base64.b64decode(shown.work or ""))
    parameters, solution = document["challenge"]["parameters"], document["solution"]
    for part, change in (
        (parameters, {"cost": 1}),
        (parameters, {"keyPrefix": ""}),
        (parameters, {"keySignature": "00"}),
        (document["challenge"], {"signature": "00" * 32}),
        (document["challenge"], {"signature": None}),
        (solution, {"derivedKey": "00" * 32}),
        (solution, {"derivedKey": 7}),
        (document, {"challenge": []}),
        (document, {"solution": "x"}),
    ):
        kept = dict(part)
        part.update(change)
        forged = base64.b64encode(json.dumps(document).encode()).decode()
        part.clear()
        part.update(kept)
        made = await _new(captchas, clock, CODE)
        with pytest.raises(errors.WorkWrong):
            await _use(captchas, clock, replace(made, work=forged), CODE, f"203.0.113.{len(forged) % 250}")
    for text in ("", "x", "AAAA", "\ud800", base64.b64encode(b"[" * 900).decode(), "A" * 3_000):
        made = await _new(captchas, clock, CODE)
        with pytest.raises(errors.WorkWrong):
            await _use(captchas, clock, replace(made, work=text), CODE, f"203.0.112.{len(text) % 250}")
    await _use(captchas, clock, shown, CODE)


async def test_only_the_key_that_the_challenge_means_solves_it(captchas: Captchas, clock: Clock) -> None:
    made = await captchas.new(CODE, address=ADDRESS, now=clock())
    challenge = altcha.Challenge.from_dict(dict(made.challenge))
    solution = altcha.solve_challenge(challenge)
    assert solution is not None
    assert 2 <= solution.counter <= 6, "four tries on average"
    challenge.parameters.key_prefix = "00"
    other = altcha.solve_challenge(challenge)
    assert other is not None
    challenge.parameters.key_prefix = made.challenge["parameters"]["keyPrefix"]
    forged = altcha.Payload(challenge, other).to_base64()
    with pytest.raises(errors.WorkWrong):
        await _use(captchas, clock, Shown(id=made.id, answer=None, work=forged), CODE)


@cases("deed", list(Deed))
async def test_a_captcha_is_for_one_deed(captchas: Captchas, clock: Clock, deed: Deed) -> None:
    for other in set(Deed) - {deed}:
        shown = await _new(captchas, clock, other, pictured=True)
        with pytest.raises(errors.CaptchaWrong):
            await _use(captchas, clock, shown, deed, f"203.0.113.{len(other)}")


@cases("deed", [Deed.PHONE_LOGIN, Deed.PORTAL_LOGIN, Deed.PC_CODE])
async def test_r03_where_the_manual_shows_a_picture_there_always_is_one(
    captchas: Captchas, clock: Clock, deed: Deed
) -> None:
    assert (await _new(captchas, clock, deed)).answer


@pytest.mark.parametrize("deed", [Deed.PHONE_CODE, Deed.STAFF_LOGIN])
async def test_elsewhere_people_see_nothing_until_there_are_failures(
    captchas: Captchas, clock: Clock, deed: Deed
) -> None:
    shown = await _new(captchas, clock, deed)
    assert shown.answer is None
    with pytest.raises(errors.NotFound):
        await captchas.audio(shown.id or "", address=ADDRESS, now=clock())
    await _use(captchas, clock, shown, deed)
    with pytest.raises(errors.WorkWrong):
        await _use(captchas, clock, shown, deed)


async def test_after_failures_there_is_a_picture_and_more_work(captchas: Captchas, clock: Clock) -> None:
    early = await _new(captchas, clock, CODE)
    for failures, (fewest, most) in ((3, (8, 24)), (6, (32, 96))):
        for _ in range(failures):
            with pytest.raises(errors.WorkWrong):
                await _use(captchas, clock, Shown(id="x", answer=None, work="x"), CODE, ADDRESS)
        made = await captchas.new(CODE, address=ADDRESS, now=clock())
        assert made.image is not None
        solution = altcha.solve_challenge(altcha.Challenge.from_dict(dict(made.challenge)))
        assert solution is not None
        assert fewest <= solution.counter <= most
    with pytest.raises(errors.CaptchaNeeded):
        await _use(captchas, clock, early, CODE, ADDRESS)
    shown = await _new(captchas, clock, CODE)
    with pytest.raises(errors.CaptchaNeeded):
        await _use(captchas, clock, replace(shown, answer=None), CODE, ADDRESS)
    await _use(captchas, clock, shown, CODE, ADDRESS)
    assert (await _new(captchas, clock, CODE, address=ELSEWHERE)).answer is None
    clock.advance(seconds=3600)
    assert (await _new(captchas, clock, CODE)).answer is None


async def test_a_network_that_fails_often_is_asked_for_more(captchas: Captchas, clock: Clock) -> None:
    wrong = Shown(id="x", answer=None, work="x")
    for number in range(30):
        with pytest.raises(errors.WorkWrong):
            await _use(captchas, clock, wrong, CODE, f"192.0.2.{100 + number}")
    assert (await _new(captchas, clock, CODE)).answer is not None
    assert (await _new(captchas, clock, CODE, address=ELSEWHERE)).answer is None
