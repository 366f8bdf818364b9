"""What every page needs: headers, who is calling, and whether it is our own page that calls."""

import ipaddress
from urllib.parse import urlsplit

from aiohttp import web

from bot.settings import Network

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "connect-src 'self'; font-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
"""No inline script, no inline style, nothing from elsewhere."""

HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    # Not no-referrer: that makes Origin null, and Origin is what tells our own page.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}


async def add_headers(_request: web.Request, response: web.StreamResponse) -> None:
    """For `on_response_prepare`: streams get them too."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)


def own_page(request: web.Request) -> bool:
    """False when a page of somebody else makes the browser send this request."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site in {"same-origin", "none"}
    origin = request.headers.get("Origin")
    # Over http:// to a LAN address browsers send no Sec-Fetch-Site; programs send neither.
    return origin is None or urlsplit(origin).netloc == request.host


def address(request: web.Request, proxies: tuple[Network, ...]) -> str:
    """Who is calling; X-Forwarded-For counts only as far as our own proxies wrote it."""
    peer = request.remote or ""
    # A proxy may add a line of its own below one that the caller forged.
    lines = ",".join(request.headers.getall("X-Forwarded-For", []))
    hops = [hop.strip() for hop in lines.split(",")]
    while hops and hops[-1] and _among(peer, proxies):
        peer = hops.pop()
    return peer


def secure(request: web.Request, proxies: tuple[Network, ...]) -> bool:
    """True when the browser's connection is encrypted, perhaps by a proxy of ours."""
    forwarded = request.headers.get("X-Forwarded-Proto", "")
    return request.secure or (forwarded == "https" and _among(request.remote or "", proxies))


def _among(peer: str, proxies: tuple[Network, ...]) -> bool:
    try:
        return any(ipaddress.ip_address(peer) in network for network in proxies)
    except ValueError:
        return False
