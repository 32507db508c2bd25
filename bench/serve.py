"""`manage.py serve`, with the scripted engines in place of every agent's own."""

import os
import sys

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "voiceadmin.settings")

import django

django.setup()

from django.core.management import execute_from_command_line

from bench import scripted
from telephony import live, warmup

live.load_engines = warmup.load_engines = scripted.load_engines
execute_from_command_line([sys.argv[0], "serve"])
