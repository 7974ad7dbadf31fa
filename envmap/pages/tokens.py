"""One's own tokens for scripts: made, shown once, revoked."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from envmap.accounts import actions, queries
from envmap.accounts.payloads import token_payload
from envmap.core.errors import EnvmapError
from envmap.core.statuses import status_of

from .doors import asker_of, page
from .forms import TokenForm


@page()
def tokens(request: HttpRequest) -> HttpResponse:
    """The list and the form; a new secret is on the answer of its own POST alone and nowhere else."""
    asker, secret, status = asker_of(request), "", 200
    form = TokenForm(request.POST or None)
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                _token, secret = actions.make_token(
                    by=asker, name=form.cleaned_data["name"], scopes=form.cleaned_data["scopes"]
                )
                form, status = TokenForm(), 201
            except EnvmapError as error:
                form.refuse(error)
                status = status_of(error)
    own = [token_payload(token) for token in queries.tokens_of(asker).filter(user_id=asker.user_id or 0)]
    return render(request, "pages/tokens.html", {"tokens": own, "form": form, "secret": secret}, status=status)


@require_POST
@page()
def revoke(request: HttpRequest, token_id: int) -> HttpResponse:
    """Ends a token at once; a second press finds nothing and is answered like any unknown token."""
    token = actions.revoke_token(by=asker_of(request), token_id=token_id)
    messages.success(request, _("The token %(name)s is revoked.") % {"name": token.name})
    return HttpResponseRedirect("/tokens/")
