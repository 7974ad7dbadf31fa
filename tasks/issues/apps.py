from django.apps import AppConfig


class IssuesConfig(AppConfig):
    name = "tasks.issues"
    label = "issues"
