"""R20: cards, USB keys and shields are equal; holders of a card may apply."""

from tests.support.application import Application


def test_r20_no_call_has_a_field_for_cards(application: Application) -> None:
    """Holders of a card or a USB key apply like everybody else: no call has a field for it."""
    document = application.app.state.documents.of()
    fields = {
        name.lower()
        for schema in document["components"]["schemas"].values()
        for name in schema.get("properties", {})
    }
    assert len(fields) > 50
    assert not {name for name in fields if any(word in name for word in ("card", "usb", "ukey"))}
