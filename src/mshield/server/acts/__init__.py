"""Recorded acts (操作) of staff and commands, and approvals by two people."""
