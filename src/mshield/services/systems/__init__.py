"""Business systems (业务系统): registered, authenticated, and told of a request's end."""
