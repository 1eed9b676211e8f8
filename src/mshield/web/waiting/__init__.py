"""Calls that wait for a request: held lean, answered as a long poll or as a stream of events."""
