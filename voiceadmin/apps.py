from django.apps import AppConfig
from django.conf import settings

from inference.engines import registry

HOST_STARTS_S = 60.0  # the inference service may still be importing its libraries


class VoiceadminConfig(AppConfig):
    name = "voiceadmin"

    def ready(self) -> None:
        from voiceadmin import checks  # noqa: F401  registers them

        if settings.INFERENCE_SOCKET:
            registry.use_host(settings.INFERENCE_SOCKET, HOST_STARTS_S)
