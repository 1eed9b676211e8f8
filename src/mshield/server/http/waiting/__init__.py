"""Calls that wait for a request at little cost, answered as a long poll or as a stream of events."""
