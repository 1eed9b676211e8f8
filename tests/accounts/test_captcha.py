"""Captchas: image, audio and work; one use, one purpose, two minutes; limits; harder only after failures."""

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

from mshield.server.accounts.captcha_deeds import CaptchaPurpose
from mshield.server.accounts.captcha_picture import ALPHABET, LENGTH, SIZE
from mshield.server.accounts.captchas import Captcha, Captchas, ShownCaptcha, answer_of
from mshield.server.accounts.errors import CaptchaNeeded, CaptchaWrong, WorkMissing, WorkWrong
from mshield.server.database.interface import Database
from mshield.server.errors import NotFound, TooManyRequests
from mshield.server.keys.keyring import Keyring
from mshield.server.keys.secrets import LookupKey
from mshield.server.settings.settings import Settings
from mshield.testkit.work import solved
from tests.support.cases import cases
from tests.support.clock import Clock

ADDRESS, ELSEWHERE = "192.0.2.7", "198.51.100.1"
LOGIN, CODE = CaptchaPurpose.PHONE_LOGIN, CaptchaPurpose.PHONE_CODE


def _made(db: Database, keyring: Keyring, **settings: int) -> Captchas:
    given = {"captcha_work": 4, **settings}
    return Captchas(db, keyring, LookupKey(bytes(32)), Settings.of(**given).accounts)


@pytest.fixture
def captchas(db: Database, keyring: Keyring) -> Captchas:
    return _made(db, keyring)


def _work(captcha: Captcha) -> str:
    return solved(msgspec.json.encode(captcha.challenge))


async def _new(captchas: Captchas, clock: Clock, deed: CaptchaPurpose = LOGIN, **wanted: Any) -> ShownCaptcha:
    made = await captchas.new(deed, address=wanted.pop("address", ADDRESS), now=clock(), **wanted)
    answer = None if made.image is None else answer_of(captchas.keyring, made.id, now=clock())
    return ShownCaptcha(id=made.id, answer=answer, work=_work(made))


async def _use(
    captchas: Captchas,
    clock: Clock,
    shown: ShownCaptcha,
    deed: CaptchaPurpose = LOGIN,
    address: str = ELSEWHERE,
) -> None:
    await captchas.use(shown, deed, address=address, now=clock())


async def test_picture_is_a_png_and_its_id_hides_the_answer(captchas: Captchas, clock: Clock) -> None:
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


async def test_sound_speaks_the_answer(captchas: Captchas, clock: Clock) -> None:
    shown = await _new(captchas, clock)
    sound = await captchas.audio(shown.id or "", address=ADDRESS, now=clock())
    with wave.open(io.BytesIO(sound)) as file:
        assert file.getnframes() > file.getframerate()
    await _use(captchas, clock, shown)


async def test_either_case_and_blanks_around(captchas: Captchas, clock: Clock) -> None:
    for change in (str.lower, str.upper, lambda text: f" {text}\n"):
        shown = await _new(captchas, clock)
        await _use(captchas, clock, replace(shown, answer=change(shown.answer or "")))


async def test_captcha_is_usable_once_right_or_wrong(captchas: Captchas, clock: Clock) -> None:
    shown = await _new(captchas, clock)
    await _use(captchas, clock, shown)
    with pytest.raises(CaptchaWrong):
        await _use(captchas, clock, shown)
    shown = await _new(captchas, clock)
    for given in ("????", shown.answer):
        with pytest.raises(CaptchaWrong):
            await _use(captchas, clock, replace(shown, answer=given))


async def test_used_in_parallel_it_serves_once(captchas: Captchas, clock: Clock) -> None:
    shown = await _new(captchas, clock)
    uses = (_use(captchas, clock, shown, address=f"203.0.{each}.1") for each in range(20))
    results = await asyncio.gather(*uses, return_exceptions=True)
    assert results.count(None) == 1


async def test_another_process_with_the_same_keys_accepts_the_captcha(
    captchas: Captchas, db: Database, keyring: Keyring, clock: Clock
) -> None:
    shown = await _new(captchas, clock)
    other = _made(db, keyring)
    assert (
        await other.challenge(shown.id or "", address=ADDRESS, now=clock())
        == json.loads(base64.b64decode(shown.work or ""))["challenge"]
    )
    await _use(other, clock, shown)
    with pytest.raises(CaptchaWrong):
        await _use(captchas, clock, shown)


async def test_another_spelling_of_the_id_is_the_same_captcha(captchas: Captchas, clock: Clock) -> None:
    shown = await _new(captchas, clock)
    await _use(captchas, clock, shown)
    spelled = shown.id or ""
    for other in (spelled + "=", spelled + "==", spelled[:-1] + chr(ord(spelled[-1]) + 1)):
        with pytest.raises(CaptchaWrong):
            await _use(captchas, clock, replace(shown, id=other))


async def test_captcha_expires_after_two_minutes(captchas: Captchas, clock: Clock) -> None:
    shown = await _new(captchas, clock)
    clock.advance(seconds=120)
    with pytest.raises(CaptchaWrong):
        await _use(captchas, clock, shown)
    with pytest.raises(NotFound):
        answer_of(captchas.keyring, shown.id or "", now=clock())
    with pytest.raises(NotFound):
        await captchas.audio(shown.id or "", address=ADDRESS, now=clock())


@cases("captcha_id", ["", "x", "AAAA", "A" * 200, "A" * 100_000, "中文", "\ud800", "a\x00", "%00", "=="])
async def test_made_up_captcha_id_is_refused(captchas: Captchas, clock: Clock, captcha_id: str) -> None:
    with pytest.raises(CaptchaWrong):
        await _use(captchas, clock, ShownCaptcha(id=captcha_id, answer="ABCD", work="x"))
    with pytest.raises(NotFound):
        await captchas.audio(captcha_id, address=ADDRESS, now=clock())
    with pytest.raises(NotFound):
        await captchas.challenge(captcha_id, address=ADDRESS, now=clock())


async def test_boxes_of_another_purpose_are_no_captchas(captchas: Captchas, clock: Clock) -> None:
    box = captchas.keyring.seal(bytes(8) + b"\0\0ABCD", purpose="other", context=b"")
    captcha_id = base64.urlsafe_b64encode(box).rstrip(b"=").decode()
    with pytest.raises(CaptchaWrong):
        await _use(captchas, clock, ShownCaptcha(id=captcha_id, answer="ABCD", work="x"))


async def test_captchas_are_limited_per_minute_and_network(
    db: Database, keyring: Keyring, clock: Clock
) -> None:
    captchas = _made(db, keyring, captchas_per_address=3, captcha_audios_per_address=1)
    shown = await _new(captchas, clock)
    await captchas.audio(shown.id or "", address=ADDRESS, now=clock())
    with pytest.raises(TooManyRequests):
        await captchas.audio(shown.id or "", address=ADDRESS, now=clock())
    for _ in range(2):
        await _new(captchas, clock)
    with pytest.raises(TooManyRequests):
        await _new(captchas, clock)
    for number in range(27):
        await _new(captchas, clock, address=f"192.0.2.{100 + number // 3}")
    with pytest.raises(TooManyRequests):
        await _new(captchas, clock, address="192.0.2.250")
    await _new(captchas, clock, address="192.0.3.1")
    clock.advance(seconds=60)
    await _new(captchas, clock)


async def test_the_right_characters_without_the_work_are_not_enough(captchas: Captchas, clock: Clock) -> None:
    shown = await _new(captchas, clock)
    with pytest.raises(WorkMissing):
        await _use(captchas, clock, replace(shown, work=None))
    with pytest.raises(WorkWrong):
        await _use(captchas, clock, replace(shown, work=(await _new(captchas, clock)).work))
    with pytest.raises(CaptchaWrong):
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
        with pytest.raises(WorkWrong):
            await _use(captchas, clock, replace(made, work=forged), CODE, f"203.0.113.{len(forged) % 250}")
    for text in ("", "x", "AAAA", "\ud800", base64.b64encode(b"[" * 900).decode(), "A" * 3_000):
        made = await _new(captchas, clock, CODE)
        with pytest.raises(WorkWrong):
            await _use(captchas, clock, replace(made, work=text), CODE, f"203.0.112.{len(text) % 250}")
    await _use(captchas, clock, shown, CODE)


async def test_only_the_challenges_own_key_solves_it(captchas: Captchas, clock: Clock) -> None:
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
    with pytest.raises(WorkWrong):
        await _use(captchas, clock, ShownCaptcha(id=made.id, answer=None, work=forged), CODE)


@cases("deed", list(CaptchaPurpose))
async def test_captcha_is_for_one_purpose(captchas: Captchas, clock: Clock, deed: CaptchaPurpose) -> None:
    for other in set(CaptchaPurpose) - {deed}:
        shown = await _new(captchas, clock, other, pictured=True)
        with pytest.raises(CaptchaWrong):
            await _use(captchas, clock, shown, deed, f"203.0.113.{len(other)}")


@cases("deed", [CaptchaPurpose.PHONE_LOGIN, CaptchaPurpose.PORTAL_LOGIN, CaptchaPurpose.PC_CODE])
async def test_r03_picture_is_required_where_the_manual_shows_one(
    captchas: Captchas, clock: Clock, deed: CaptchaPurpose
) -> None:
    assert (await _new(captchas, clock, deed)).answer


@pytest.mark.parametrize("deed", [CaptchaPurpose.PHONE_CODE, CaptchaPurpose.STAFF_LOGIN])
async def test_other_captchas_have_no_picture_before_failures(
    captchas: Captchas, clock: Clock, deed: CaptchaPurpose
) -> None:
    shown = await _new(captchas, clock, deed)
    assert shown.answer is None
    with pytest.raises(NotFound):
        await captchas.audio(shown.id or "", address=ADDRESS, now=clock())
    await _use(captchas, clock, shown, deed)
    with pytest.raises(WorkWrong):
        await _use(captchas, clock, shown, deed)


async def test_after_failures_there_is_a_picture_and_more_work(captchas: Captchas, clock: Clock) -> None:
    early = await _new(captchas, clock, CODE)
    for failures, (fewest, most) in ((3, (8, 24)), (6, (32, 96))):
        for _ in range(failures):
            with pytest.raises(WorkWrong):
                await _use(captchas, clock, ShownCaptcha(id="x", answer=None, work="x"), CODE, ADDRESS)
        made = await captchas.new(CODE, address=ADDRESS, now=clock())
        assert made.image is not None
        solution = altcha.solve_challenge(altcha.Challenge.from_dict(dict(made.challenge)))
        assert solution is not None
        assert fewest <= solution.counter <= most
    with pytest.raises(CaptchaNeeded):
        await _use(captchas, clock, early, CODE, ADDRESS)
    shown = await _new(captchas, clock, CODE)
    with pytest.raises(CaptchaNeeded):
        await _use(captchas, clock, replace(shown, answer=None), CODE, ADDRESS)
    await _use(captchas, clock, shown, CODE, ADDRESS)
    assert (await _new(captchas, clock, CODE, address=ELSEWHERE)).answer is None
    clock.advance(seconds=3600)
    assert (await _new(captchas, clock, CODE)).answer is None


async def test_failing_network_needs_more_work(captchas: Captchas, clock: Clock) -> None:
    wrong = ShownCaptcha(id="x", answer=None, work="x")
    for number in range(30):
        with pytest.raises(WorkWrong):
            await _use(captchas, clock, wrong, CODE, f"192.0.2.{100 + number}")
    assert (await _new(captchas, clock, CODE)).answer is not None
    assert (await _new(captchas, clock, CODE, address=ELSEWHERE)).answer is None
