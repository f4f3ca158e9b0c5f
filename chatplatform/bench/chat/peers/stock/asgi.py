"""The consumer of the tutorials: a group for each room, a row for each message."""

import os
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatplatform.bench.chat.peers.stock.settings")
django.setup()  # what follows imports models

from channels.generic.websocket import AsyncJsonWebsocketConsumer
from channels.routing import ProtocolTypeRouter

from chatplatform.bench.chat.peers.stock.models import Member, Message
from chatplatform.bench.chat.peers.work import masked, sealed


class Chat(AsyncJsonWebsocketConsumer):  # type: ignore[misc]  # Channels has no types
    rooms: tuple[str, ...] = ()

    async def receive_json(self, content: dict[str, Any], **_: Any) -> None:
        if content["type"] == "hello":
            await self.greet(content)
        else:
            await self.say(content)

    async def greet(self, content: dict[str, Any]) -> None:
        self.member = await Member.objects.aget(token=content["token"])
        self.rooms = tuple(content["rooms"])
        for room in self.rooms:
            await self.channel_layer.group_add(room, self.channel_name)
        await self.send_json({"type": "welcome"})

    async def say(self, content: dict[str, Any]) -> None:
        room, text = self.rooms[0], masked(content["text"])
        message = await Message.objects.acreate(
            client_id=content["client_id"], room=room, author=self.member.name, body=sealed(text, room)
        )
        told = {"client_id": content["client_id"], "id": message.pk, "sent_at": message.sent_at.isoformat()}
        await self.send_json({"type": "ack", **told})
        event = {"type": "chat.message", "sender": self.channel_name, "told": {**told, "author": self.member.name}}
        await self.channel_layer.group_send(room, {**event, "text": text})

    async def chat_message(self, event: dict[str, Any]) -> None:
        if event["sender"] != self.channel_name:
            await self.send_json({"type": "message", **event["told"], "text": event["text"]})

    async def disconnect(self, code: int) -> None:  # noqa: ARG002
        for room in self.rooms:
            await self.channel_layer.group_discard(room, self.channel_name)


application = ProtocolTypeRouter({"websocket": Chat.as_asgi()})
