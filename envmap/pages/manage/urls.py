"""Addresses below /manage/."""

from django.urls import path

from . import audit, layers, people, rules, shell, stations

urlpatterns = [
    path("", shell.index, name="manage"),
    path("people/", people.people, name="people"),
    path("people/new/", people.new_person, name="new-person"),
    path("people/<str:username>/", people.person, name="person"),
    path("people/<str:username>/roles/", people.give_role, name="give-role"),
    path("people/<str:username>/roles/<int:membership_id>/end/", people.end_role, name="end-role"),
    path("people/<str:username>/disable/", people.disable, name="disable-person"),
    path("people/<str:username>/enable/", people.enable, name="enable-person"),
    path("people/<str:username>/password/", people.reset_password, name="reset-password"),
    path("departments/", people.departments, name="departments"),
    path("departments/new/", people.new_department, name="new-department"),
    path("departments/<str:code>/", people.department, name="department"),
    path("stations/", stations.stations, name="stations"),
    path("stations/new/", stations.new_station, name="new-station"),
    path("stations/<str:mn>/", stations.station, name="station"),
    path("stations/<str:mn>/tokens/", stations.make_token, name="make-station-token"),
    path("stations/<str:mn>/tokens/<int:token_id>/revoke/", stations.revoke_token, name="revoke-station-token"),
    path("stations/<str:mn>/alarms/<int:alarm_id>/", stations.acknowledge, name="acknowledge"),
    path("dead-letters/", stations.dead_letters, name="dead-letters"),
    path("rules/", rules.rules, name="rules"),
    path("rules/new/", rules.new_rule, name="new-rule"),
    path("rules/<int:rule_id>/", rules.rule, name="rule"),
    path("rules/<int:rule_id>/delete/", rules.delete_rule, name="delete-rule"),
    path("layers/", layers.layers, name="layers"),
    path("layers/<str:key>/", layers.layer, name="layer"),
    path("layers/<str:key>/shares/", layers.share, name="share-layer"),
    path("layers/<str:key>/shares/<str:department>/end/", layers.unshare, name="unshare-layer"),
    path("audit/", audit.audit, name="audit"),
]
