"""Business systems, their views, and their webhooks."""
