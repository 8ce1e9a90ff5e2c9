#!/usr/bin/env bash
# Installs the wheel with the lowest versions that pyproject.toml allows, and with the newest, and
# runs the demo with each: the list must be the same, and every file that differs is named. With the
# lowest versions the tests of what computes and reads run as well. Needs uv and a network.
# Arguments are versions of Python; without any, the oldest and the newest.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
[ $# -gt 0 ] || set -- 3.11 3.14

uv build --quiet --out-dir "$work/dist" "$root"
for python in "$@"; do
  for resolution in lowest-direct highest; do
    where="$work/$python-$resolution"
    uv venv --quiet --python "$python" "$where"
    # Resolved from the project: what a wheel asks for is not direct, and would be the newest.
    uv pip compile --quiet --python-version "$python" --resolution "$resolution" \
      "$root/pyproject.toml" --output-file "$where.txt" >/dev/null
    uv pip sync --quiet --python "$where/bin/python" "$where.txt"
    # The wheel with the lowest versions, and with the newest what is built from the sdist.
    case $resolution in lowest-direct) built=("$work"/dist/*.whl) ;; *) built=("$work"/dist/*.tar.gz) ;; esac
    uv pip install --quiet --no-deps --python "$where/bin/python" "${built[@]}"
    (cd "$work" && "$where/bin/riskindex" demo "$where/demo" --quiet)
    sha256sum "$where/demo/result/top_areas.csv" | cut -d' ' -f1 >> "$work/lists"
    echo "$python, $resolution: $(tail -n 1 "$work/lists")"
  done
  low="$work/$python-lowest-direct"
  diff -rq "$low/demo/result" "$work/$python-highest/demo/result" || true
  uv pip install --quiet --python "$low/bin/python" --constraint "$low.txt" --group "$root/pyproject.toml:test"
  # Old libraries warn of new ones, which is theirs to mend.
  (cd "$work" && "$low/bin/python" -m pytest -q -p no:cacheprovider --rootdir "$root" \
    --config-file "$root/pyproject.toml" -W default "$root"/tests/{statistics,index,files})
done
[ "$(sort -u "$work/lists" | wc -l)" = 1 ] || { echo "The lists differ." >&2; exit 1; }
echo "The same list everywhere."
