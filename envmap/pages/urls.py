"""Addresses of this room."""

from django.urls import URLPattern, URLResolver, include, path
from django.views.i18n import set_language

from . import door, field, health, issues, order_verbs, orders, signin, statistics, theme, tokens, workbench

urlpatterns: list[URLPattern | URLResolver] = [
    path("", workbench.workbench, name="map"),
    path("map/alarms/", workbench.ticker, name="map-alarms"),
    path("map/<str:layer>/<int:feature_id>/", workbench.panel, name="map-panel"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", health.metrics, name="metrics"),
    path("language/", set_language, name="language"),
    path("theme/", theme.theme, name="theme"),
    path("door.svg", door.door, name="door"),
    path("signin/", signin.signin, name="signin"),
    path("signout/", signin.signout, name="signout"),
    path("membership/", signin.membership, name="membership"),
    path("password/", signin.password, name="password"),
    path("tokens/", tokens.tokens, name="tokens"),
    path("tokens/<int:token_id>/revoke/", tokens.revoke, name="revoke-token"),
    path("issues/", issues.issues, name="issues"),
    path("issues/new/", issues.new, name="new-issue"),
    path("issues/people/", issues.people, name="issue-people"),
    path("issues/<str:number>/", issues.issue, name="issue"),
    path("issues/<str:number>/<str:name>/", issues.verb, name="issue-verb"),
    path("orders/", orders.orders, name="orders"),
    path("orders/<str:number>/", orders.order, name="order"),
    path("orders/<str:number>/<str:name>/", order_verbs.verb, {"home": "orders"}, name="order-verb"),
    path("field/", field.orders, name="field"),
    path("field/<str:number>/", field.order, name="field-order"),
    path("field/<str:number>/<str:name>/", order_verbs.verb, {"home": "field"}, name="field-verb"),
    path("statistics/", statistics.layers, name="statistics"),
    path("statistics/<str:key>/", statistics.layer, name="layer-statistics"),
    path("manage/", include("envmap.pages.manage.urls")),
]
