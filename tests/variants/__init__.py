"""Legal variants of the mock, for the judge to accuse of nothing: one for each choice, and some that need none.

`python -m tests.variants NAME,… [OPTIONS OF nexus-mock]` starts a mock that is so; `python -m tests.variants` lists them.
"""

from tests.variants import chosen, odd
from tests.variants.registry import VARIANTS

__all__ = ["VARIANTS", "chosen", "odd"]
