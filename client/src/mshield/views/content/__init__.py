"""Strict readers of content, XML and JSON, into the tree that views use."""
