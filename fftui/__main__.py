"""`python -m fftui` is the `fftui` command."""

import sys

from fftui.cli import main

sys.exit(main())
