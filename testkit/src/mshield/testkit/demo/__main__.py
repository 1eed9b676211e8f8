"""`python -m mshield.testkit.demo`: see `--help`."""

from mshield.testkit.demo.run import main

if __name__ == "__main__":
    main()
