"""A Single Window (国际贸易单一窗口) in miniature: an example of a business system behind the shield.

It uses only `mshield.client` of Mobile Shield. README.md explains how to run it and which lines to copy.
"""
