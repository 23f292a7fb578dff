"""Hosting one market: the engine or the way to it, the follower, the views, the clock, the settings."""

from capwright.host.host import Host
from capwright.host.settings import Settings, settings_of

__all__ = ["Host", "Settings", "settings_of"]
