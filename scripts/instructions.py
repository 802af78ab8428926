#!/usr/bin/env python3
"""Counts the instructions of the hot path under callgrind and compares them with benches/instructions.json.

usage: instructions.py [--record]

Instructions do not depend on the clock or on other work on the machine, so three per cent more than recorded is a regression and
fails; three per cent less asks to be recorded. Needs valgrind.
"""
import json
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
RECORD = ROOT / "benches" / "instructions.json"
PATHS = {"uniform": "hotpath::single", "border": "hotpath::single", "batched": "hotpath::batched"}
QUESTIONS = 20_000
TOLERANCE = 0.03


def count(binary, name, function):
    with tempfile.NamedTemporaryFile() as out:
        run = subprocess.run(
            ["valgrind", "--tool=callgrind", f"--toggle-collect={function}*", f"--callgrind-out-file={out.name}", binary, name],
            capture_output=True, text=True, check=True,
        )
    collected = re.search(r"Collected : (\d+)", run.stderr)
    return round(int(collected.group(1)) / QUESTIONS, 1)


def main():
    subprocess.run(["cargo", "build", "--release", "-p", "cordon-benches", "--bin", "hotpath"], cwd=ROOT, check=True)
    target = json.loads(
        subprocess.run(["cargo", "metadata", "--format-version", "1", "--no-deps"], cwd=ROOT, check=True, capture_output=True).stdout
    )["target_directory"]
    counted = {name: count(f"{target}/release/hotpath", name, function) for name, function in PATHS.items()}
    if "--record" in sys.argv:
        RECORD.write_text(json.dumps(counted, indent=2) + "\n")
    recorded = json.loads(RECORD.read_text())
    failed = False
    for name, instructions in counted.items():
        change = instructions / recorded[name] - 1
        failed |= abs(change) > TOLERANCE
        print(f"{name:<10}{instructions:>10} instructions a question, recorded {recorded[name]}, {change:+.1%}")
    sys.exit(failed)


main()
