from django.apps import AppConfig


class CoreConfig(AppConfig):
    name = "envmap.core"
    label = "core"
