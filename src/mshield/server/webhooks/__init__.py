"""Webhooks (回调): endpoints of business systems for ended requests, and deliveries."""
