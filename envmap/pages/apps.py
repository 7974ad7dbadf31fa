from django.apps import AppConfig


class PagesConfig(AppConfig):
    name = "envmap.pages"
    label = "pages"
