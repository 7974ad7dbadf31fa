"""What others may want to know at once; each is a nudge sent after the commit."""

from django.dispatch import Signal

rights_changed = Signal()
"""Somebody signed out, was disabled, lost or changed a membership, or a token was revoked. Keyword: `user_id`."""
