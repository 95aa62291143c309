"""python -m humanseg, the same as humanseg."""

import sys

from humanseg.cli import main

if __name__ == "__main__":
    sys.exit(main())
