"""All addresses: each room of the doors brings its own."""

from django.urls import include, path

from envmap.api.api import api

urlpatterns = [
    path("api/v1/", api.urls),
    path("tiles/", include("layers.tiles.urls")),
    path("", include("envmap.pages.urls")),
]

handler400 = "envmap.pages.errors.bad_request"
handler403 = "envmap.pages.errors.forbidden"
handler404 = "envmap.pages.errors.not_found"
handler500 = "envmap.pages.errors.server_error"
