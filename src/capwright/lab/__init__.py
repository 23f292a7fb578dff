"""Agents: participants with needs and opinions that act by the same commands as everybody."""
