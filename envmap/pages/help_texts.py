"""What the help says: a page a role, each step with the page it happens on. Only what the product does today stands here."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from envmap.accounts.roles import ROLE_NAMES, Role


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do: title, text, and the page where it is done (none: no link)."""

    title: Promise
    text: Promise
    href: str = ""

    @property
    def place(self) -> Promise | str:
        """What the page behind `href` is called."""
        return PLACE_WORDS.get(self.href, "")


PLACE_WORDS: dict[str, Promise] = {
    "/": _("Map"),
    "/me/": _("My settings"),
    "/field/": _("Field"),
    "/field/queue/": _("Queue"),
    "/issues/": _("Issues"),
    "/issues/new/": _("New issue"),
    "/orders/": _("Orders"),
    "/statistics/": _("Statistics"),
    "/screen/": _("Screen"),
    "/report/": _("Report"),
    "/manage/": _("Manage"),
    "/manage/people/": _("People"),
    "/manage/departments/": _("Departments"),
    "/manage/layers/": _("Layers"),
    "/manage/audit/": _("Audit"),
}


@dataclass(frozen=True, slots=True)
class HelpPage:
    """The help of one role: its name, one sentence what the work is, and the steps in their order of the day."""

    name: Promise
    summary: Promise
    steps: tuple[Step, ...]


_MAP = Step(
    _("Read the map"),
    _(
        "Each symbol is a place. Its glyph says the layer, its outline the condition: a filled red "
        "diamond is an alarm, a triangle needs attention, a square is being rectified, a broken ring is "
        "silent, a thin ring is normal. The legend is the filter: a click hides a condition, Alt and "
        "click shows it alone."
    ),
    "/",
)  # fmt: skip
_SETTINGS = Step(
    _("Make it yours"),
    _(
        "Language, light or dark, and whether single letters are shortcuts are set under your name. "
        "Whoever has several roles changes between them there too."
    ),
    "/me/",
)  # fmt: skip
_UNIT_STEPS = (
    Step(
        _("See what is yours"),
        _(
            "The orders of your unit stand sorted by deadline. Amber means the last quarter of the time, red "
            "means overdue. A card says how much time is left."
        ),
        "/field/",
    ),
    Step(
        _("Accept"),
        _(
            "Open the order and press Accept before the time for it is over. If it is not yours, return it "
            "with a reason: the bureau then chooses another unit. A colleague's order can be taken over "
            "within the unit."
        ),
        "/field/",
    ),
    Step(
        _("Report"),
        _(
            "Do what the checklist asks: photos before and after from one spot, the position, a value. "
            "Photos are made smaller on the phone and go on where they broke off. The order is reported once "
            "everything has arrived."
        ),
        "/field/",
    ),
    Step(
        _("Where there is no signal"),
        _(
            "With a secure address (https) the phone keeps the list, opened orders and the map around them. "
            "What you press waits in the queue and is sent once when the signal is back; what is refused "
            "stays there with what you typed."
        ),
        "/field/queue/",
    ),
    Step(
        _("Sent back"),
        _(
            "If the bureau finds that something is missing, the order comes back with a reason and a new "
            "time. Everything that you reported before stays in the trail."
        ),
        "/field/",
    ),
)  # fmt: skip

_FIND = Step(
    _("Find something"),
    _(
        "Ctrl K or / leads to the bar above the map: parts of codes, names and addresses, first letters of Chinese "
        "readings, places, coordinates, and the page's own commands. Enter opens the first."
    ),
    "/",
)  # fmt: skip

HELP: dict[str, HelpPage] = {
    Role.OFFICER.value: HelpPage(
        ROLE_NAMES[Role.OFFICER],
        _("You watch the alarms, open issues, dispatch orders and verify what the units report."),
        (
            _MAP,
            _FIND,
            Step(
                _("Look at a place"),
                _(
                    "Click a symbol, or search by code, name or town. The panel shows the newest values with their "
                    "limits, the readings as a chart, alarms, orders, photos and what lies nearby."
                ),
                "/",
            ),
            Step(
                _("Go through the queue"),
                _(
                    "Issues are shown worst first. Each alarm says value, limit and since when, and whether it has "
                    "ended meanwhile. J and K step, Enter opens, D goes to the dispatch. What came since your last "
                    "look is marked."
                ),
                "/issues/",
            ),
            Step(
                _("Dispatch"),
                _(
                    "The suggested unit comes with its reasons: duty for the place, distance, open orders. Those "
                    "passed over are named too. The deadline counts working time unless the category runs around the "
                    "clock."
                ),
                "/issues/",
            ),
            Step(
                _("Open an issue yourself"),
                _(
                    "A patrol, a call or a letter becomes an issue with a place, a category and photos. What an "
                    "alarm opened is already there; do not open it twice."
                ),
                "/issues/new/",
            ),
            Step(
                _("Verify or send back"),
                _(
                    "Compare the photos before and after, the position and the value. V verifies and closes, B sends "
                    "back with a reason. A withdrawn order stays in the trail with its reason."
                ),
                "/orders/",
            ),
            Step(
                _("Keep rules and stations true"),
                _(
                    "A rule says above which value an alarm begins and below which it ends. A station that is silent "
                    "for longer than it should is marked on the map."
                ),
                "/manage/",
            ),
            _SETTINGS,
        ),
    ),
    Role.FIELD.value: HelpPage(
        ROLE_NAMES[Role.FIELD],
        _("You go there, put it right and report, on the phone."),
        (*_UNIT_STEPS, _SETTINGS),
    ),
    Role.MANAGER.value: HelpPage(
        ROLE_NAMES[Role.MANAGER],
        _("You see everything that your unit has to do and share it out among your people."),
        (
            Step(
                _("See the unit's orders"),
                _(
                    "The list shows all orders of your unit with state and deadline; the figures at the top are "
                    "filters."
                ),
                "/orders/",
            ),
            Step(
                _("Share out"),
                _(
                    "On an order, Reassign gives it to one of your people. Another unit can only be chosen by the "
                    "bureau: return the order and say why."
                ),
                "/orders/",
            ),
            *_UNIT_STEPS,
            Step(
                _("Look at the figures"),
                _(
                    "Statistics count the features of each layer by condition, town and day, as far as they are "
                    "shared with your unit."
                ),
                "/statistics/",
            ),
            _SETTINGS,
        ),
    ),
    Role.PARTNER.value: HelpPage(
        ROLE_NAMES[Role.PARTNER],
        _("Your company puts right what an order asks for and proves it."),
        (*_UNIT_STEPS, _SETTINGS),
    ),
    Role.SUPERVISOR.value: HelpPage(
        ROLE_NAMES[Role.SUPERVISOR],
        _("You see all issues and orders and comment on them; you press no verb of the others."),
        (
            _MAP,
            _FIND,
            Step(
                _("Find what is late"),
                _(
                    "Overdue orders stand first and are counted at the top of the list. An order's trail says who "
                    "did what and when; no row of it can be changed."
                ),
                "/orders/",
            ),
            Step(
                _("Comment"),
                _("A comment on an order reaches the unit and the officer and stays in the trail."),
                "/orders/",
            ),
            Step(
                _("Look at the figures"),
                _(
                    "Statistics count the features of each layer by condition, department, town and day. Each figure "
                    "says its period and its rule."
                ),
                "/statistics/",
            ),
            Step(
                _("Hang up the wall screen"),
                _(
                    "Today's figures, what has just happened and on-time closing by unit around the map. It dims what "
                    "may be out of date and names no person."
                ),
                "/screen/",
            ),
            _SETTINGS,
        ),
    ),
    Role.VIEWER.value: HelpPage(
        ROLE_NAMES[Role.VIEWER],
        _("You look at the layers that are shared with your department."),
        (
            _MAP,
            _FIND,
            Step(
                _("Look at the figures"),
                _(
                    "Statistics count the features of each layer by condition, town and day, as far as they are "
                    "shared with your department."
                ),
                "/statistics/",
            ),
            _SETTINGS,
        ),
    ),
    Role.ADMIN.value: HelpPage(
        ROLE_NAMES[Role.ADMIN],
        _("You keep people, departments and layers in order; you see no issues and no orders."),
        (
            Step(
                _("People and roles"),
                _(
                    "A person has a role in a department; roles are ended, never deleted. A disabled person is shut "
                    "out at once, on every device. The last administrator cannot be removed."
                ),
                "/manage/people/",
            ),
            Step(
                _("Departments"),
                _(
                    "A department has a kind, a parent and towns. One that is closed disappears from choices and "
                    "stays in old trails."
                ),
                "/manage/departments/",
            ),
            Step(
                _("Layers"),
                _(
                    "Names in both languages, attributes, and with which departments a layer is shared; public "
                    "layers are seen without signing in."
                ),
                "/manage/layers/",
            ),
            Step(
                _("Audit"),
                _(
                    "Every change to people, roles, layers, stations and rules stands there with the one who made "
                    "it. Nobody can change it."
                ),
                "/manage/audit/",
            ),
            _SETTINGS,
        ),
    ),
    "citizen": HelpPage(
        _("citizen"),
        _("Without signing in you see the public layers and what they measure."),
        (
            _MAP,
            _FIND,
            Step(
                _("Look at a place"),
                _(
                    "Click a symbol, or search by name or town. The panel shows the newest values with their limits "
                    "and their time."
                ),
                "/",
            ),
            Step(
                _("Report a problem"),
                _(
                    "A photo, the place and a few words are enough. Keep the address of the receipt: it tells how your "
                    "report stands."
                ),
                "/report/",
            ),
            Step(
                _("Language and light"),
                _(
                    "Chinese or English, light or dark: both switches stand at the edge of every page and need no "
                    "account."
                ),
            ),
        ),
    ),
}  # fmt: skip
"""By the role's key, `citizen` for visitors; in the order of the index."""
