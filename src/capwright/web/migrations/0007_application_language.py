from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("web", "0006_count"),
    ]

    operations = [
        migrations.AddField(
            model_name="application",
            name="language",
            field=models.CharField(blank=True, default="", max_length=8),
        ),
    ]
