"""`python -m capwright` is the command `capwright`."""

from capwright.cli import main

main()
