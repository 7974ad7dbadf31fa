from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "envmap.accounts"
    label = "accounts"
