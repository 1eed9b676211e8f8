"""What several commands share: output in two languages, text from outside, the option `--source`."""
