"""Certificates, requests, CRL, OCSP and CMS for SM2: bytes in, bytes out.

Imports only `gm`; no file, network, clock or random source is touched here.
"""
