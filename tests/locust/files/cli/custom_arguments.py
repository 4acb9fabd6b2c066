# args: -u 1 --my-text typed --my-flag --my-choice b
# env: MY_ENV=from-environment
from scenario import once, say

from locust import User, events, task


@events.init_command_line_parser.add_listener
def add(parser):
    group = parser.add_argument_group("mine", "what this file adds")
    group.add_argument("--my-text", type=str, default="x", help="a text")
    group.add_argument("--my-number", type=int, default=5)
    parser.add_argument("--my-env", env_var="MY_ENV", default="", is_secret=True)
    parser.add_argument("--my-shown", default="s", include_in_web_ui=True, is_required=True)
    parser.add_argument("--my-flag", action="store_true", include_in_web_ui=False)
    parser.add_argument("--my-choice", choices=["a", "b"], default="a")
    parser.add_argument("--my-list", nargs="*", is_multiple=True, default=["q"])


class A(User):
    @task
    @once
    def go(self):
        o = self.environment.parsed_options
        say(o.my_text, o.my_number, o.my_env, o.my_flag, o.my_choice, o.my_list)
