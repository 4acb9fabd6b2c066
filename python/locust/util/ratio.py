"""How often each task will run: the trees behind --show-task-ratio."""
import json


def get_ratio(user_classes, user_spawned, total):
    """{class or task name: {"ratio": …, "tasks": {…}}} per class, or as shares of everything (total)."""
    count = sum(user_spawned.values()) or 1
    tree = {}
    for cls in user_classes:
        ratio = user_spawned.get(cls.__name__, 0) / count
        tree[cls.__name__] = {"ratio": ratio, "tasks": _tasks_of(cls, ratio if total else 1.0, total)}
    return tree


def _tasks_of(holder, share, total):
    tree = {}
    tasks = holder.tasks
    for task in dict.fromkeys(tasks):
        ratio = tasks.count(task) / len(tasks) * share
        entry = tree[task.__name__] = {"ratio": ratio}
        if isinstance(task, type):
            entry["tasks"] = _tasks_of(task, ratio if total else 1.0, total)
    return tree


def spread_users(user_classes, num_users):
    """{class name: users} of num_users: fixed_count first, the rest by weight."""
    users = {}
    left = num_users
    for cls in user_classes:
        if cls.fixed_count:
            users[cls.__name__] = min(cls.fixed_count, left)
            left -= users[cls.__name__]
    weighted = sorted((cls for cls in user_classes if not cls.fixed_count), key=lambda cls: cls.__name__)
    weight = sum(cls.weight for cls in weighted)
    exact = {cls.__name__: left * cls.weight / weight for cls in weighted} if weight else {}
    users.update({name: int(n) for name, n in exact.items()})
    rest = left - sum(int(n) for n in exact.values())
    for name in sorted(exact, key=lambda n: int(exact[n]) - exact[n])[:rest]:
        users[name] += 1
    return users


def _lines(tree, level=0):
    indent = "  " * level
    for name, entry in tree.items():
        share = f"{indent}{entry['ratio'] * 100:.1f}"
        yield f" {share:<10} {indent + name:<50}"
        yield from _lines(entry.get("tasks", {}), level + 1)


def _both(user_classes, num_users):
    spawned = spread_users(user_classes, num_users)
    return get_ratio(user_classes, spawned, False), get_ratio(user_classes, spawned, True)


def ratio_text(user_classes, num_users):
    """What --show-task-ratio prints."""
    lines = []
    for title, tree in zip(("Task ratio per User class", "Total task ratio"), _both(user_classes, num_users)):
        lines += ["", f" {title}", "-" * 80, *_lines(tree)]
    return "\n".join(lines) + "\n"


def ratio_json(user_classes, num_users):
    """What --show-task-ratio-json prints."""
    per_class, total = _both(user_classes, num_users)
    return json.dumps({"per_class": per_class, "total": total}, indent=4) + "\n"
