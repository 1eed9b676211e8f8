"""Distributed tracing: the trace of each call, and its span for a collector."""
