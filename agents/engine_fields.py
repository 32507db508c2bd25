"""Choosing an engine in a form, and filling in what that engine wants to know.

The model keeps an engine's key and a JSON object of its options. In the form each option of
each engine is a field of its own, named `stt__faster_whisper__path`; those of the engine that
is not chosen are hidden by the page and ignored here. A second choice has fields of its own.
"""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from unfold.widgets import (
    UnfoldAdminPasswordWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)

from inference.engines import registry
from inference.engines.base import EngineInfo, EngineOption

SECRETS = ("api_key", "password", "token")


@dataclass(frozen=True, slots=True)
class Slot:
    """One engine a form lets people choose."""

    kind: str
    engine_field: str
    options_field: str = ""  # "" where the model keeps no options
    without: str = ""  # what it is called to choose none; "" where one must be chosen
    is_second: bool = False  # for when the engine of the slot before it fails

    def option_names(self) -> list[str]:
        if not self.options_field:
            return []
        return [
            self.field_name(engine, option)
            for engine in registry.engines(self.kind)
            for option in engine.options
        ]

    def field_name(self, engine: EngineInfo, option: EngineOption) -> str:
        name = f"{engine.kind}__{engine.key}__{option.name}"
        return f"second__{name}" if self.is_second else name

    def shown_when(self) -> dict[str, str]:
        """For each option's field, the page's condition to show it."""
        if not self.options_field:
            return {}
        return {
            self.field_name(engine, option): f"{self.engine_field} == '{engine.key}'"
            for engine in registry.engines(self.kind)
            for option in engine.options
        }


def option_fields(*slots: Slot) -> dict[str, forms.Field]:
    return {
        slot.field_name(engine, option): _option_field(option)
        for slot in slots
        if slot.options_field
        for engine in registry.engines(slot.kind)
        for option in engine.options
    }


def _option_field(option: EngineOption) -> forms.Field:
    is_secret = option.name in SECRETS
    return forms.CharField(
        label=option.label,
        help_text=option.help_text,
        required=False,  # only the chosen engine's options are; see EngineChoiceForm.clean
        initial=option.default,
        widget=(
            UnfoldAdminPasswordWidget(render_value=False)
            if is_secret
            else UnfoldAdminTextInputWidget()
        ),
    )


class EngineSelect(UnfoldAdminSelectWidget):
    """Lists every engine; those that cannot load here cannot be chosen."""

    def __init__(self, blocked: set[str], choices: list[tuple[str, str]]) -> None:
        super().__init__(choices=choices)
        self.blocked = blocked

    def create_option(self, name: str, value: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        option = super().create_option(name, value, *args, **kwargs)
        if str(value) in self.blocked:
            option["attrs"]["disabled"] = True
        return option


class EngineChoiceForm(forms.ModelForm):
    """A form with engines to choose; subclasses name them in `slots`."""

    slots: tuple[Slot, ...] = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for slot in self.slots:
            if slot.engine_field in self.fields:
                self._offer(slot)
                self._fill_in(slot)

    def _offer(self, slot: Slot) -> None:
        engines = registry.engines(slot.kind)
        reasons = {engine.key: registry.missing(slot.kind, engine.key) for engine in engines}
        current = getattr(self.instance, slot.engine_field)
        choices = [("", slot.without)] if slot.without else []
        choices += [
            (engine.key, f"{engine.title} (cannot be used here)" if reason else engine.title)
            for engine in engines
            for reason in [reasons[engine.key]]
        ]
        if current and current not in reasons:
            choices.append((current, f"{current} (unknown to this version)"))
        self._reasons = getattr(self, "_reasons", {}) | {slot.kind: reasons}
        before = self.fields[slot.engine_field]
        blocked = {key for key, reason in reasons.items() if reason and key != current}
        about = "" if slot.is_second else _about(engines, reasons)  # said once is enough
        self.fields[slot.engine_field] = forms.ChoiceField(
            label=before.label,
            choices=choices,
            required=not slot.without,
            widget=EngineSelect(blocked, choices),
            help_text=format_html("{}{}", before.help_text, about),
            error_messages={"invalid_choice": "Choose one of the engines listed."},
        )

    def _fill_in(self, slot: Slot) -> None:
        if not slot.options_field or self.instance.pk is None:
            return
        kept = getattr(self.instance, slot.options_field)
        chosen = getattr(self.instance, slot.engine_field)
        for engine in registry.engines(slot.kind):
            for option in engine.options if engine.key == chosen else ():
                name = slot.field_name(engine, option)
                if option.name not in SECRETS:
                    self.initial[name] = kept.get(option.name, option.default)
                elif kept.get(option.name):
                    self.fields[name].help_text = "One is stored. Leave empty to keep it."

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        for slot in self.slots:
            chosen = cleaned.get(slot.engine_field)
            if chosen:
                self._check_it_loads(slot, chosen)
            if chosen is not None and slot.options_field:
                setattr(self.instance, slot.options_field, self._options(slot, chosen))
        return cleaned

    def _check_it_loads(self, slot: Slot, chosen: str) -> None:
        """Refuses an engine that cannot load, but not a form that merely keeps one."""
        reason = self._reasons[slot.kind].get(chosen, "This version does not have this engine.")
        if reason and slot.engine_field in self.changed_data:
            self.add_error(
                slot.engine_field, f"This engine cannot be used here. {reason} Or choose another."
            )

    def _options(self, slot: Slot, chosen: str) -> dict[str, str]:
        kept = getattr(self.instance, slot.options_field)
        was_chosen = self.initial.get(slot.engine_field) == chosen
        options = {}
        for engine in registry.engines(slot.kind):
            for option in engine.options if engine.key == chosen else ():
                name = slot.field_name(engine, option)
                value = (self.cleaned_data.get(name) or "").strip()
                if not value and option.name in SECRETS and was_chosen:
                    value = kept.get(option.name, "")
                if value and value != option.default:  # what says nothing new loads nothing twice
                    options[option.name] = value
                elif not value and option.required:
                    self.add_error(
                        name, f"{engine.title} needs this. Fill it in or choose another engine."
                    )
        return options


def _about(engines: tuple[EngineInfo, ...], reasons: dict[str, str]) -> SafeString:
    """Each engine's licence and, where it cannot load, why: below the select."""
    return format_html(
        '<ul class="engine-notes">{}</ul>',
        format_html_join(
            "",
            "<li><b>{}</b> {}{}</li>",
            (
                (
                    engine.title,
                    f"Licence: {engine.licence}",
                    f" Cannot be used here: {reasons[engine.key]}" if reasons[engine.key] else "",
                )
                for engine in engines
            ),
        ),
    )
