"""Signing in and out, the password, the language and the membership of a session."""

import json

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from envmap.accounts import actions
from envmap.accounts.models import Membership
from envmap.core import area
from envmap.core.errors import EnvmapError, NotSignedIn, Throttled
from envmap.core.statuses import status_of

from .doors import for_everybody, page
from .forms import PasswordForm

DEMO_ACCOUNTS = settings.ROOT / "fixtures" / "demo" / "accounts.json"
"""The file that the demo makes its accounts from: usernames, what each is for, and the password, which is public."""


def way_back(request: HttpRequest, default: str = "/") -> str:
    """`next` of the form or the address, if it leads into this very site; else `default`."""
    target = request.POST.get("next") or request.GET.get("next") or ""
    is_ours = target.startswith("/") and url_has_allowed_host_and_scheme(
        target, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return target if is_ours else default


def demo_accounts() -> tuple[list[dict[str, str]], str]:
    """Username, role and purpose of each demo account that may sign in now, and the password of all; none outside a demo."""
    if not settings.DEMO:
        return [], ""
    file = json.loads(DEMO_ACCOUNTS.read_text(encoding="utf-8"))
    roles = {
        m.user.username: m.get_role_display()
        for m in Membership.objects.filter(
            user__is_demo=True,
            user__is_active=True,
            ended_at=None,
            user__username__in=[a["username"] for a in file["accounts"]],
        ).select_related("user")
    }
    language = "en" if get_language() == "en" else "zh"
    rows = [
        {"username": a["username"], "role": roles[a["username"]], "purpose": a[language]}
        for a in file["accounts"]
        if a["username"] in roles
    ]
    return rows, file["password"] if rows else ""


@sensitive_post_parameters("password")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def signin(request: HttpRequest) -> HttpResponse:
    """The sign-in page; works without script. A refusal keeps the username and says why."""
    refusal, status, retry_after = "", 200, 0
    username = request.POST.get("username", "")
    if request.method == "POST":
        try:
            actions.sign_in(
                request,
                username=username.replace("\x00", "").strip()[:60],
                password=request.POST.get("password", "")[:200],
            )
            return HttpResponseRedirect(way_back(request))
        except (NotSignedIn, Throttled) as error:
            # The form was answered, so 200 would do; 401 and 429 tell scripts and proxies what happened.
            refusal, status = error.detail, status_of(error)
            retry_after = getattr(error, "retry_after", 0)
    accounts, password = demo_accounts()
    response = render(
        request,
        "pages/signin.html",
        {
            "refusal": refusal,
            "username": username,
            "next": way_back(request, ""),
            "demo_accounts": accounts,
            "demo_password": password,
            "source": area.current().attribution.get(get_language() or "", ""),
        },
        status=status,
    )
    if status == 401:
        response["WWW-Authenticate"] = "Session"
    if retry_after:
        response["Retry-After"] = str(retry_after)
    return response


@never_cache
@require_POST
def signout(request: HttpRequest) -> HttpResponse:
    """Ends the session; a second one in another tab finds it ended already."""
    actions.sign_out(request)
    return HttpResponseRedirect("/signin/")


@require_POST
@for_everybody
def membership(request: HttpRequest) -> HttpResponse:
    """Makes another of one's own memberships the current one; back to the page if the new role has it."""
    raw = request.POST.get("membership", "")
    actions.switch_membership(request, membership_id=int(raw) if raw.isdecimal() and len(raw) < 19 else 0)
    return HttpResponseRedirect("/")


@sensitive_post_parameters("old", "new", "again")
@page()
def password(request: HttpRequest) -> HttpResponse:
    """One's own password; other sessions end by it."""
    form, status = PasswordForm(request.POST or None), 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                actions.change_password(request, old=form.cleaned_data["old"], new=form.cleaned_data["new"])
                messages.success(request, _("Your password is changed; your other sessions have ended."))
                return HttpResponseRedirect("/password/")
            except EnvmapError as error:
                form.refuse(error, {"password": "new"})
                status = status_of(error)
    return render(request, "pages/password.html", {"form": form, "submit": _("Change password")}, status=status)
