"""What staff do with business systems (业务系统) at the console: the systems, their webhooks, their views."""
