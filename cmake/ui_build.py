#!/usr/bin/env python3
"""ui_build.py NPM UI OUT: `npm run build` in UI, unless OUT is newer than all of UI. Several builds of one checkout share OUT: they take
turns. Without ui/node_modules they are installed first (npm ci); where that is not possible, away from any network, the older page is taken,
or none: the program then has a plain page that says how to get it."""
import fcntl
import os
import subprocess
import sys

npm, ui, out = sys.argv[1:]


def newest(folder, skip=()):
    latest = 0.0
    for where, folders, files in os.walk(folder):
        folders[:] = [f for f in folders if f not in skip]
        latest = max([latest] + [os.path.getmtime(os.path.join(where, f)) for f in files])
    return latest


os.makedirs(out, exist_ok=True)
with open(out + ".lock", "w") as lock:
    fcntl.flock(lock, fcntl.LOCK_EX)
    index = os.path.join(out, "index.html")
    built = os.path.getmtime(index) if os.path.exists(index) else 0
    if built < newest(ui, {"node_modules", "dist", "test", "dev"}):
        if not os.path.isdir(os.path.join(ui, "node_modules")):
            installed = subprocess.run([npm, "ci", "--silent", "--no-audit", "--no-fund"], cwd=ui)
            if installed.returncode != 0:
                print("warning: the page is not built: npm ci failed (tools/setup tries again)", file=sys.stderr)
                sys.exit(0)
        done = subprocess.run([npm, "run", "--silent", "build"], cwd=ui)
        if done.returncode != 0:
            sys.exit("the page could not be built")
