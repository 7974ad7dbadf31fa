from django.apps import AppConfig


class IssuesConfig(AppConfig):
    name = "tasks.issues"
    label = "issues"

    def ready(self) -> None:
        from . import receivers  # noqa: F401  (connects them)
