"""`python -m mshield.demo`: see `--help`."""

from mshield.demo.run import main

if __name__ == "__main__":
    main()
