"""Addresses of loader, frame and demo shop. Their names stand in access logs, their keys do not."""

from django.urls import path

from chat.views import demo, widget

urlpatterns = [
    path("w.js", widget.load, name="widget-loader"),
    path("widget/<str:key>/", widget.frame, name="widget-frame"),
    path("widget/<str:key>/theme.css", widget.theme, name="widget-theme"),
    path("widget/<str:key>/session", widget.remember, name="widget-session"),
    path("widget/<str:key>/forget", widget.forget, name="widget-forget"),
    path("demo/<str:key>/", demo.shop, name="demo-shop"),
    path("demo/<str:key>/<slug:page>/", demo.product, name="demo-page"),
]
