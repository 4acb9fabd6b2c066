"""A conductor or worker process of a run: `python3 -m halftime.worker`, started by the program with the bus as descriptor 3."""
import sys

BUS_FD = 3


def main():
    # Importing locust patches the standard library for gevent, which must come before everything else that is imported.
    from locust._host import Host

    from . import _native

    code = _native.serve(BUS_FD, Host)
    sys.stdout.flush()
    sys.stderr.flush()
    return code


if __name__ == "__main__":
    # The package is the module of this name for those who import it; not __main__ a second time.
    sys.modules.setdefault("halftime.worker", sys.modules["__main__"])
    sys.exit(main())
