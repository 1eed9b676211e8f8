"""The commands of `mshield`: a file or folder each, with a click command or group called `command`.

The module's name is the command's. `mshield.cli.main` imports it only when the command is called, so a client-only
install never needs the server's packages. Shared code is in `parts`.
"""
