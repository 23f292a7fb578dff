"""The Django application."""

from __future__ import annotations

from django.apps import AppConfig

__all__ = ["WebConfig"]


class WebConfig(AppConfig):
    """Pages, and the people who use them."""

    name = "capwright.web"
    label = "web"
    verbose_name = "Capwright"
