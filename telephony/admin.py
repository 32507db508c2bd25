"""Where the admin reaches the telephone: numbers that Asterisk must know of, live calls to end,
how many calls there is room for."""

import logging
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.http import require_POST
from unfold.admin import ModelAdmin

from agents.admin import PhoneNumberAdmin
from agents.models import PhoneNumber
from records import calls
from records.admin import CallAdmin
from records.models import Call
from telephony import admission, ami, capacity_page, numbers
from telephony.models import CapacityRun

log = logging.getLogger(__name__)

HANG_UP = "records.change_call"
KEEP_TO = "telephony.change_capacityrun"


@admin.register(PhoneNumber)
class NumberAdmin(PhoneNumberAdmin):
    def save_model(self, request: HttpRequest, obj: PhoneNumber, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        _tell_asterisk(request)

    def delete_model(self, request: HttpRequest, obj: PhoneNumber) -> None:
        super().delete_model(request, obj)
        _tell_asterisk(request)

    def delete_queryset(self, request: HttpRequest, queryset: Any) -> None:
        super().delete_queryset(request, queryset)
        _tell_asterisk(request)


def _tell_asterisk(request: HttpRequest) -> None:
    try:
        numbers.write_fallbacks()
    except OSError as error:
        log.error("numbers.conf was not written: %s", type(error).__name__)
        messages.warning(
            request,
            "Saved, but Asterisk was not told who takes over when the agent is down. "
            "Check that its folder can be written, then save again.",
        )


@admin.register(Call)
class LiveCallAdmin(CallAdmin):
    def get_custom_urls(self) -> tuple[tuple[str, str, Any], ...]:
        return (
            *super().get_custom_urls(),
            ("<uuid:call_id>/hang-up", "records_call_hang_up", require_POST(hang_up)),
        )

    def live_deeds(self, request: HttpRequest, call: Call) -> dict[str, Any]:
        if not request.user.has_perm(HANG_UP):
            return {}
        return {"hang_up_url": reverse("admin:records_call_hang_up", args=[call.pk])}


def hang_up(request: HttpRequest, *, call_id: UUID, model_admin: CallAdmin) -> HttpResponse:
    """Ends a live call and notes that staff did, and who."""
    if not request.user.has_perm(HANG_UP):
        raise PermissionDenied
    call = get_object_or_404(Call, pk=call_id)
    if not calls.staff_hang_up(call.pk):
        messages.info(request, "This call was already ending.")
    elif _cut(call):
        model_admin.log_change(request, call, "Ended the call.")
        messages.success(request, "The call was ended.")
    else:
        calls.staff_did_not(call.pk)
        messages.error(
            request,
            "Asterisk did not end the call: it does not answer, or no longer has it. "
            "If the call is still here in a minute, look at Asterisk's own state.",
        )
    return redirect("admin:records_call_change", call.pk)


def _cut(call: Call) -> bool:
    try:
        return ami.run_once(lambda asterisk: asterisk.hang_up(call.channel))
    except Exception as error:  # whatever Asterisk does, staff get an answer
        log.error("call %s: not hung up: %s", call.pk, type(error).__name__)
        return False


@admin.register(CapacityRun)
class CapacityAdmin(ModelAdmin):
    """One page, about all runs or one of them; `manage.py measure_capacity` makes them."""

    def get_custom_urls(self) -> tuple[tuple[str, str, Any], ...]:
        name = "telephony_capacityrun"
        return (
            *super().get_custom_urls(),
            ("<int:run_id>/keep", f"{name}_keep", require_POST(keep_to)),
            ("no-limit", f"{name}_no_limit", require_POST(take_every_call)),
        )

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return self._page(request, None)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        run = self.get_object(request, unquote(object_id))
        if run is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        return self._page(request, run)

    def _page(self, request: HttpRequest, run: CapacityRun | None) -> HttpResponse:
        if not self.has_view_permission(request, run):
            raise PermissionDenied
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "Capacity",
            "page": capacity_page.page(run),
            "own_number": settings.MAX_CALLS,
            "may_change": request.user.has_perm(KEEP_TO),
        }
        return TemplateResponse(request, "telephony/capacity.html", context)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: CapacityRun | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: CapacityRun | None = None) -> bool:
        return False


def keep_to(request: HttpRequest, *, run_id: int, model_admin: CapacityAdmin) -> HttpResponse:
    """From now on at most as many calls as this run held, and who said so."""
    if not request.user.has_perm(KEEP_TO):
        raise PermissionDenied
    run = get_object_or_404(CapacityRun, pk=run_id, calls__gt=0)
    CapacityRun.objects.keep_to(run)
    admission.refresh()
    model_admin.log_change(request, run, "Calls are limited to what this measurement held.")
    messages.success(request, "Saved. It is in force for the next call.")
    return redirect("admin:telephony_capacityrun_changelist")


def take_every_call(request: HttpRequest, *, model_admin: CapacityAdmin) -> HttpResponse:
    """From now on every call is taken; who said so is noted with the run that was in force."""
    if not request.user.has_perm(KEEP_TO):
        raise PermissionDenied
    run = CapacityRun.objects.in_force()
    if run is not None:
        CapacityRun.objects.keep_to(None)
        admission.refresh()
        model_admin.log_change(request, run, "Calls are no longer limited.")
    messages.success(request, "Every call is taken from now on.")
    return redirect("admin:telephony_capacityrun_changelist")
