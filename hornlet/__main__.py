"""`python -m hornlet`."""

import sys

from hornlet.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
