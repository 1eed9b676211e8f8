"""Values that a business system reads from the address that the phone app opened (R13)."""

import pytest

from mshield.client import ClientError, ProtocolError, read_return

BACK = "https://palm.example/signed?from=shield&request=r1&state=signed&return_code=c1"


def test_r13_return_code_is_read_and_hidden_in_repr() -> None:
    returned = read_return(BACK, request_id="r1")
    assert (returned.request_id, returned.state, returned.return_code) == ("r1", "signed", "c1")
    assert "c1" not in repr(returned)


@pytest.mark.parametrize("state", ["declined", "expired", "cancelled"])
def test_r13_other_states_have_no_code(state: str) -> None:
    returned = read_return(f"palmcustoms://signed?request=r1&state={state}", request_id="r1")
    assert (returned.state, returned.return_code) == (state, None)


@pytest.mark.parametrize("own", [None, "", "r2", "r11"])
def test_r13_session_accepts_only_its_own_request(own: str | None) -> None:
    with pytest.raises(ClientError) as refused:
        read_return(BACK, request_id=own)
    assert refused.value.code == "other_session"


@pytest.mark.parametrize(
    "query",
    [
        "",
        "request=r1",
        "state=signed&return_code=c1",
        "request=r1&state=signed",
        "request=r1&state=waiting",
        "request=r1&state=declined&return_code=c1",
        "request=r1&request=r2&state=declined",
    ],
)
def test_r13_other_addresses_are_malformed(query: str) -> None:
    with pytest.raises(ProtocolError) as refused:
        read_return(f"https://palm.example/signed?{query}", request_id="r1")
    assert refused.value.code == "malformed"
