"""Staff, their access, sessions and factors, acts and approvals."""
