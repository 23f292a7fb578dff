from typing import Any

from django.conf import settings
from django.db import migrations, models

from capwright.web.seal import sealed


def seal(apps: Any, schema_editor: Any) -> None:
    """Seal the secrets that were kept readable."""
    for hook in apps.get_model("web", "Webhook").objects.using(schema_editor.connection.alias).all():
        hook.seal = sealed(hook.secret, settings.SECRET_KEY, "webhook")
        hook.save(update_fields=["seal"])


class Migration(migrations.Migration):
    dependencies = [
        ("web", "0003_webhook"),
    ]

    operations = [
        migrations.AddField("webhook", "seal", models.TextField(default="")),
        migrations.RunPython(seal, migrations.RunPython.noop),
        migrations.RemoveField("webhook", "secret"),
        migrations.AlterField("webhook", "seal", models.TextField()),
    ]
