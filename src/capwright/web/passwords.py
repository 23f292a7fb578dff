"""What a password must be beside what Django asks: not longer than anybody types or keeps."""

from __future__ import annotations

from typing import Final

from django.core.exceptions import ValidationError
from django.utils.translation import get_language

__all__ = ["LONGEST", "LongestPassword"]

LONGEST: Final = 128  # characters, OWASP ASVS 4.0.3 2.1.2


class LongestPassword:
    """A validator of Django's."""

    def validate(self, password: str, user: object = None) -> None:
        """Refuse a password that is too long."""
        del user
        if len(password) > LONGEST:
            raise ValidationError(self.get_help_text(), code="password_too_long")

    def get_help_text(self) -> str:
        """What is asked."""
        zh = (get_language() or "zh").startswith("zh")
        return f"密码最多{LONGEST}个字符。" if zh else f"A password has at most {LONGEST} characters."
