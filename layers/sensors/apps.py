from django.apps import AppConfig


class SensorsConfig(AppConfig):
    name = "layers.sensors"
    label = "sensors"
