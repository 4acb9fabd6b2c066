"""Statistics as CSV rows and files, for locustfiles that write their own."""
import csv
import datetime
import os
import time

import gevent

from . import stats as module


class StatsCSV:
    """Writes the three tables to csv writers."""

    def __init__(self, environment, percentiles_to_report):
        self.environment = environment
        self.percentiles_to_report = percentiles_to_report
        percentiles = module.get_readable_percentiles(percentiles_to_report)
        self.requests_csv_columns = [
            "Type", "Name", "Request Count", "Failure Count", "Median Response Time", "Average Response Time",
            "Min Response Time", "Max Response Time", "Average Content Size", "Requests/s", "Failures/s", *percentiles,
        ]
        self.failures_columns = ["Method", "Name", "Error", "Occurrences", "First Seen", "Last Seen"]
        self.exceptions_columns = ["Count", "Message", "Traceback", "Nodes"]

    def _percentiles(self, entry):
        if not entry.num_requests:
            return ["N/A"] * len(self.percentiles_to_report)
        return [int(entry.get_response_time_percentile(p) or 0) for p in self.percentiles_to_report]

    def requests_csv(self, csv_writer):
        csv_writer.writerow(self.requests_csv_columns)
        stats = self.environment.stats
        for entry in [*module.sort_stats(stats.entries), stats.total]:
            csv_writer.writerow([
                entry.method, entry.name, entry.num_requests, entry.num_failures, entry.median_response_time,
                entry.avg_response_time, entry.min_response_time or 0, entry.max_response_time, entry.avg_content_length,
                entry.total_rps, entry.total_fail_per_sec, *self._percentiles(entry),
            ])

    def failures_csv(self, csv_writer):
        csv_writer.writerow(self.failures_columns)
        for error in self.environment.stats.errors.values():
            csv_writer.writerow([
                error.method, error.name, error.parse_error(error.error), error.occurrences,
                _utc(error.first_seen), _utc(error.last_seen),
            ])

    def exceptions_csv(self, csv_writer):
        csv_writer.writerow(self.exceptions_columns)
        for row in self.environment.runner.exceptions.values():
            csv_writer.writerow([row["count"], row["msg"], row["traceback"], ", ".join(sorted(row["nodes"]))])


def _utc(instant):
    if instant is None:
        return ""
    return datetime.datetime.fromtimestamp(instant, datetime.timezone.utc).isoformat().replace("+00:00", "Z")


class StatsCSVFileWriter(StatsCSV):
    """Keeps the tables in files ``<prefix>_stats.csv`` and so on. Calling it is the body of a greenlet."""

    def __init__(self, environment, percentiles_to_report, base_filepath, full_history=False):
        super().__init__(environment, percentiles_to_report)
        self.base_filepath = base_filepath
        self.full_history = full_history
        folder = os.path.dirname(base_filepath)
        if folder:
            os.makedirs(folder, exist_ok=True)
        self.stats_history_csv_columns = [
            "Timestamp", "User Count", "Type", "Name", "Requests/s", "Failures/s",
            *module.get_readable_percentiles(percentiles_to_report), "Total Request Count", "Total Failure Count",
            "Total Median Response Time", "Total Average Response Time", "Total Min Response Time",
            "Total Max Response Time", "Total Average Content Size",
        ]
        with self._open("_stats_history.csv", "w") as file:
            csv.writer(file).writerow(self.stats_history_csv_columns)

    def _open(self, suffix, mode):
        return open(self.base_filepath + suffix, mode, newline="", encoding="utf-8")

    def __call__(self):
        self.stats_writer()

    def stats_writer(self):
        while True:
            self.write_files()
            gevent.sleep(module.CSV_STATS_INTERVAL_SEC)

    def write_files(self):
        tables = (("_stats.csv", self.requests_csv), ("_failures.csv", self.failures_csv),
                  ("_exceptions.csv", self.exceptions_csv))
        for suffix, write in tables:
            with self._open(suffix, "w") as file:
                write(csv.writer(file))
        with self._open("_stats_history.csv", "a") as file:
            self._append_history(csv.writer(file))

    def _append_history(self, csv_writer):
        stats = self.environment.stats
        entries = [*module.sort_stats(stats.entries), stats.total] if self.full_history else [stats.total]
        for entry in entries:
            csv_writer.writerow([
                int(time.time()), self.environment.runner.user_count, entry.method or "", entry.name,
                f"{entry.current_rps:2f}", f"{entry.current_fail_per_sec:2f}", *self._percentiles(entry),
                entry.num_requests, entry.num_failures, entry.median_response_time, entry.avg_response_time,
                entry.min_response_time or 0, entry.max_response_time, entry.avg_content_length,
            ])

    def close_files(self):
        """Writes the last figures."""
        self.write_files()

    def stats_history_file_name(self):
        return self.base_filepath + "_stats_history.csv"
