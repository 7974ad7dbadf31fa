from django.apps import AppConfig


class ApiConfig(AppConfig):
    name = "envmap.api"
    label = "api"
