"""Say whether the branches of the pure rooms (protocols, rules) are covered: branch_coverage.py PERCENT.

Reads the `.coverage` file of the last run; prints the rooms, then each module below the threshold.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

from coverage import Coverage

ROOMS = ("protocols", "rules")


def measure() -> dict[str, tuple[int, int]]:
    """Covered and existing branches by module path; a module never run counts one branch, not covered."""
    coverage = Coverage()
    coverage.load()
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "coverage.json"
        coverage.json_report(outfile=str(report))
        files = json.loads(report.read_text("utf-8"))["files"]
    found = {}
    for path, body in files.items():
        summary = body["summary"]
        idle = bool(summary["num_statements"]) and not summary["covered_lines"]
        found[path] = (summary.get("covered_branches", 0), summary.get("num_branches", 0) + idle)
    return found


def main(threshold: float) -> int:
    """Print the table; 1 when a room is under the threshold, in percent."""
    modules = measure()
    low = False
    for room in ROOMS:
        counts = [pair for path, pair in modules.items() if f"/ecluse/{room}/" in f"/{path}"]
        covered, total = sum(pair[0] for pair in counts), sum(pair[1] for pair in counts)
        percent = 100 * covered / total if total else 0.0
        low = low or percent < threshold
        print(f"{room:<10} {covered:>6} of {total:>6} branches  {percent:6.2f} %  (at least {threshold:g} %)")
    if low:
        for path, (covered, total) in sorted(modules.items()):
            if total and 100 * covered / total < threshold:
                print(f"  {path}: {covered} of {total}")
    return 1 if low else 0


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1])))
