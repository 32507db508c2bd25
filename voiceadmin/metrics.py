"""The process in numbers, for Prometheus: live calls, answers, work done ahead.

Open to the machine itself until a token is set, then to whoever has it.
"""

import math
from collections.abc import Iterator
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from inference.ahead import AHEAD
from telephony.admission import room
from telephony.measures import REGISTRY
from telephony.worker import worker
from voiceadmin.checks import is_loopback

# what a proxy adds: behind one every visitor comes from the machine itself
FORWARDED = ("Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto")


class Present(Collector):
    """What is read off the process when it is asked."""

    def collect(self) -> Iterator[Metric]:
        yield GaugeMetricFamily("voiceadmin_live_calls", "Calls held now.", value=live_calls())
        yield GaugeMetricFamily(
            "voiceadmin_most_calls",
            "Calls held at most; +Inf: as many as come.",
            value=math.inf if room().limit is None else room().limit,
        )
        yield CounterMetricFamily(
            "voiceadmin_turned_away",
            "Calls beyond that, which went to their number's overflow.",
            value=room().turned_away,
        )
        counts = AHEAD.counts()
        for name, about, value in (
            ("begun", "Work begun before the caller's turn was over.", counts.begun),
            ("used", "Of it, what a caller heard the fruit of.", counts.used),
            ("wasted", "Of it, what was dropped.", counts.wasted),
            ("refused", "Work not begun, because the machine had no room for it.", counts.refused),
            ("wasted_ms", "Milliseconds that engines worked in vain.", counts.wasted_ms),
        ):
            yield CounterMetricFamily(f"voiceadmin_ahead_{name}", about, value=value)


REGISTRY.register(Present())


def live_calls() -> int:
    """Asking makes no worker: one belongs to the event loop that serves calls."""
    return len(worker().live) if worker.cache_info().currsize else 0


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    if settings.METRICS_TOKEN:
        if not _has_token(request):
            refusal = HttpResponse("send the token: Authorization: Bearer …\n", status=401)
            refusal["WWW-Authenticate"] = "Bearer"
            return _plain(refusal)
    elif not _is_the_machine_itself(request):
        return _plain(
            HttpResponse("closed; set VOICEADMIN_METRICS_TOKEN: docs/operations.md\n", status=403)
        )
    answer = HttpResponse(generate_latest(REGISTRY), content_type=CONTENT_TYPE_LATEST)
    answer["Cache-Control"] = "no-store"
    return answer


def _plain(refusal: HttpResponse) -> HttpResponse:
    refusal["Content-Type"] = "text/plain; charset=utf-8"
    return refusal


def _has_token(request: HttpRequest) -> bool:
    sent = request.headers.get("Authorization", "")
    return constant_time_compare(sent, f"Bearer {settings.METRICS_TOKEN}")


def _is_the_machine_itself(request: HttpRequest) -> bool:
    """Asked over loopback by a loopback name, and nobody passed it on."""
    if any(name in request.headers for name in FORWARDED):
        return False
    host = urlsplit(f"//{request.get_host()}").hostname or ""
    return is_loopback(request.META.get("REMOTE_ADDR", "")) and is_loopback(host)
