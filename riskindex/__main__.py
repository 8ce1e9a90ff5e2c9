"""`python -m riskindex` is the same as `riskindex`."""

from riskindex.cli import main

main()
