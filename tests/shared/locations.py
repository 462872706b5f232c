#!/usr/bin/env python3
"""locations.py INSPECTED.ndjson: prints file, latitude and longitude, tab-separated, for the judge."""
import json
import os
import sys

for line in open(sys.argv[1]):
    image = json.loads(line)
    place = image["location"]
    has_coordinates = place and place["latitude"] is not None
    pair = (f"{place['latitude']:.7f}", f"{place['longitude']:.7f}") if has_coordinates else ("none", "none")
    print(os.path.basename(image["file"]), *pair, sep="\t")
