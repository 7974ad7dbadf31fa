"""Addresses of this room."""

from django.urls import path, re_path

from . import views

NUMBER = r"-?\d{1,20}"
urlpatterns = [
    path("basemap.json", views.basemap_document, name="basemap"),
    path("<str:key>.json", views.tilejson, name="tilejson"),
    re_path(rf"^(?P<key>[^/]+)/(?P<z>{NUMBER})/(?P<x>{NUMBER})/(?P<y>{NUMBER})\.mvt$", views.tile, name="tile"),
]
