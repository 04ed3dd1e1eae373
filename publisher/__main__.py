"""`python -m publisher`."""

from publisher.cli import run

if __name__ == "__main__":
    run()
