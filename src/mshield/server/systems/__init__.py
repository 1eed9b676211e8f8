"""Business systems (业务系统): registration, authentication, views, and webhooks about ended requests."""
