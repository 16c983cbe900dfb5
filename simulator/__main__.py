"""`python -m simulator` is the command `assistants-simulator`."""

from .cli import main

if __name__ == "__main__":
    main()
