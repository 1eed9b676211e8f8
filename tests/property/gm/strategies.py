"""Strategies for the properties: scalars with edge cases, points of known logarithm, digests."""

from hypothesis import strategies as st

from mshield.gm.curve import N

EDGES = (1, 2, 3, N - 1, N - 2, N // 2, (N + 1) // 2, 1 << 128, (1 << 255) - 1)

scalars = st.sampled_from(EDGES) | st.integers(min_value=1, max_value=N - 1)
residues = st.just(0) | scalars
digests = st.sampled_from((bytes(32), b"\xff" * 32, N.to_bytes(32, "big"))) | st.binary(
    min_size=32, max_size=32
)
ids = st.binary(min_size=16, max_size=16)
epochs = st.integers(min_value=0, max_value=(1 << 32) - 1)
values_256 = st.integers(min_value=0, max_value=(1 << 256) - 1)
