"""`python -m codeopt`."""

from codeopt.cli import main

if __name__ == "__main__":
    main()
