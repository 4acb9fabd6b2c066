#!/usr/bin/env python3
"""ui_embed.py FOLDER OUT.c: the files of the built page, gzipped, as the table web_assets (src/web/web_assets.h)."""
import gzip
import os
import sys

TYPES = {
    ".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".svg": "image/svg+xml",
    ".png": "image/png", ".ico": "image/x-icon", ".woff2": "font/woff2", ".json": "application/json", ".txt": "text/plain; charset=utf-8",
    ".webmanifest": "application/manifest+json",
}
FILES_MAX, BYTES_MAX = 200, 8 << 20

folder, out = sys.argv[1:]
rows, arrays, total = [], [], 0
found = sorted(os.path.relpath(os.path.join(where, name), folder) for where, _, names in os.walk(folder) for name in names)
for path in found:
    kind = TYPES.get(os.path.splitext(path)[1])
    if not kind or path.endswith(".map"):
        continue
    with open(os.path.join(folder, path), "rb") as f:
        plain = f.read()
    packed = gzip.compress(plain, 9, mtime=0)
    total += len(packed)
    arrays.append(f"static const unsigned char asset_{len(rows)}[] = {{{','.join(map(str, packed))}}};")
    rows.append(f'    {{"/{path}", "{kind}", asset_{len(rows)}, {len(packed)}, {len(plain)}}},')
if len(rows) > FILES_MAX or total > BYTES_MAX:
    sys.exit(f"{folder}: {len(rows)} files with {total} bytes; the limits are {FILES_MAX} and {BYTES_MAX}")
os.makedirs(os.path.dirname(out), exist_ok=True)
with open(out, "w") as f:
    f.write("/* made by cmake/ui_embed.py */\n#include \"web/web_assets.h\"\n\n" + "\n".join(arrays) +
            "\n\nconst struct web_asset web_assets[] = {\n" + "\n".join(rows) + "\n    {0},\n};\n")
