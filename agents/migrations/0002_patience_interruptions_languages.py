"""Patience and interruptions in words, other languages, and what goes with them.

Numbers that people set are kept, as their own numbers; those that were the default become the
word that has taken its place. An agent in another language does not begin to speak English.
"""

import django.core.validators
import django.db.models.deletion
from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

OLD_ENDPOINT_MS = 600
OLD_BARGE_IN_MS = 240
LONGEST_MS = 5000


def put_into_words(apps: Apps, _editor: BaseDatabaseSchemaEditor) -> None:
    for agent in apps.get_model("agents", "Agent").objects.all():
        _patience(agent)
        _interruptions(agent)
        _sentences(agent)
        agent.save()


def _patience(agent) -> None:
    if agent.endpoint_ms == OLD_ENDPOINT_MS:
        agent.endpoint_ms = 500
        return
    agent.patience = "own"
    agent.done_ms = min(agent.endpoint_ms, max(200, agent.endpoint_ms // 2))
    agent.hanging_ms = min(LONGEST_MS, max(1400, 2 * agent.endpoint_ms))


def _interruptions(agent) -> None:
    if agent.barge_in_ms == OLD_BARGE_IN_MS:
        agent.barge_in_ms = 800
    else:
        agent.interruptions = "own"


def _sentences(agent) -> None:
    from agents.translations import sentences_in

    if agent.language.partition("-")[0] == "en":
        return
    ready = sentences_in(agent.language)
    agent.fillers = ready.written("fillers") if ready else ""
    agent.stop_words = ready.written("stop_words") if ready else ""
    if ready:
        agent.type_it = ready.type_it


def put_into_numbers(apps: Apps, _editor: BaseDatabaseSchemaEditor) -> None:
    agents = apps.get_model("agents", "Agent").objects
    agents.exclude(patience="own").update(endpoint_ms=OLD_ENDPOINT_MS)
    agents.exclude(interruptions="own").update(barge_in_ms=OLD_BARGE_IN_MS)
    apps.get_model("agents", "Question").objects.filter(after="secret keys").update(after="listen")


class Migration(migrations.Migration):
    dependencies = [
        ("agents", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="agent",
            name="barge_in_words",
            field=models.PositiveIntegerField(
                default=1,
                validators=[
                    django.core.validators.MinValueValidator(1),
                    django.core.validators.MaxValueValidator(10),
                ],
            ),
        ),
        migrations.AddField(
            model_name="agent",
            name="done_ms",
            field=models.PositiveIntegerField(
                default=200,
                validators=[
                    django.core.validators.MinValueValidator(100),
                    django.core.validators.MaxValueValidator(5000),
                ],
            ),
        ),
        migrations.AddField(
            model_name="agent",
            name="fillers",
            field=models.TextField(
                blank=True, default="One moment, please.\nLet me see.\nJust a second."
            ),
        ),
        migrations.AddField(
            model_name="agent",
            name="hanging_ms",
            field=models.PositiveIntegerField(
                default=1400,
                validators=[
                    django.core.validators.MinValueValidator(100),
                    django.core.validators.MaxValueValidator(5000),
                ],
            ),
        ),
        migrations.AddField(
            model_name="agent",
            name="interruptions",
            field=models.CharField(
                choices=[
                    ("easily", "Easily"),
                    ("normally", "Normally"),
                    ("hardly", "Hardly"),
                    ("never", "Never"),
                    ("own", "Own numbers"),
                ],
                default="normally",
                max_length=10,
            ),
        ),
        migrations.AddField(
            model_name="agent",
            name="notices",
            field=models.TextField(blank=True),
        ),
        migrations.AddField(
            model_name="agent",
            name="patience",
            field=models.CharField(
                choices=[
                    ("brisk", "Brisk"),
                    ("balanced", "Balanced"),
                    ("patient", "Patient"),
                    ("own", "Own numbers"),
                ],
                default="balanced",
                max_length=10,
            ),
        ),
        migrations.AddField(
            model_name="agent",
            name="pronunciations",
            field=models.TextField(blank=True),
        ),
        migrations.AddField(
            model_name="agent",
            name="stop_words",
            field=models.TextField(blank=True, default="stop\nwait\nhold on"),
        ),
        migrations.AddField(
            model_name="agent",
            name="turn_end_engine",
            field=models.CharField(blank=True, max_length=40),
        ),
        migrations.AddField(
            model_name="agent",
            name="turn_end_options",
            field=models.JSONField(blank=True, default=dict),
        ),
        migrations.AddField(
            model_name="agent",
            name="type_it",
            field=models.TextField(default="Please type it with the keys of your telephone."),
        ),
        migrations.AddField(
            model_name="agent",
            name="work_ahead",
            field=models.BooleanField(default=True),
        ),
        migrations.AlterField(
            model_name="agent",
            name="barge_in_ms",
            field=models.PositiveIntegerField(
                default=800,
                validators=[
                    django.core.validators.MinValueValidator(40),
                    django.core.validators.MaxValueValidator(5000),
                ],
            ),
        ),
        migrations.AlterField(
            model_name="agent",
            name="endpoint_ms",
            field=models.PositiveIntegerField(
                default=500,
                validators=[
                    django.core.validators.MinValueValidator(100),
                    django.core.validators.MaxValueValidator(5000),
                ],
            ),
        ),
        migrations.AlterField(
            model_name="question",
            name="after",
            field=models.CharField(
                choices=[
                    ("listen", "go on with the call"),
                    ("hang up", "end the call"),
                    ("hand over", "put the caller through to a person"),
                    ("secret keys", "let the caller type secret digits (PIN, card)"),
                ],
                default="listen",
                max_length=12,
            ),
        ),
        migrations.CreateModel(
            name="AgentLanguage",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("language", models.CharField(max_length=12)),
                ("fallback_sentence", models.TextField(blank=True)),
                ("first_idle_prompt", models.TextField(blank=True)),
                ("second_idle_prompt", models.TextField(blank=True)),
                ("goodbye", models.TextField(blank=True)),
                ("time_is_up", models.TextField(blank=True)),
                ("say_again", models.TextField(blank=True)),
                ("trouble", models.TextField(blank=True)),
                ("type_it", models.TextField(blank=True)),
                ("fillers", models.TextField(blank=True)),
                (
                    "agent",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="languages",
                        to="agents.agent",
                    ),
                ),
                (
                    "voice",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="other_languages",
                        to="agents.voice",
                    ),
                ),
            ],
            options={
                "ordering": ["pk"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("agent", "language"), name="one_row_per_language"
                    )
                ],
            },
        ),
        migrations.RunPython(put_into_words, put_into_numbers),
    ]
