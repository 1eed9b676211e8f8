"""How long what is kept (保存期限)."""
