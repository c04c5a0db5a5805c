"""Start a mock with one fault in it."""

import sys

from mockserver.cli import main
from tests.faults import FAULTS
from tests.faults.seams import brisk_jobs

if len(sys.argv) < 2:
    for fault in FAULTS.values():
        print(f"{fault.name:28} {fault.rule}  {fault.sentence}")
    sys.exit(0)
if sys.argv[1] not in FAULTS:
    sys.exit(f"there is no fault {sys.argv[1]}; python -m tests.faults lists them")
FAULTS[sys.argv.pop(1)].apply()
brisk_jobs()
main()
