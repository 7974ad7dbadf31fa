"""The sentences that the field pages' scripts say: one table, in the person's language."""

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from . import words


def words_for_scripts() -> dict[str, object]:
    """Keys as static/js/field/ names them; `{n}` and the like are filled in there."""
    return {
        "synced": _("Synced {at}"),
        "offline": _("No signal for {span}"),
        "offlineNow": _("No signal"),
        "signedOut": _("Signed out"),
        "sending": _("Sending…"),
        "minutes": pgettext("span of time", "%(minutes)s min") % {"minutes": "{n}"},
        "hours": pgettext("span of time", "%(hours)s h") % {"hours": "{n}"},
        "days": pgettext("span of time", "%(days)s d") % {"days": "{n}"},
        "verbs": {name: str(word) for name, word in words.ORDER_VERBS.items()} | {
            "issue": _("New issue"), "photo": _("Photo"),
        },
        "before": _("Before the work"),
        "after": _("After the work"),
        "remove": _("Remove"),
        "shots": _("{n} of {m} arrived"),
        "shotsLeft": _("{n} still to go"),
        "answered": _("{n} of {m}"),
        "here": {
            "asking": _("Finding your position…"),
            "found": _("accurate to ±{m} m · {at}"),
            "onSite": _("On the spot"),
            "near": _("{far} from the place, accurate to ±{m} m · {at}"),
            "away": _("Not on the spot yet"),
            "refused": _("The position was refused: what you send goes without it. Allow it in the browser's settings."),
            "failed": _("No position could be found here. What you send goes without it."),
            "none": _("This browser gives no position: it needs a secure address (https)."),
        },
        "camera": {
            "whole": _("{name} could not be made smaller and goes as it is ({size})."),
            "tooLarge": _("{name} has {size}; at most 30 MB are taken. Choose a smaller one."),
        },
        "queue": {
            "title": _("{n} waiting"),
            "refusedTitle": _("{n} to look at"),
            "photos": _("{n} photos for {what}"),
            "photo": _("Photo for {what}"),
            "state": {
                "waiting": pgettext("queue", "Waits"),
                "blocked": pgettext("queue", "Waits for the one before"),
                "photos": pgettext("queue", "Waits for its photos"),
                "sending": pgettext("queue", "Is being sent"),
                "arrived": pgettext("queue", "Arrived"),
                "refused": pgettext("queue", "Refused"),
            },
            "accuracy": _("position ±{m} m"),
            "again": _("Try again"),
            "anyway": _("Send it all the same"),
            "change": _("Change it"),
            "asComment": _("Send it as a comment"),
            "look": _("Look at the order"),
            "copy": _("Copy the words"),
            "copied": _("Copied."),
            "drop": _("Throw away"),
            "dropAsk": _("Throw away “{what}”? What you wrote and its photos are gone then."),
            "keep": _("Keep it"),
            "kept": _("What you wrote and {n} photos are still here."),
            "keptWords": _("What you wrote is still here."),
            "last": _("The last went at {at}."),
            "others": _("{n} things on this phone belong to somebody else who signed in here; they wait for that person."),
            "signin": _("Your sign-in has ended. Everything waits for you; sign in again and it goes."),
            "signinGo": _("Sign in"),
            "clockAhead": _("This phone's clock is {span} ahead. The times you send are put right."),
            "clockBehind": _("This phone's clock is {span} behind. The times you send are put right."),
            "full": _("This phone's storage is full: what you do now cannot wait here. Make room, or stay where the signal is and send at once."),
            "update": _("A newer version is here. What waits is kept."),
        },
        "form": {
            "sent": _("Sent."),
            "kept": _("Kept on this phone; it goes by itself when there is a signal."),
            "refused": _("Not taken: {why}"),
            "sending": _("Sending…"),
            "missing": _("{what}: this is needed."),
            "number": _("“{what}” is no number."),
            "badPhoto": _("{name} was not taken: {why} Remove it or choose another, then send again."),
            "photo": _("Add at least one photo: a report shows what was done."),
        },
        "kept": _("{n} orders and the map around them are kept here, {size}, since {at}."),
        "keptNot": _("Orders and map are kept here once the list has been opened with a signal."),
        "room": _("{size} free"),
        "waits": _("{verb} waits to be sent ({at})"),
        "zoomIn": _("Zoom in"),
        "zoomOut": _("Zoom out"),
        "toMe": _("To where I am"),
        "map": _("Map of your orders"),
        "stop": _("Stop {n}: {title}"),
    }  # fmt: skip


def words_for_leaving() -> dict[str, str]:
    """What is asked where somebody signs out with unsent work on the phone."""
    return {
        "title": _("Sign out with {n} things not sent?"),
        "text": _(
            "They stay on this phone for you and go when you sign in here again with a signal. "
            "Nobody else sees or sends them."
        ),
        "go": _("Sign out"),
        "stay": _("Stay"),
    }
