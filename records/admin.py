"""Calls in the admin: a list to find one, a page to read and hear it. Nothing is edited here.

The admin that is registered is telephony's, which adds what can be done to a live call.
"""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from unfold.admin import ModelAdmin
from unfold.contrib.filters.admin import (
    ChoicesDropdownFilter,
    RangeDateFilter,
    RelatedDropdownFilter,
)
from unfold.decorators import display
from unfold.utils import parse_date_str

from records import call_page, retention, views
from records.models import Call

TONES = {
    "live": "info",
    Call.Reason.CALLER_HUNG_UP: "success",
    Call.Reason.AGENT_HUNG_UP: "success",
    Call.Reason.HANDED_OVER: "success",
    Call.Reason.IDLE: "warning",
    Call.Reason.TIME_UP: "warning",
    Call.Reason.STAFF: "warning",
    Call.Reason.TROUBLE: "danger",
    Call.Reason.LOST: "danger",
}


class DaysFilter(RangeDateFilter):
    """From one day to another, both included, by the clock of the site."""

    def queryset(self, request: HttpRequest, queryset: QuerySet[Call]) -> QuerySet[Call]:
        first = parse_date_str(self.used_parameters.get(f"{self.parameter_name}_from") or "")
        last = parse_date_str(self.used_parameters.get(f"{self.parameter_name}_to") or "")
        if first:
            queryset = queryset.filter(started_at__gte=_midnight(first))
        if last:
            queryset = queryset.filter(started_at__lt=_midnight(last + timedelta(days=1)))
        return queryset


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


class CallAdmin(ModelAdmin):
    list_display = ("started", "agent_called", "caller_number", "length", "outcome")
    list_display_links = ("started",)
    list_filter = (
        ("started_at", DaysFilter),
        ("agent", RelatedDropdownFilter),
        ("reason", ChoicesDropdownFilter),
    )
    list_filter_submit = True
    list_per_page = 50
    show_full_result_count = False
    ordering = ("-started_at",)

    @display(description="Started", ordering="started_at")
    def started(self, call: Call) -> str:
        return f"{timezone.localtime(call.started_at):%-d %b %Y, %H:%M}"

    @display(description="Agent", ordering="agent_name")
    def agent_called(self, call: Call) -> str:
        return call.agent_name

    @display(description="Caller", empty_value="withheld")
    def caller_number(self, call: Call) -> str | None:
        return call.caller or None

    @display(description="Length")
    def length(self, call: Call) -> str:
        return call_page.length(call, timezone.now())

    @display(description="How it ended", ordering="reason", label=TONES)
    def outcome(self, call: Call) -> tuple[str, str]:
        return (call.reason if call.ended_at else "live", call_page.outcome(call))

    # One call

    def get_custom_urls(self) -> tuple[tuple[str, str, Any], ...]:
        return (
            ("<uuid:call_id>/recording.wav", "records_call_recording", _bare(views.recording)),
            ("<uuid:call_id>/transcript.txt", "records_call_transcript", _bare(views.transcript)),
        )

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        call = self.get_object(request, unquote(object_id))
        if call is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        if not self.has_view_permission(request, call):
            raise PermissionDenied
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": str(call),
            "original": call,
            "page": call_page.page(call, request.user, timezone.now()),
            "stage_labels": [label for _, label in call_page.STAGES],
            "may_delete": self.has_delete_permission(request, call),
            **self.live_deeds(request, call),
        }
        return TemplateResponse(request, "records/call_page.html", context)

    def live_deeds(self, request: HttpRequest, call: Call) -> dict[str, Any]:
        """What else the page offers while the call is live."""
        return {}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Call]:
        return super().get_queryset(request).select_related("number", "agent")

    # Who may do what

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Call | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Call | None = None) -> bool:
        is_live = obj is not None and obj.ended_at is None
        return not is_live and super().has_delete_permission(request, obj)

    # Deleting takes the audio too

    def get_deleted_objects(
        self, objs: Iterable[Call], request: HttpRequest
    ) -> tuple[list[str], dict[str, int], set[str], list[str]]:
        calls = list(objs)
        return (
            [f"{call}, with its transcript and recording" for call in calls],
            {"calls": len(calls)},
            set() if super().has_delete_permission(request) else {"call"},
            [f"{call}: still on the line" for call in calls if call.ended_at is None],
        )

    def delete_model(self, request: HttpRequest, obj: Call) -> None:
        self._delete(request, [obj.pk])

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Call]) -> None:
        self._delete(request, list(queryset.values_list("pk", flat=True)))

    def _delete(self, request: HttpRequest, call_ids: list[UUID]) -> None:
        for call_id in call_ids:
            if not retention.delete_quietly(call_id):
                messages.error(
                    request,
                    "A call could not be deleted: its audio file cannot be removed. "
                    "The log names it; check the permissions of the recordings folder.",
                )


def _bare(view: Any) -> Any:
    """The view without the admin that Unfold hands to custom pages."""

    def answer(request: HttpRequest, *, model_admin: ModelAdmin, **kwargs: Any) -> HttpResponse:
        if not model_admin.has_view_permission(request):
            raise PermissionDenied
        return view(request, **kwargs)

    return answer
