"""Task ratios of user classes."""
from ..util.ratio import get_ratio, ratio_json, ratio_text


def print_task_ratio(user_classes, num_users, total=False):
    del total
    print(ratio_text(user_classes, num_users), end="")


def print_task_ratio_json(user_classes, num_users):
    print(ratio_json(user_classes, num_users), end="")


__all__ = ["get_ratio", "print_task_ratio", "print_task_ratio_json"]
