"""The first page: what happens now, what is in service, what went wrong lately."""

from datetime import timedelta
from typing import Any

from django.http import HttpRequest
from django.utils import timezone

from agents.models import PhoneNumber
from records.call_page import outcome
from records.models import Call
from telephony.admission import limit_in_force, room

LATELY = timedelta(days=7)
SHOWN = 5
WENT_WRONG = (Call.Reason.TROUBLE, Call.Reason.LOST)


def overview(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Adds to the index page what its reader may see."""
    may_see_calls = request.user.has_perm("records.view_call")
    may_see_numbers = request.user.has_perm("agents.view_phonenumber")
    return (
        context
        | {"may_see_calls": may_see_calls, "may_see_numbers": may_see_numbers}
        | (_calls() if may_see_calls else {})
        | (_numbers() if may_see_numbers else {})
        | _room(request)
    )


def _calls() -> dict[str, Any]:
    now = timezone.now()
    midnight = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    lately = Call.objects.filter(started_at__gte=now - LATELY)
    return {
        "live_count": Call.objects.live().count(),
        "today_count": Call.objects.filter(started_at__gte=midnight).count(),
        "week_count": lately.count(),
        "wrong_count": lately.filter(reason__in=WENT_WRONG).count(),
        "recent": [(call, outcome(call)) for call in Call.objects.all()[:SHOWN]],
    }


def _room(request: HttpRequest) -> dict[str, Any]:
    """Where calls are limited, how many there is room for, and who found none."""
    limit = limit_in_force() if request.user.has_perm("telephony.view_capacityrun") else None
    return {"limit": limit, "turned_away": room().turned_away, "turned_away_since": room().since}


def _numbers() -> dict[str, Any]:
    numbers = PhoneNumber.objects.select_related("agent").order_by("number")
    return {"numbers": list(numbers[: 2 * SHOWN])}
