"""Keys at rest: the master key, what it seals, and the certificate authority's keys."""
