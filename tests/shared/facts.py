#!/usr/bin/env python3
"""facts.py INSPECTED.ndjson PUBLIC.tsv: compares when and how exactly pictures were taken, and the names of
places, with what exiftool read of the same files; prints what differs and ends with 1 if anything does."""
import csv
import json
import os
import re
import sys

NAMES = ("City", "State", "Province-State", "Country", "Country-PrimaryLocationName", "Location", "Sub-location")


def expected_time(row):
    match = re.fullmatch(r"(\d{4}):(\d\d):(\d\d) (\d\d:\d\d:\d\d)([+-]\d\d:\d\d)?", row["date_original"])
    return match and "{}-{}-{}T{}".format(*match.groups()[:4]), match and match[5] or ""


def differences(image, row):
    location = image["location"] or {"latitude": None, "accuracy_m": None, "place": None}
    time, offset = expected_time(row)
    found = image["captured_at"] or ""
    if time:
        yield "time", f"{time}{offset}" if found[:19] != time or not found.endswith(offset) else None
    if re.fullmatch(r"[\d.]+", row["hpos_err"]) and location["latitude"] is not None:
        error = float(row["hpos_err"])
        is_found = location["accuracy_m"] is not None and abs(location["accuracy_m"] - error) <= 1e-3 * error
        yield "accuracy", None if is_found else error
    names = [part.split("=")[0] for part in row["place_text"].split("; ")]
    if location["latitude"] is None and any(name in NAMES for name in names):
        yield "place", None if location["place"] else row["place_text"]


def main():
    rows = {row["file"]: row for row in csv.DictReader(open(sys.argv[2]), delimiter="\t")}
    compared, wrong = {"time": 0, "accuracy": 0, "place": 0}, 0
    for line in open(sys.argv[1]):
        image = json.loads(line)
        name = os.path.basename(image["file"])
        if image["status"] != "stored" or name not in rows:
            continue
        for what, expected in differences(image, rows[name]):
            compared[what] += 1
            if expected is not None:
                wrong += 1
                print(f"  {name}: {what} {expected} is not found: {image['captured_at']}, {image['location']}")
    print("facts: " + ", ".join(f"{count} of {what}" for what, count in compared.items()) + f" compared, {wrong} wrong")
    sys.exit(wrong > 0 or not all(compared.values()))


main()
