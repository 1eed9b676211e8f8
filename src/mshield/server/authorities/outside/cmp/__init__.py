"""Certificate Management Protocol (RFC 9810, profile RFC 9483) as the registration authority speaks it."""
