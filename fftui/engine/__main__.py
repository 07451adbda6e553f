"""`python -m fftui.engine FOLDER`."""

import sys

from fftui.engine.process import main

sys.exit(main())
