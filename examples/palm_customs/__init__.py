"""Palm customs (掌上海关) in miniature: a mobile page that opens the shield's app for login and signing.

It uses only `mshield.client` of Mobile Shield. README.md explains how to run it and which lines to copy.
"""
