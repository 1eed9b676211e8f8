"""OpenID Connect: clients, authorizations, keys."""
