#!/usr/bin/env python3
"""locations.py INSPECTED.ndjson: prints file, latitude and longitude, tab-separated, for the judge."""
import json
import os
import sys

for line in open(sys.argv[1]):
    image = json.loads(line)
    place = image["location"]
    pair = (f"{place['latitude']:.7f}", f"{place['longitude']:.7f}") if place else ("none", "none")
    print(os.path.basename(image["file"]), *pair, sep="\t")
