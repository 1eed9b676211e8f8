"""Captchas: picture and sound, one use, two minutes, case, limits."""

import asyncio
import base64
import io
import wave

import pytest
from PIL import Image

from mshield.domain import errors
from mshield.keys.keyring import Keyring
from mshield.services.accounts.captcha import ALPHABET, LENGTH, Captchas, answer_of
from mshield.settings import Settings
from mshield.store.database.interface import Database
from tests.support.clock import Clock

ADDRESS = "192.0.2.7"


@pytest.fixture
def captchas(db: Database, keyring: Keyring) -> Captchas:
    return Captchas(db, keyring, Settings())


async def _new(captchas: Captchas, clock: Clock) -> tuple[str, str]:
    made = await captchas.new(address=ADDRESS, now=clock())
    return made.id, answer_of(captchas.keyring, made.id, now=clock())


async def test_a_picture_whose_id_hides_the_answer(captchas: Captchas, clock: Clock) -> None:
    made = await captchas.new(address=ADDRESS, now=clock())
    with Image.open(io.BytesIO(made.image)) as image:
        assert (image.format, image.size) == ("PNG", (160, 60))
    answer = answer_of(captchas.keyring, made.id, now=clock())
    assert len(answer) == LENGTH
    assert set(answer) <= set(ALPHABET)
    assert not set(ALPHABET) & set("0OQ1IL2Z5S8BG")
    assert answer.encode() not in base64.urlsafe_b64decode(made.id + "=" * (-len(made.id) % 4))
    assert len(made.id) <= 200


async def test_answers_and_ids_differ(captchas: Captchas, clock: Clock) -> None:
    made = [await _new(captchas, clock) for _ in range(20)]
    assert len({captcha_id for captcha_id, _ in made}) == 20
    assert len({answer for _, answer in made}) > 15


async def test_a_sound(captchas: Captchas, clock: Clock) -> None:
    captcha_id, answer = await _new(captchas, clock)
    sound = await captchas.audio(captcha_id, address=ADDRESS, now=clock())
    with wave.open(io.BytesIO(sound)) as file:
        assert file.getnframes() > file.getframerate()
    await captchas.use(captcha_id, answer, now=clock())


async def test_either_case_and_blanks_around(captchas: Captchas, clock: Clock) -> None:
    for change in (str.lower, str.upper, lambda text: f" {text}\n"):
        captcha_id, answer = await _new(captchas, clock)
        await captchas.use(captcha_id, change(answer), now=clock())


async def test_one_use_right_or_wrong(captchas: Captchas, clock: Clock) -> None:
    captcha_id, answer = await _new(captchas, clock)
    await captchas.use(captcha_id, answer, now=clock())
    with pytest.raises(errors.CaptchaWrong):
        await captchas.use(captcha_id, answer, now=clock())
    captcha_id, answer = await _new(captchas, clock)
    for given in ("????", answer):
        with pytest.raises(errors.CaptchaWrong):
            await captchas.use(captcha_id, given, now=clock())


async def test_used_in_parallel_it_serves_once(captchas: Captchas, clock: Clock) -> None:
    captcha_id, answer = await _new(captchas, clock)
    uses = (captchas.use(captcha_id, answer, now=clock()) for _ in range(20))
    results = await asyncio.gather(*uses, return_exceptions=True)
    assert results.count(None) == 1


async def test_another_spelling_of_the_id_is_the_same_captcha(captchas: Captchas, clock: Clock) -> None:
    captcha_id, answer = await _new(captchas, clock)
    await captchas.use(captcha_id, answer, now=clock())
    for other in (captcha_id + "=", captcha_id + "==", captcha_id[:-1] + chr(ord(captcha_id[-1]) + 1)):
        with pytest.raises(errors.CaptchaWrong):
            await captchas.use(other, answer, now=clock())


async def test_two_minutes(captchas: Captchas, clock: Clock) -> None:
    captcha_id, answer = await _new(captchas, clock)
    clock.advance(seconds=120)
    with pytest.raises(errors.CaptchaWrong):
        await captchas.use(captcha_id, answer, now=clock())
    with pytest.raises(errors.NotFound):
        answer_of(captchas.keyring, captcha_id, now=clock())
    with pytest.raises(errors.NotFound):
        await captchas.audio(captcha_id, address=ADDRESS, now=clock())


@pytest.mark.parametrize(
    "captcha_id", ["", "x", "AAAA", "A" * 200, "A" * 100_000, "中文", "\ud800", "a\x00", "%00", "=="]
)
async def test_made_up_ids(captchas: Captchas, clock: Clock, captcha_id: str) -> None:
    with pytest.raises(errors.CaptchaWrong):
        await captchas.use(captcha_id, "ABCD", now=clock())
    with pytest.raises(errors.NotFound):
        await captchas.audio(captcha_id, address=ADDRESS, now=clock())


async def test_boxes_of_another_purpose_are_no_captchas(captchas: Captchas, clock: Clock) -> None:
    box = captchas.keyring.seal((clock() + 1000).to_bytes(8, "big") + b"ABCD", purpose="other", context=b"")
    captcha_id = base64.urlsafe_b64encode(box).rstrip(b"=").decode()
    with pytest.raises(errors.CaptchaWrong):
        await captchas.use(captcha_id, "ABCD", now=clock())


async def test_so_many_a_minute_from_one_address(db: Database, keyring: Keyring, clock: Clock) -> None:
    settings = Settings(captchas_per_address=3, captcha_audios_per_address=1)
    captchas = Captchas(db, keyring, settings)
    captcha_id, _ = await _new(captchas, clock)
    await captchas.audio(captcha_id, address=ADDRESS, now=clock())
    with pytest.raises(errors.TooManyRequests):
        await captchas.audio(captcha_id, address=ADDRESS, now=clock())
    for _ in range(2):
        await _new(captchas, clock)
    with pytest.raises(errors.TooManyRequests):
        await _new(captchas, clock)
    await captchas.new(address="192.0.2.8", now=clock())
    clock.advance(seconds=60)
    await _new(captchas, clock)
