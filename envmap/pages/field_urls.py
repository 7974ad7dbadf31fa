"""Addresses of the field pages, below /field/."""

from django.urls import URLPattern, URLResolver, path

from . import field, field_app, field_issue, order_verbs

urlpatterns: list[URLPattern | URLResolver] = [
    path("", field.orders, name="field"),
    path("map/", field.field_map, name="field-map"),
    path("new/", field_issue.new, name="field-new"),
    path("queue/", field_app.queue, name="field-queue"),
    path("me/", field_app.me, name="field-me"),
    path("away/", field_app.away, name="field-away"),
    path("now.json", field_app.now, name="field-now"),
    path("worker.js", field_app.worker, name="field-worker"),
    path("manifest.webmanifest", field_app.manifest, name="field-manifest"),
    path("<str:number>/", field.order, name="field-order"),
    path("<str:number>/<str:name>/", order_verbs.verb, {"home": "field"}, name="field-verb"),
]
