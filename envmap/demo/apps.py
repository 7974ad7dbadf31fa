from django.apps import AppConfig


class DemoConfig(AppConfig):
    name = "envmap.demo"
    label = "demo"
