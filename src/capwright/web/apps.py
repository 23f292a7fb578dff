"""The Django application."""

from __future__ import annotations

from django.apps import AppConfig

__all__ = ["WebConfig"]


class WebConfig(AppConfig):
    """Pages, and the people who use them."""

    name = "capwright.web"
    label = "web"
    verbose_name = "Capwright"

    def ready(self) -> None:
        """Called once the models are there."""
        from capwright.web.sign_ins import watch  # noqa: PLC0415 - its signals need the models

        watch()
