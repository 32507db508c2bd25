"""`manage.py serve_inference`, whose XTTS is built as narrow as the tiny model and may take its
time: a busy test machine is no broken one."""

import sys
from functools import partial

from django.core.management import execute_from_command_line

from inference.host import host_stages
from inference.host.engine_process import Deadlines

PROGRAM = ("-m", "tests.inference.host.narrow_engine")
PATIENT = Deadlines(queue_s=120, silent_s=120)

if __name__ == "__main__":
    host_stages.HostStages = partial(host_stages.HostStages, PATIENT, PROGRAM)  # type: ignore[misc]
    execute_from_command_line([sys.argv[0], "serve_inference", *sys.argv[1:]])
