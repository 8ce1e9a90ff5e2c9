#!/usr/bin/env bash
# Branch coverage of the rooms in which a fault harms people, each by its own tests alone, as a table.
# Arguments are names of rooms; without any: statistics hotspots index uncertainty publication.
set -euo pipefail
cd "$(dirname "$0")/../.."
python=${PYTHON:-.venv-tests/bin/python}
export COVERAGE_FILE
COVERAGE_FILE=$(mktemp)
trap 'rm -f "$COVERAGE_FILE"' EXIT

echo "| room | lines | branches | covered |"
echo "|:--|--:|--:|--:|"
[ $# -gt 0 ] || set -- statistics hotspots index uncertainty publication
for room in "$@"; do
  "$python" -m coverage run --branch --source="riskindex/$room" -m pytest -q -n 0 -p no:cacheprovider "tests/$room" >/dev/null
  "$python" -m coverage json -q -o - | "$python" -c '
import json, sys
total = json.load(sys.stdin)["totals"]
lines, branches, share = total["num_statements"], total["num_branches"], total["percent_covered"]
print(f"| {sys.argv[1]} | {lines:,} | {branches:,} | {share:.1f}% |")' "$room"
done
