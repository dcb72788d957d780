"""`python -m ecluse` is the command `ecluse`."""

from ecluse.main.command_line import main

if __name__ == "__main__":
    main()
