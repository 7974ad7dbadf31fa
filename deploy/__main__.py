"""`python3 -m deploy COMMAND`: what the Makefile calls."""

import sys

if sys.version_info < (3, 11):  # noqa: UP036  before anything that an older Python cannot read
    sys.exit("envmap needs Python 3.11 or newer; this is %d.%d." % sys.version_info[:2])  # noqa: UP031

from deploy.cli import main

sys.exit(main(sys.argv[1:]))
