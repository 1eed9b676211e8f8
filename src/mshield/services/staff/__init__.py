"""Staff of the organisation that runs the service: logins, factors, changes, approvals by two."""
