"""Lengths of time as people write them: 300, 300s, 20m, 3h, 1h30m."""
import re

_UNITS = re.compile(r"(?:(?P<hours>\d+)h)?(?:(?P<minutes>\d+)m)?(?:(?P<seconds>\d+)s)?")


def parse_timespan(time_str):
    """Seconds. Raises ValueError for anything but a number, or hours, minutes and seconds in this order."""
    if not time_str:
        raise ValueError("Invalid time span format")
    if re.fullmatch(r"\d+", time_str):
        return int(time_str)
    parts = _UNITS.fullmatch(time_str)
    if not parts:
        raise ValueError("Invalid time span format. Valid formats: 20, 20s, 3m, 2h, 1h20m, 3h30m10s, etc.")
    hours, minutes, seconds = (int(part or 0) for part in parts.group("hours", "minutes", "seconds"))
    return hours * 3600 + minutes * 60 + seconds
