"""`pucci` and `python -m pucci`."""

from pucci.cli import main

if __name__ == "__main__":
    main()
