"""`python -m archc`: the same as `archc`."""

from .cli.main import main

if __name__ == "__main__":
    main()
