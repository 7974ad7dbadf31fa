from django.apps import AppConfig


class CatalogueConfig(AppConfig):
    name = "layers.catalogue"
    label = "catalogue"
