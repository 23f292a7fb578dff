"""How allauth behaves here: nobody signs up alone, people come by invitation; its mails are ours."""

from __future__ import annotations

import logging
from smtplib import SMTPException
from typing import TYPE_CHECKING, Any, Final

from allauth.account.adapter import DefaultAccountAdapter

from capwright.web.mails import mail_of

if TYPE_CHECKING:
    from django.core.mail import EmailMessage
    from django.http import HttpRequest

__all__ = ["Adapter"]

_MAILS: Final = {
    "password_reset_key": "password_reset",
    "unknown_account": "unknown_account",
    "email_confirmation": "email_confirmation",
    "email_confirmation_signup": "email_confirmation",
}
_CHANGES: Final = {
    "password_changed": ("The password was changed.", "登录密码已修改。"),
    "password_set": ("A password was set.", "登录密码已设置。"),
    "password_reset": ("The password was reset.", "登录密码已重设。"),
    "email_changed": ("The e-mail address was changed.", "邮箱已更换。"),
    "email_confirm": ("The e-mail address was confirmed.", "邮箱已确认。"),
    "email_deleted": ("An e-mail address was removed.", "一个邮箱已移除。"),
    "totp_activated": ("An authenticator app was set up.", "已绑定验证器。"),
    "totp_deactivated": ("The authenticator app was removed.", "验证器已解除绑定。"),
    "webauthn_added": ("A passkey was added.", "已添加通行密钥。"),
    "webauthn_removed": ("A passkey was removed.", "通行密钥已移除。"),
    "client_made": (
        "A program was set up that can act in your name.",
        "已新建接口客户端，可以您的身份办理业务。",
    ),
    "hook_made": (
        "A webhook was added; what happens on your accounts is posted to it.",
        "已添加推送地址，您账户上的事件将推送至该地址。",
    ),
    "recovery_codes_generated": (
        "New recovery codes were made; the old ones no longer work.",
        "已生成新的恢复码，旧恢复码失效。",
    ),
}
_log = logging.getLogger("capwright.mails")


class Adapter(DefaultAccountAdapter):  # type: ignore[misc]
    """No open sign-up; mails in both languages."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Whether anybody may make an account: no."""
        del request
        return False

    def render_mail(
        self, template_prefix: str, email: str, context: dict[str, Any], headers: Any = None
    ) -> EmailMessage:
        """The mail that allauth means by a template of its own."""
        meant = template_prefix.rpartition("/")[2]
        language = getattr(context.get("request"), "language", None)
        if meant in _MAILS:
            return mail_of(email, _MAILS[meant], context, language)
        if meant in _CHANGES:
            return mail_of(email, "security", {**context, "what": _CHANGES[meant]}, language)
        made: EmailMessage = super().render_mail(template_prefix, email, context, headers)
        return made

    def send_notification_mail(self, *given: Any, **named: Any) -> None:
        """Tell of a change to a sign-in. The change has been made and stands, also when no mail goes out."""
        try:
            super().send_notification_mail(*given, **named)
        except (OSError, SMTPException):
            _log.exception("a change of a sign-in could not be mailed")
