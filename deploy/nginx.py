"""nginx in front: one address for pages (WSGI), sockets and event streams (ASGI), static files and protected files."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable

from .errors import Trouble
from .files import write_whole
from .instance import Instance
from .packages import find_program
from .settings import Settings, bracketed

BODY_LIMIT = "64m"  # above the application's own limits, which answer with their own sentence

CONFIGURATION = """\
# Written by every start from deploy/nginx.py.
daemon off;
worker_processes {workers};
pid "{run}/nginx.pid";
error_log stderr warn;
{user}
events {{ worker_connections 2048; }}

http {{
    include /etc/nginx/mime.types;
    types {{
        application/vnd.mapbox-vector-tile mvt;
        application/manifest+json webmanifest;
        text/javascript mjs;
    }}
    default_type application/octet-stream;
    charset utf-8;
    charset_types text/css text/javascript application/javascript text/plain application/json;
    server_tokens off;
    sendfile on;
    tcp_nopush on;
    etag on;

    log_format plain '$remote_addr [$time_iso8601] "$request_method $uri $server_protocol" $status '
                     '$body_bytes_sent $request_time';
    # Into the supervisor's log, which is rotated.
    access_log /dev/stdout plain buffer=16k flush=2s;

    client_body_temp_path "{tmp}/body";
    proxy_temp_path "{tmp}/proxy";
    fastcgi_temp_path "{tmp}/fastcgi";
    uwsgi_temp_path "{tmp}/uwsgi";
    scgi_temp_path "{tmp}/scgi";

    # A slow or silent client keeps one connection of nginx, never a thread of the application.
    client_header_timeout 15s;
    client_body_timeout 30s;
    send_timeout 60s;
    keepalive_timeout 65s;
    large_client_header_buffers 4 16k;
    client_max_body_size {body_limit};
    proxy_connect_timeout 5s;
    proxy_send_timeout 60s;
    proxy_read_timeout 120s;

    gzip on;
    gzip_proxied any;
    gzip_vary on;
    gzip_min_length 1000;
    gzip_types text/css text/javascript application/javascript application/json application/geo+json
               application/problem+json image/svg+xml application/vnd.mapbox-vector-tile text/plain;

    # The client's address and scheme as seen here, or as one of ENVMAP_TRUSTED_PROXIES says; what the client itself
    # wrote into these headers is thrown away.
{trusted}
    geo $realip_remote_addr $behind_proxy {{
        default 0;
{proxies}
    }}
    map "$behind_proxy:$http_x_forwarded_proto" $client_scheme {{
        default $scheme;
        "1:https" https;
        "1:http" http;
    }}
    map $http_upgrade $connection_upgrade {{ default upgrade; "" ""; }}
    # Names of collectstatic carry a hash of the content, so they may be kept for ever.
    map $uri $static_age {{
        default "no-cache";
        "~\\.[0-9a-f]{{12}}\\.[^/]+$" "public, max-age=31536000, immutable";
    }}
    map $uri $answers_json {{ default 0; "~^/(api|ogc|sta|tiles|open311)/" 1; }}
    map $answers_json $refusal_type {{ default "text/html; charset=utf-8"; 1 application/problem+json; }}

    upstream wsgi {{ server "unix:{sockets}/wsgi.sock"; keepalive 16; }}
    upstream asgi {{ server "unix:{sockets}/asgi.sock"; }}

    proxy_http_version 1.1;
    proxy_set_header Host $http_host;
    proxy_set_header X-Forwarded-For $remote_addr;
    proxy_set_header X-Real-IP $remote_addr;
    proxy_set_header X-Forwarded-Proto $client_scheme;
    proxy_set_header X-Forwarded-Host "";
    proxy_set_header X-Forwarded-Port "";
    proxy_set_header Forwarded "";
    proxy_set_header Proxy "";
    proxy_set_header Upgrade $http_upgrade;
    proxy_set_header Connection $connection_upgrade;

{start}
    server {{
        listen {listen};
        server_name _;
{tls}
        location /static/ {{
            alias "{static}/";
            add_header Cache-Control $static_age always;
            add_header X-Content-Type-Options nosniff always;
            access_log off;
        }}
        # Only by X-Accel-Redirect of the application, which has asked who may see the file.
        location /protected/ {{
            internal;
            alias "{media}/";
        }}
        location /ws/ {{
            proxy_pass http://asgi;
            proxy_read_timeout 1h;
            proxy_send_timeout 1h;
            proxy_buffering off;
        }}
        location = /api/v1/events {{
            proxy_pass http://asgi;
            proxy_read_timeout 1h;
            proxy_buffering off;
            gzip off;
        }}
        location / {{
            proxy_pass http://wsgi;
        }}

        error_page 413 @too_large;
        location @too_large {{
            types {{ }}
            default_type "";
            add_header Content-Type $refusal_type always;
            if ($answers_json) {{
                return 413 '{problem_413}';
            }}
            return 413 '{page_413}';
        }}
        error_page 502 503 504 =503 @away;
        location @away {{
            types {{ }}
            default_type "";
            add_header Content-Type $refusal_type always;
            add_header Retry-After 5 always;
            if ($answers_json) {{
                return 503 '{problem_503}';
            }}
            return 503 '{page_503}';
        }}
    }}
}}
"""

AUTHORITY = """\
        location = /start/envmap-ca.crt {{
            alias "{tls}/ca.crt";
            types {{ }}
            default_type application/x-x509-ca-cert;
            add_header Content-Disposition 'attachment; filename="envmap-ca.crt"';
            add_header X-Content-Type-Options nosniff;
        }}"""

# In the local network the plain port shows how a phone comes to trust the secure one, and nothing else.
START = """\
    server {{
        listen {listen};
        server_name _;
        location = /start/ {{
            proxy_pass http://wsgi;
        }}
{authority}
        location /static/ {{
            alias "{static}/";
            add_header Cache-Control $static_age always;
            add_header X-Content-Type-Options nosniff always;
            access_log off;
        }}
        location / {{
            return 302 /start/;
        }}
    }}
"""

TOO_LARGE = "The body is larger than 64 MB; send a smaller file."
AWAY = "The application is starting or busy; try again in a few seconds."
PAGE = (
    '<!doctype html><html lang="zh"><meta charset="utf-8"><title>{title}</title><p>{chinese}</p><p>{english}</p></html>'
)


def problem(status: int, title: str, detail: str) -> str:
    """An RFC 9457 body in one line."""
    return f'{{"type":"about:blank","title":"{title}","status":{status},"detail":"{detail}","errors":[]}}'


def configuration(instance: Instance) -> str:
    """The text of `nginx.conf` for this instance."""
    settings, var = instance.settings, instance.var
    tls = ""
    if settings.tls_cert:
        tls = "\n".join(
            f"        {line}"
            for line in (
                f'ssl_certificate "{settings.tls_cert}";',
                f'ssl_certificate_key "{settings.tls_key}";',
                "ssl_protocols TLSv1.2 TLSv1.3;",
                "ssl_session_cache shared:tls:4m;",
                "ssl_session_timeout 1d;",
                "error_page 497 =301 https://$http_host$request_uri;",
            )
        )
    start = ""
    if settings.lan:
        authority = AUTHORITY.format(tls=var / "tls")
        tls = f"{tls}\n{authority}"
        start = START.format(
            listen=f"{bracketed(settings.bind)}:{settings.http_port}", static=var / "static", authority=authority
        )
    return CONFIGURATION.format(
        start=start,
        workers=2,
        run=instance.sockets,
        user="user root root;" if instance.accounts.programs.uid == 0 else "",
        tmp=var / "nginx",
        body_limit=BODY_LIMIT,
        trusted=_trusted(settings.trusted_proxies),
        proxies="\n".join(f"        {network} 1;" for network in settings.trusted_proxies),
        sockets=instance.sockets,
        listen=listen(settings),
        tls=tls,
        static=var / "static",
        media=var / "media",
        problem_413=problem(413, "Content Too Large", TOO_LARGE),
        page_413=PAGE.format(title="413", chinese="上传的内容超过 64 MB，请换小一些的文件。", english=TOO_LARGE),
        problem_503=problem(503, "Service Unavailable", AWAY),
        page_503=PAGE.format(title="503", chinese="系统正在启动或繁忙，请几秒后再试。", english=AWAY),
    )


def listen(settings: Settings) -> str:
    """What stands after `listen`."""
    address = f"{bracketed(settings.bind)}:{settings.pages_port}"
    if ipaddress.ip_address(settings.bind).version == 6:
        address += " ipv6only=off" if settings.bind == "::" else ""
    return f"{address} ssl http2" if settings.tls_cert else address


def _trusted(networks: Iterable[str]) -> str:
    lines = [f"    set_real_ip_from {network};" for network in networks]
    if lines:
        lines += ["    real_ip_header X-Forwarded-For;", "    real_ip_recursive on;"]
    return "\n".join(lines)


def write_configuration(instance: Instance) -> None:
    """Write `nginx.conf`."""
    owner = instance.accounts.programs
    path = instance.var / "nginx" / "nginx.conf"
    write_whole(path, configuration(instance), mode=0o600, owner=(owner.uid, owner.gid))


def command(instance: Instance) -> list[str]:
    """The server in the foreground; `-e` keeps it from the system's own log, which others may not open."""
    program = find_program("nginx")
    if not program:
        raise Trouble("nginx is not installed; `make run` as root or with sudo installs it.")
    folder = instance.var / "nginx"
    return [program, "-e", "stderr", "-p", str(folder), "-c", str(folder / "nginx.conf")]
