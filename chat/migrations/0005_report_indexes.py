from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('chat', '0004_blocks'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='conversation',
            index=models.Index(condition=models.Q(('closed_at__isnull', False)), fields=['tenant_id', 'closed_at'], name='chat_conversation_closed_idx'),
        ),
        migrations.AddIndex(
            model_name='message',
            index=models.Index(condition=models.Q(('author_kind', 'agent')), fields=['tenant_id', 'sent_at'], include=('author_id', 'conversation'), name='chat_message_replies_idx'),
        ),
    ]
