"""Notices (通知) by SMS and push, and the log of SMS sent."""
