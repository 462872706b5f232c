#!/usr/bin/env python3
"""facts.py INSPECTED.ndjson PUBLIC.tsv: compares when and how exactly pictures were taken, and the names of
places, with what exiftool read of the same files; prints what differs and ends with 1 if anything does."""
import csv
import json
import os
import re
import sys

NAMES = ("City", "State", "Province-State", "Country", "Country-PrimaryLocationName", "Location", "Sub-location")
LONGEST = 200  # Of what the table has of texts.
LEAST = {"time": 115, "offset": 38, "accuracy": 8, "place": 16}  # Of each there are so many to compare.


def expected_time(row):
    match = re.fullmatch(r"(\d{4}):(\d\d):(\d\d) (\d\d:\d\d:\d\d)(\.\d+)?([+-]\d\d:\d\d|Z)?", row["date_original"])
    return match and ("{}-{}-{}T{}".format(*match.groups()[:4]), match[5] or "", match[6] or "")


def found_time(image):
    match = re.fullmatch(r"(.{19})(\.\d+)?([+-]\d\d:\d\d|Z)?", image["captured_at"] or "")
    return match and (match[1], match[2] or "", match[3] or "")


def plain(name):
    """ASCII only: exiftool was not told of all encodings."""
    return re.sub(r"[^A-Za-z0-9]", "", name)


def differences(image, row):
    """Pairs of what was compared and what was expected, or None where that was found."""
    location = image["location"] or {"latitude": None, "accuracy_m": None, "place": None}
    time, found = expected_time(row), found_time(image)
    if time:
        # The fraction may stand in a field of its own, which exiftool was not asked for.
        is_found = found and time[0] == found[0] and (not time[1] or float(time[1]) == float(found[1] or 0))
        yield "time", None if is_found else time
        if time[2]:
            yield "offset", None if found and time[2] == found[2] else time
    if re.fullmatch(r"[\d.]+", row["hpos_err"]) and location["latitude"] is not None:
        error = float(row["hpos_err"])
        is_found = location["accuracy_m"] is not None and abs(location["accuracy_m"] - error) <= 1e-3 * error
        yield "accuracy", None if is_found else error
    texts = dict(part.split("=", 1) for part in row["place_text"].split("; ") if "=" in part)
    if location["latitude"] is None and any(name in NAMES for name in texts):
        known = "".join(map(plain, texts.values()))
        is_cut = len(row["place_text"]) >= LONGEST
        parts = [plain(part) for part in (location["place"] or "").split(", ")]
        yield "place", None if parts != [""] and (is_cut or all(part in known for part in parts)) else row["place_text"]


def main():
    rows = {row["file"]: row for row in csv.DictReader(open(sys.argv[2]), delimiter="\t")}
    compared, wrong = dict.fromkeys(LEAST, 0), 0
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
    sys.exit(wrong > 0 or any(compared[what] < least for what, least in LEAST.items()))


main()
