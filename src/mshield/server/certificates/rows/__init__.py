"""Certificates: enrolment, issuing, changes, renewals, bindings, search."""
