from django.apps import AppConfig


class LiveConfig(AppConfig):
    name = "envmap.live"
    label = "live"
