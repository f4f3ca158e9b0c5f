"""Every path of the platform; each package brings its own."""

from django.urls import URLPattern, URLResolver, include, path

from tenants.admin.site import site

handler429 = "tenants.views.public.too_many"  # allauth's
handler500 = "security.failures.server_error"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("tenants.urls")),  # before allauth: signing up is ours
    path("accounts/", include("allauth.urls")),
    path("", include("chat.urls_widget")),
    path("", include("chat.urls_console")),
    path("admin/", site.urls),
]
