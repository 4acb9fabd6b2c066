from scenario import HOST, once, say

from locust import HttpUser, User, constant, task


class A(HttpUser):
    host = HOST
    wait_time = constant(1)
    min_wait = 5
    weight = 3

    @task
    @once
    def look(self):
        say(self.host.startswith("http://127.0.0.1"), self.weight, self.fixed_count, self.abstract, self.context())
        say(type(self.client).__name__, self.client.base_url == self.host, self.client.trust_env)
        say(hasattr(self, "environment"), self.environment.host, self.environment.stop_timeout)
        say(A.json() == {"host": HOST, "weight": 3, "fixed_count": 0, "tasks": ["look"]} or A.json())
        say([t.__name__ for t in self.tasks], A.fullname())
        say(self.environment.user_classes, list(self.environment.user_classes_by_name))
        say(self.environment.parsed_options.num_users, self.environment.parsed_options.headless)
        say(self.environment.process_exit_code, self.environment.web_ui, self.environment.shape_class)
        try:
            User(self.environment).client
        except AttributeError as e:
            say("AttributeError", e)
        except Exception as e:
            say(type(e).__name__)
