"""`python -m tests.judge.mute`: a mock that sends to public addresses alone, and so never to the judge."""

from mockserver import app
from mockserver.cli import main
from mockserver.webhooks.addresses import public_addresses
from mockserver.webhooks.sender import Sender
from tests.faults.seams import replace

if __name__ == "__main__":
    replace(app, "Sender", lambda _: Sender(public_addresses))
    main()
