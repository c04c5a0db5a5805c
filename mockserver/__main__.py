"""`python -m mockserver` is `nexus-mock`."""

from mockserver.cli import main

main()
