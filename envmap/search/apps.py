from django.apps import AppConfig


class SearchConfig(AppConfig):
    name = "envmap.search"
    label = "search"
