"""The certificate authority: made, renewed, revoked, and how it stands."""
