"""The websocket addresses."""

from django.conf import settings
from django.urls import path

from telephony.consumers import MediaConsumer

websocket_urlpatterns = [path(settings.MEDIA_PATH, MediaConsumer.as_asgi())]
