"""Start a mock with one fault in it, or, with `healthy`, one that differs from them by its fault alone."""

import sys

from mockserver.cli import main
from tests.faults import FAULTS, HEALTHY
from tests.faults.seams import brisk_jobs

if len(sys.argv) < 2:
    for fault in FAULTS.values():
        print(f"{fault.name:28} {fault.rule}  {fault.sentence}")
    sys.exit(0)
if sys.argv[1] not in {*FAULTS, HEALTHY}:
    sys.exit(f"there is no fault {sys.argv[1]}; python -m tests.faults lists them")
if (name := sys.argv.pop(1)) != HEALTHY:
    FAULTS[name].apply()
brisk_jobs()
main()
