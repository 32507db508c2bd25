"""What happens by the clock: `manage.py rqcron records.cron`."""

from rq.cron import register

from records.jobs import purge, reconcile

register(reconcile, "default", interval=60, result_ttl=0)
register(purge, "default", cron="30 3 * * *", job_timeout=3600)
