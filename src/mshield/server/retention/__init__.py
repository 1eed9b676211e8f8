"""Retention periods (保存期限) of all data, and their deletion, erasure and archiving."""
