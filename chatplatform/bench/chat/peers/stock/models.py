"""The tables that `contenders.PEER_TABLES` makes, which the peers on Node have as well."""

from django.db import models


class Member(models.Model):
    token = models.TextField(primary_key=True)
    name = models.TextField()

    objects: models.Manager["Member"] = models.Manager()

    class Meta:
        app_label = "stock"
        db_table = "member"
        managed = False


class Message(models.Model):
    client_id = models.UUIDField(unique=True)
    room = models.TextField()
    author = models.TextField()
    body = models.BinaryField()
    sent_at = models.DateTimeField(auto_now_add=True)

    objects: models.Manager["Message"] = models.Manager()

    class Meta:
        app_label = "stock"
        db_table = "message"
        managed = False
