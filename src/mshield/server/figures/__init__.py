"""Figures, jobs and alarms for operators of the service."""
