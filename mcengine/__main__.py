"""`python -m mcengine`: the same as the command `mcengine`."""

from __future__ import annotations

import sys

from mcengine.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
