"""When the catalogue last changed what it says of a claim: reviews made before have not seen that."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("governance", "0005_fence_order")]
    operations = [
        migrations.AddField(
            model_name="lineageclaim",
            name="restated_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
    ]
