"""Write Asterisk's configuration from the settings, and the numbers' humans beside it."""

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError

from telephony import asterisk
from telephony.numbers import write_fallbacks


class Command(BaseCommand):
    help = "Write Asterisk's configuration from the settings."

    def handle(self, **options: object) -> None:
        try:
            install = asterisk.find()
            folder = asterisk.render(install)
        except (asterisk.AsteriskUnusable, ImproperlyConfigured) as error:
            raise CommandError(str(error)) from error
        write_fallbacks()
        self.stdout.write(f"Configured Asterisk {install.version} in {folder}")
