"""Palm customs (掌上海关) in miniature: a mobile page that opens the shield's app to log in and to sign, and gets back.

It uses `mshield.client` and nothing else of Mobile Shield. README.md says how to run it and which lines to copy.
"""
