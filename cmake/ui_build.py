#!/usr/bin/env python3
"""ui_build.py NPM UI OUT: `npm run build` in UI, unless OUT is newer than all of UI. Several builds of one checkout share OUT: they take
turns. A page that cannot be built fails only when there is no older one."""
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
        done = subprocess.run([npm, "run", "--silent", "build"], cwd=ui)
        if done.returncode != 0:
            print("the page could not be built" + ("; the older one is taken" if built else ""), file=sys.stderr)
            sys.exit(0 if built else 1)
