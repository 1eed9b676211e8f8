"""The development gateway's outbox."""

from mshield.server.notices.external.sms import OUTBOX_SIZE, REDACTED, DevelopmentSms, SmsMessage

PHONE = "13800006027"


def _message(code: str, *, phone: str = PHONE, at: int = 0) -> SmsMessage:
    return SmsMessage(phone=phone, text=f"验证码 {code}，请勿告诉他人", code=code, purpose="register", at=at)


async def test_messages_are_listed_newest_first() -> None:
    sms = DevelopmentSms()
    await sms.send(_message("111111", at=1))
    await sms.send(_message("222222", at=2))
    assert [message.code for message in sms.messages()] == ["222222", "111111"]


async def test_a_used_code_is_blanked_in_text_and_field() -> None:
    sms = DevelopmentSms()
    await sms.send(_message("111111"))
    await sms.send(_message("111111", phone="13900000000"))
    sms.forget(PHONE, "111111")
    other, ours = sms.messages()
    assert ours.code == REDACTED
    assert "111111" not in repr(ours)
    assert other.code == "111111"


async def test_outbox_keeps_the_last_hundred() -> None:
    sms = DevelopmentSms()
    for number in range(OUTBOX_SIZE + 5):
        await sms.send(_message(f"{number:06d}"))
    assert len(sms.messages()) == OUTBOX_SIZE
    assert sms.messages()[-1].code == "000005"
