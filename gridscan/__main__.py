"""``python -m gridscan`` is ``gridscan``."""

from gridscan.cli import main

main(prog_name="gridscan")
