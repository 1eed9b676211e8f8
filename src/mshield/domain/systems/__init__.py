"""Business systems: what they register, OpenID Connect, webhooks, addresses that lead back."""
