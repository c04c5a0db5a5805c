"""Start a mock that is legal and otherwise."""

import sys

from mockserver.cli import main
from tests.faults.seams import brisk_jobs
from tests.variants import VARIANTS

if len(sys.argv) < 2:
    for variant in VARIANTS.values():
        print(f"{variant.name:18} {variant.sentence}")
    sys.exit(0)
names = sys.argv.pop(1).split(",")
for name in names:
    if name not in VARIANTS:
        sys.exit(f"there is no variant {name}; python -m tests.variants lists them")
    VARIANTS[name].apply()
brisk_jobs()
main()
