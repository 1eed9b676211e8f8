"""The service: shared basis, subjects, HTTP interface and commands."""
