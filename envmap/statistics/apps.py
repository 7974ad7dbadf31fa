from django.apps import AppConfig


class StatisticsConfig(AppConfig):
    name = "envmap.statistics"
    label = "statistics"
