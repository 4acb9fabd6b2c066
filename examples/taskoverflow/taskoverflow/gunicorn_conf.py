"""gunicorn's settings; how many workers and threads stands on the command line that `up` writes."""
preload_app = True  # import once, fork after: sixteen workers start as fast as one
backlog = 2048
timeout = 120
graceful_timeout = 5
worker_tmp_dir = "/dev/shm"
control_socket_disable = True  # it would lie in the home folder


def post_fork(server, worker):
    from taskoverflow import flask_app

    flask_app.begin()


def child_exit(server, worker):
    from prometheus_client import multiprocess

    multiprocess.mark_process_dead(worker.pid)
