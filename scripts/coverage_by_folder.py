#!/usr/bin/env python3
"""Prints line coverage by folder from gcovr's JSON summary of one build directory."""
import collections
import json
import subprocess
import sys


def main() -> int:
    if len(sys.argv) != 2:
        print("usage: coverage_by_folder.py BUILD_DIRECTORY", file=sys.stderr)
        return 2
    report = subprocess.run(
        ["gcovr", "--json-summary", "-", "--root", ".", "--object-directory", sys.argv[1],
         "--exclude", "tests/", "--exclude", "bench/", "--exclude", "build/",
         "--gcov-ignore-parse-errors"],
        check=True, capture_output=True, text=True).stdout
    folders = collections.defaultdict(lambda: [0, 0])
    for file in json.loads(report)["files"]:
        folder = file["filename"].rpartition("/")[0]
        folders[folder][0] += file["line_covered"]
        folders[folder][1] += file["line_total"]
    total = [sum(column) for column in zip(*folders.values())] or [0, 0]
    for folder, (covered, lines) in [*sorted(folders.items()), ("total", total)]:
        print(f"{folder:32} {covered:6} of {lines:6} lines  {100 * covered / max(lines, 1):5.1f} %")
    return 0


if __name__ == "__main__":
    sys.exit(main())
