"""Staff of the service's operator: logins, second factors, changes, approvals by a second member."""
