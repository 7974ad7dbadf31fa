from django.apps import AppConfig


class OrdersConfig(AppConfig):
    name = "tasks.orders"
    label = "orders"
