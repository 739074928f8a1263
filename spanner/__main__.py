"""`python -m spanner` is the same as `spanner`."""

from spanner.cli.main import main

if __name__ == "__main__":
    main()
