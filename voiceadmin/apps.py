from django.apps import AppConfig


class VoiceadminConfig(AppConfig):
    name = "voiceadmin"

    def ready(self) -> None:
        from voiceadmin import checks  # noqa: F401  registers them
