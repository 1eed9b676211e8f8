"""Mobile Shield (手机盾): SM2 certificates in anyone's phone, co-signed by phone and server."""
