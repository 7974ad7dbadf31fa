"""Addresses of this room."""

from django.urls import URLPattern, URLResolver, include, path
from django.views.i18n import set_language

from . import health, signin, tokens

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", health.metrics, name="metrics"),
    path("language/", set_language, name="language"),
    path("signin/", signin.signin, name="signin"),
    path("signout/", signin.signout, name="signout"),
    path("membership/", signin.membership, name="membership"),
    path("password/", signin.password, name="password"),
    path("tokens/", tokens.tokens, name="tokens"),
    path("tokens/<int:token_id>/revoke/", tokens.revoke, name="revoke-token"),
    path("manage/", include("envmap.pages.manage.urls")),
]
