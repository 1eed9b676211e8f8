"""Business systems and their webhooks."""
