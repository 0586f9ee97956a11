"""`python -m numink` is `numink`."""

from numink.cli.main import main

if __name__ == "__main__":
    main()
