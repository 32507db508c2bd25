"""The addresses of the web side. The media socket's is in telephony.routing."""

from django.contrib import admin
from django.urls import path
from django.views.generic import RedirectView

from voiceadmin import health, metrics

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="admin:index")),
    path("healthz", health.alive),
    path("readyz", health.ready),
    path("metrics", metrics.metrics),
    path("admin/", admin.site.urls),
]
