"""Django Channels with channels_redis: a group, a WebSocket consumer, and a view that publishes.

Runs in the peer's own environment: it may import nothing of ours.
"""

import sys
from typing import Any

import django
from django.conf import settings


def configure(redis_url: str) -> None:
    settings.configure(
        ALLOWED_HOSTS=["*"],
        SECRET_KEY="benchmark",  # noqa: S106 - signs nothing
        ROOT_URLCONF=__name__,
        INSTALLED_APPS=["channels"],
        MIDDLEWARE=[],
        CHANNEL_LAYERS={
            "default": {
                "BACKEND": "channels_redis.core.RedisChannelLayer",
                "CONFIG": {"hosts": [redis_url]},
            }
        },
    )
    django.setup()


urlpatterns: list[Any] = []


def make_application() -> Any:
    from channels.generic.websocket import AsyncWebsocketConsumer
    from channels.layers import get_channel_layer
    from channels.routing import ProtocolTypeRouter, URLRouter
    from django.core.asgi import get_asgi_application
    from django.http import HttpResponse
    from django.urls import path

    class Stock(AsyncWebsocketConsumer):
        async def connect(self) -> None:
            await self.channel_layer.group_add("stock", self.channel_name)
            await self.accept()

        async def disconnect(self, _code: int) -> None:
            await self.channel_layer.group_discard("stock", self.channel_name)

        async def stock_change(self, event: dict[str, str]) -> None:
            await self.send(text_data=event["text"])

    async def publish(request: Any) -> Any:
        message = {"type": "stock.change", "text": request.body.decode()}
        await get_channel_layer().group_send("stock", message)
        return HttpResponse(status=204)

    urlpatterns.append(path("publish", publish))
    sockets = URLRouter([path("subscribe", Stock.as_asgi())])
    return ProtocolTypeRouter({"http": get_asgi_application(), "websocket": sockets})


if __name__ == "__main__":
    import uvicorn

    configure(sys.argv[2])
    uvicorn.run(
        make_application(),
        port=int(sys.argv[1]),
        log_level="critical",
        backlog=4096,
        timeout_graceful_shutdown=1,
    )
