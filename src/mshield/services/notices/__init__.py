"""Notices (通知) by SMS, and the record of what was sent."""
