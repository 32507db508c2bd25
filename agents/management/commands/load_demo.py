from typing import Any

from django.core.management.base import BaseCommand

from agents import demo


class Command(BaseCommand):
    help = "Makes a demo clinic that answers 1000. Run again, it changes nothing."

    def handle(self, *args: Any, **options: Any) -> None:
        if demo.load():
            self.stdout.write(f"{demo.AGENT} answers {demo.NUMBER}")
        else:
            self.stdout.write(f"{demo.AGENT} was already there")
