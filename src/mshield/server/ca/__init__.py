"""Certificate authority: creation, renewal, revocation, state."""
