"""Nudges to rooms above. What must not be lost is a row; a signal only hurries."""

from django.dispatch import Signal

alarm_raised = Signal()
"""Alarms were raised and are committed; keyword ``alarm_ids``."""
