#!/usr/bin/env bash
# Installs the wheel with the lowest versions that pyproject.toml allows, and with the newest, and
# runs the demo with each: the list must be the same. Needs uv and a network.
# Arguments are versions of Python; without any, the oldest and the newest.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

uv build --quiet --out-dir "$work/dist" "$root"
for python in "${@:-3.11}"; do
  for resolution in lowest-direct highest; do
    where="$work/$python-$resolution"
    uv venv --quiet --python "$python" "$where"
    uv pip install --quiet --python "$where/bin/python" --resolution "$resolution" "$work"/dist/*.whl
    (cd "$work" && "$where/bin/riskindex" demo "$where/demo" --quiet)
    sha256sum "$where/demo/result/top_areas.csv" | cut -d' ' -f1 >> "$work/lists"
    echo "$python, $resolution: $(tail -n 1 "$work/lists")"
  done
done
[ "$(sort -u "$work/lists" | wc -l)" = 1 ] || { echo "The lists differ." >&2; exit 1; }
echo "The same list everywhere."
