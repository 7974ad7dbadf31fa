"""Addresses below /manage/."""

from django.urls import path

from . import people, shell

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
]
