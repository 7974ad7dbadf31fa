"""How a phone of the local network comes to the secure address (`make run LAN=1`): the one page without encryption."""

import hashlib
import ipaddress
import ssl

import segno
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.http import require_safe

from .doors import for_everybody

CERTIFICATE = settings.VAR / "tls" / "ca.crt"


def addresses() -> list[str]:
    """The machine's addresses in the local network, as the start script found them."""
    found = []
    for host in settings.ALLOWED_HOSTS:
        try:
            address = ipaddress.ip_address(host.strip("[]"))
        except ValueError:
            continue
        if not address.is_loopback and not address.is_unspecified:
            found.append(host)
    return found


def fingerprint() -> str:
    """SHA-256 of the authority's certificate, as phones show it: pairs of hex digits; empty where there is none."""
    if not CERTIFICATE.is_file():
        return ""
    digest = hashlib.sha256(ssl.PEM_cert_to_DER_cert(CERTIFICATE.read_text(encoding="ascii"))).hexdigest().upper()
    return " ".join(digest[n : n + 2] for n in range(0, len(digest), 2))


def qr(text: str) -> SafeString:
    """A QR code (ISO/IEC 18004) as SVG, black on white with its quiet zone."""
    return mark_safe(segno.make(text, error="m", micro=False).svg_inline(border=4, light="#fff", omitsize=True))  # noqa: S308


@require_safe
@for_everybody
def start(request: HttpRequest) -> HttpResponse:
    """The certificate with its QR code and the steps on each kind of phone; 404 outside `LAN=1`."""
    if not settings.LAN:
        raise Http404
    host = request.get_host().rpartition(":")[0] or request.get_host()
    known = addresses()
    mine = host if host in known or not known else known[0]
    plain = f"http://{mine}:{settings.HTTP_PORT}/start/"
    language = request.GET.get("language")
    with translation.override(language if language in dict(settings.LANGUAGES) else translation.get_language()):
        return render(
            request,
            "pages/start.html",
            {
                "plain": plain,
                "secure": f"https://{mine}:{settings.HTTPS_PORT}/field/",
                "secure_here": f"https://{host}:{settings.HTTPS_PORT}/",
                "qr_plain": qr(plain),
                "qr_secure": qr(f"https://{mine}:{settings.HTTPS_PORT}/field/"),
                "fingerprint": fingerprint(),
                "is_secure": request.is_secure(),
            },
        )
